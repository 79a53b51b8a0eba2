"""What ought to happen: a verdict for each recipient, and the judgement that carries them all."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from rules.amendment import Amendment
from rules.facts import Unread
from rules.finding import Action, Finding, Observation
from rules.transaction import Direction


class Inspected(StrEnum):
    """How much of a message was read."""

    FULLY = "fully"
    PARTLY = "partly"
    NOT = "not"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetOff:
    """A rule that would have spoken of this copy, had an exemption not let it off; `exemption` is its key."""

    rule: str
    exemption: str
    observation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One recipient's: the strictest action, with all findings that concern it."""

    recipient: str  # as in the envelope
    direction: Direction
    action: Action
    findings: tuple[Finding, ...]
    observed: tuple[Finding, ...] = ()  # of rules in status `observe`: recorded, never acted on
    let_off: tuple[LetOff, ...] = ()


def is_tagged_by(verdict: Verdict, rules: Collection[str]) -> bool:
    """Whether the copy leaves with the mark of one of these rules."""
    return verdict.action is Action.TAG and any(finding.rule in rules for finding in verdict.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """What is summed over messages: who sent this copy, what it says, whom of ours it reaches (address keys)."""

    originator: str
    prints: tuple[str, ...]  # two copies with one in common are one mailing
    reaches: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All that inspection returns of one message. Travels as JSON: worker, store, operator."""

    policy: str
    policy_hash: str
    observations: tuple[Observation, ...]
    verdicts: tuple[Verdict, ...]  # in the order of the envelope's recipients
    inspected: Inspected
    not_inspected: tuple[Unread, ...]
    subject: str  # decoded, bounded, still to be escaped on every way out
    preview: str  # readable text, bounded
    mailing: Mailing | None = None
    amendment: Amendment | None = None  # where a disclaimer is owed: where it goes, or why it does not
