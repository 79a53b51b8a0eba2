"""What readers would read differently is told in one observation."""

from dataclasses import replace

from rules.detectors.ambiguous_message import MAX_EVIDENCE, Parameters, detect
from rules.facts import Ambiguity


def seen(facts_of, *details, **parameters):
    ambiguities = tuple(Ambiguity(part=str(number), detail=detail) for number, detail in enumerate(details))
    return list(detect(replace(facts_of(), ambiguities=ambiguities), Parameters(**parameters)))


def test_each_ambiguity_is_evidence(facts_of):
    (observation,) = seen(facts_of, "several boundaries", "several From fields", "several boundaries")
    assert observation.summary == "several boundaries; several From fields"
    assert [(item.part, item.text) for item in observation.evidence][1] == ("1", "several From fields")


def test_evidence_says_where_it_lies(facts_of):
    told = replace(facts_of(), ambiguities=(Ambiguity(part="1/2", detail="two types", octets=(40, 90)),))
    (observation,) = detect(told, Parameters())
    assert observation.evidence[0].octets == (40, 90)


def test_a_plain_message_is_silent(facts_of):
    assert seen(facts_of) == []


def test_some_can_be_tolerated(facts_of):
    assert seen(facts_of, "Several boundaries", tolerated=("several bound",)) == []
    (observation,) = seen(facts_of, "several boundaries", "two types", tolerated=("boundaries",))
    assert observation.summary == "two types"


def test_reports_end(facts_of):
    (observation,) = seen(facts_of, *(f"ambiguity {n}" for n in range(1_000)))
    assert len(observation.evidence) == MAX_EVIDENCE
    assert len(observation.summary) <= 500
