"""A judgement travels as JSON from worker to gateway to store to operator, and arrives as it left."""

from hypothesis import given
from hypothesis import strategies as st

from rules.document import from_json, to_json
from rules.facts import Reason, Unread
from rules.finding import Action, Evidence, Finding, Observation
from rules.transaction import Direction
from rules.verdict import Inspected, Judgement, Mailing, Verdict

text = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=30)
evidence = st.builds(
    Evidence,
    part=text,
    text=text,
    start=st.none() | st.integers(0, 9_999),
    end=st.none() | st.integers(0, 9_999),
    mark=st.none() | st.tuples(st.integers(0, 99), st.integers(0, 99)),
)
observation = st.builds(
    Observation,
    detector=text,
    detected=st.booleans(),
    score=st.floats(0, 1),
    summary=text,
    evidence=st.lists(evidence, max_size=3).map(tuple),
    recipients=st.none() | st.lists(text, max_size=2).map(tuple),
)
finding = st.builds(
    Finding,
    rule=text,
    cites=st.lists(text, max_size=2).map(tuple),
    action=st.sampled_from(Action),
    observation=st.integers(0, 9),
)
verdict = st.builds(
    Verdict,
    recipient=text,
    direction=st.sampled_from(Direction),
    action=st.sampled_from(Action),
    findings=st.lists(finding, max_size=2).map(tuple),
    observed=st.lists(finding, max_size=1).map(tuple),
)
judgement = st.builds(
    Judgement,
    policy=text,
    policy_hash=text,
    observations=st.lists(observation, max_size=3).map(tuple),
    verdicts=st.lists(verdict, max_size=3).map(tuple),
    inspected=st.sampled_from(Inspected),
    not_inspected=st.lists(st.builds(Unread, part=text, reason=st.sampled_from(Reason), detail=text)).map(tuple),
    subject=text,
    preview=text,
    mailing=st.none() | st.builds(Mailing, originator=text, prints=st.tuples(text), reaches=st.tuples(text)),
)


@given(judgement)
def test_a_judgement_arrives_as_it_left(value: Judgement) -> None:
    assert from_json(to_json(value, Judgement), Judgement) == value
