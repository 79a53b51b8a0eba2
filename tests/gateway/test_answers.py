"""A judgement that cannot be one of this message under this policy is not believed."""

from dataclasses import replace

import pytest

from gateway.answers import MAX_EDIT, MAX_EDITS, Answers
from gateway.wire import WireError
from gateway.workers import canary
from rules.amendment import Amendment, Edit
from rules.directory import Directory
from rules.facts import Reason, Unread
from rules.finding import Action, Evidence, Finding
from rules.inspection import inspect
from rules.message import Message
from rules.policy import load_policy
from rules.shipped import find_policy
from rules.verdict import Inspected, LetOff

POLICY = load_policy(find_policy("city-baseline"))
ANSWERS = Answers(POLICY)
CONTENT = b"Subject: a program\r\nContent-Type: application/octet-stream; name=a.exe\r\n\r\nMZ\r\n"
TRANSACTION = replace(canary(), message=Message(CONTENT))
HONEST = inspect(TRANSACTION, Directory(domains=frozenset({"city.example"})), POLICY)
OBSERVATION = next(observation for observation in HONEST.observations if observation.evidence)
(VERDICT,) = HONEST.verdicts
FINDING = VERDICT.findings[0]


def with_finding(finding: Finding):
    return replace(HONEST, verdicts=(replace(VERDICT, findings=(finding,)),))


def with_evidence(**changes: object):
    evidence = replace(Evidence(part="1", text="words"), **changes)
    return replace(HONEST, observations=(replace(OBSERVATION, evidence=(evidence,)), *HONEST.observations[1:]))


def with_edits(*edits: Edit):
    return replace(HONEST, amendment=Amendment(edits=edits))


END = len(CONTENT)
TWO_EDITS = (Edit(start=END - 4, end=END - 4, latin1="a\r\n"), Edit(start=END - 4, end=END, latin1="\xff\r\n"))


def test_edits_of_the_body_in_order_are_believed() -> None:
    amended = with_edits(*TWO_EDITS)
    assert ANSWERS.checked(amended, TRANSACTION) is amended
    most = with_edits(*(replace(TWO_EDITS[0], latin1="a" * MAX_EDIT) for _ in range(MAX_EDITS)))
    assert ANSWERS.checked(most, TRANSACTION) is most


LIES = {
    "an edit of the header": with_edits(Edit(start=10, end=END - 4, latin1="")),
    "an edit behind the end": with_edits(Edit(start=END, end=END + 1, latin1="")),
    "an edit that ends before it begins": with_edits(Edit(start=END, end=END - 1, latin1="")),
    "edits in no order": with_edits(*reversed(TWO_EDITS)),
    "one edit too many": with_edits(*(TWO_EDITS[0] for _ in range(MAX_EDITS + 1))),
    "an edit one octet too long": with_edits(replace(TWO_EDITS[0], latin1="a" * (MAX_EDIT + 1))),
    "an edit that is no octets": with_edits(replace(TWO_EDITS[0], latin1="\u0100")),
    "an edit with a bare line feed": with_edits(replace(TWO_EDITS[0], latin1="a\n.\r\n")),
    "an edit with a bare carriage return": with_edits(replace(TWO_EDITS[0], latin1="a\r\r\n")),
    "an edit with a NUL": with_edits(replace(TWO_EDITS[0], latin1="\0")),
    "a probe that there is not": replace(
        HONEST, observations=(replace(OBSERVATION, probe=len(POLICY.probes)), *HONEST.observations[1:])
    ),
    "an exemption that the policy has not": replace(
        HONEST,
        verdicts=(replace(VERDICT, let_off=(LetOff(rule=FINDING.rule, exemption="0" * 12, observation=0),)),),
    ),
    "somebody else who approves": with_finding(replace(FINDING, approver="eve@elsewhere.example")),
    "another policy": replace(HONEST, policy_hash="0" * 64),
    "other recipients": replace(HONEST, verdicts=(VERDICT, VERDICT)),
    "nobody": replace(HONEST, verdicts=()),
    "not inspected and nothing said of it": replace(HONEST, inspected=Inspected.NOT),
    "inspected in full but for a part": replace(
        HONEST, not_inspected=(Unread(part="1", reason=Reason.FAILED, detail=""),)
    ),
    "an unknown detector": replace(HONEST, observations=(replace(OBSERVATION, detector="of lies"),)),
    "a score above one": replace(HONEST, observations=(replace(OBSERVATION, score=1.1),)),
    "a score that is no number": replace(HONEST, observations=(replace(OBSERVATION, score=float("nan")),)),
    "an unknown rule": with_finding(replace(FINDING, rule="of-another-city")),
    "clauses of another rule": with_finding(replace(FINDING, cites=("X-1",))),
    "an observation that is not there": with_finding(replace(FINDING, observation=len(HONEST.observations))),
    "an observation before the first": with_finding(replace(FINDING, observation=-1)),
    "passed against its own finding": replace(HONEST, verdicts=(replace(VERDICT, action=Action.PASS),)),
    "held without a finding": replace(HONEST, verdicts=(replace(VERDICT, findings=()),)),
    "evidence before the text": with_evidence(start=-1, end=2),
    "evidence that ends before it begins": with_evidence(start=3, end=2),
    "a mark beyond its text": with_evidence(mark=(0, 6)),
    "a mark that ends before it begins": with_evidence(mark=(3, 2)),
}


def test_an_honest_judgement_is_taken_as_it_is() -> None:
    assert VERDICT.action is Action.QUARANTINE
    assert ANSWERS.checked(HONEST, TRANSACTION) is HONEST


def test_a_mark_may_reach_the_end_of_its_text() -> None:
    judgement = with_evidence(start=0, end=0, mark=(0, 5))
    assert ANSWERS.checked(judgement, TRANSACTION) is judgement


@pytest.mark.parametrize("lie", LIES)
def test_a_judgement_that_cannot_be_is_refused(lie: str) -> None:
    with pytest.raises(WireError):
        ANSWERS.checked(LIES[lie], TRANSACTION)
