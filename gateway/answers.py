"""What a worker's judgement must be to be believed: one of this message, under this policy, consistent in itself.

A worker that a message has taken over can say what it likes; what it says must then do no harm beyond that message.
"""

from collections.abc import Iterable

from gateway.wire import WireError
from rules.amendment import Amendment
from rules.detectors import BY_NAME
from rules.engine import NOT_INSPECTED
from rules.finding import Evidence, Finding, Observation, strictest
from rules.message import Message
from rules.policy import Policy
from rules.policy_file import NOT_INSPECTED_RULE
from rules.transaction import Transaction
from rules.verdict import Inspected, Judgement, Verdict

MAX_EDITS = 10  # of one body: a letter has two forms, rarely more
MAX_EDIT = 64 * 1024  # octets: a disclaimer, encoded, with the end of a page in base64


class Answers:
    """The judgements that are possible under one policy."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._detectors = frozenset((*BY_NAME, NOT_INSPECTED))
        self._rules = frozenset(
            (
                (NOT_INSPECTED_RULE, policy.not_inspected.cites, ""),
                *((rule.name, rule.cites, rule.approver) for rule in policy.rules),
            )
        )
        self._probes = len(policy.probes)
        self._exemptions = frozenset((rule, item.key) for rule, item in policy.exemptions)

    def checked(self, judgement: Judgement, transaction: Transaction) -> Judgement:
        """The judgement itself. Raises WireError with the first thing that cannot be."""
        _must((judgement.policy, judgement.policy_hash) == (self._policy.name, self._policy.hash), "another policy")
        asked = [str(recipient.address) for recipient in transaction.envelope.recipients]
        _must([verdict.recipient for verdict in judgement.verdicts] == asked, "other recipients")
        read = Inspected.PARTLY if judgement.not_inspected else Inspected.FULLY
        _must(judgement.inspected is read, "what was inspected does not fit what was not")
        if judgement.amendment is not None:
            _check_amendment(judgement.amendment, transaction.message)
        for observation in judgement.observations:
            self._check_observation(observation, len(transaction.message))
        for verdict in judgement.verdicts:
            self._check_verdict(verdict, len(judgement.observations))
        return judgement

    def _check_observation(self, observation: Observation, size: int) -> None:
        _must(observation.detector in self._detectors, "an unknown detector")
        _must(0.0 <= observation.score <= 1.0, "a score that is none")  # neither is NaN
        _must(observation.probe is None or 0 <= observation.probe < self._probes, "a probe that there is not")
        _must(all(_is_place(item, size) for item in observation.evidence), "evidence at no place")

    def _check_verdict(self, verdict: Verdict, observations: int) -> None:
        findings = (*verdict.findings, *verdict.observed)
        _must(all(0 <= finding.observation < observations for finding in findings), "a finding without observation")
        _must(
            all((finding.rule, finding.cites, finding.approver) in self._rules for finding in findings),
            "an unknown rule or clause",
        )
        _must(all(0 <= item.observation < observations for item in verdict.let_off), "an exemption of nothing")
        _must(all((item.rule, item.exemption) in self._exemptions for item in verdict.let_off), "an unknown exemption")
        _must(verdict.action is _asked(verdict.findings), "an action that no finding asks")


def _check_amendment(amendment: Amendment, message: Message) -> None:
    """Few and short edits of the body, in order; what they add is clean, else the message could never leave."""
    position = message.header_end
    _must(len(amendment.edits) <= MAX_EDITS, "too many edits")
    for edit in amendment.edits:
        _must(position <= edit.start <= edit.end <= len(message), "an edit at no place")
        _must(edit.end - edit.start <= MAX_EDIT and len(edit.latin1) <= MAX_EDIT, "too long an edit")
        _must(edit.latin1.isascii() or max(edit.latin1) <= "\xff", "an edit that is no octets")
        _must("\0" not in edit.latin1 and not set("\r\n") & set(edit.latin1.replace("\r\n", "")), "an unclean edit")
        position = edit.end


def _asked(findings: Iterable[Finding]) -> object:
    return strictest(*(finding.action for finding in findings))


def _is_place(evidence: Evidence, size: int) -> bool:
    """Offsets in order; the text they count in is not ours to read, and may be longer than the message of `size`."""
    start, end = evidence.start or 0, evidence.end if evidence.end is not None else evidence.start or 0
    first, last = evidence.mark or (0, 0)
    begin, stop = evidence.octets or (0, 0)
    return 0 <= start <= end and 0 <= first <= last <= len(evidence.text) and 0 <= begin <= stop <= size


def _must(holds: bool, wrong: str) -> None:
    if not holds:
        raise WireError(f"a judgement with {wrong}")
