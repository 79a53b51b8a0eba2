"""The whole judgement of one message, as an inspection worker runs it: read, then judge."""

from dataclasses import replace

from rules.address import key_of
from rules.detectors import organization_wide
from rules.directory import Directory
from rules.engine import judge
from rules.mailing import mailing_of
from rules.policy import Policy
from rules.reading.pictures import PictureReader
from rules.reading.preview import preview_of
from rules.reading.reader import read_facts
from rules.remembering import forget_message
from rules.transaction import Transaction
from rules.verdict import Judgement


def inspect(
    transaction: Transaction,
    directory: Directory,
    policy: Policy,
    pictures: PictureReader | None = None,
    *,
    every_detector: bool = False,
) -> Judgement:
    """Read the message once and judge it for all its recipients.

    With `every_detector` also those are asked of which no rule wants to know anything of these copies.
    """
    facts = replace(read_facts(transaction, directory, pictures), identity=transaction.identity)
    forget_message()  # what was read may be large, and is not needed to judge
    judgement = judge(facts, policy, preview=preview_of(facts), every_detector=every_detector)
    return replace(judgement, mailing=mailing_of(facts, _professional_lists(policy)))


def _professional_lists(policy: Policy) -> frozenset[str]:
    """The address keys of the lists whose members no sum over messages counts."""
    probes = (probe for probe in policy.probes if probe.detector == organization_wide.NAME)
    return frozenset(key_of(name) for probe in probes for name in probe.parameters.listservs)
