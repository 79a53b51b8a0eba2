"""Each limit met exactly and missed by one."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rules.detectors.congestion import MEBIBYTE, Congestion, Parameters, detect
from rules.facts import Facts
from rules.finding import Observation

FactsOf = Callable[..., Facts]


def observed(facts: Facts, kind: Congestion, **limits: int) -> list[Observation]:
    return [item for item in detect(facts, Parameters(kinds=(kind,), **limits)) if item.detected]


def addresses(count: int) -> tuple[str, ...]:
    return tuple(f"person{number}@elsewhere.example" for number in range(count))


def test_size(facts_of: FactsOf) -> None:
    facts = replace(facts_of("Plans."), size=25 * MEBIBYTE)
    assert observed(facts, Congestion.SIZE)
    assert not observed(replace(facts, size=25 * MEBIBYTE - 1), Congestion.SIZE)


def test_size_times_recipients(facts_of: FactsOf) -> None:
    facts = replace(facts_of("Plans.", to=addresses(50)), size=10 * MEBIBYTE)
    assert observed(facts, Congestion.VOLUME)
    assert not observed(facts, Congestion.VOLUME, volume=501)
    shown = replace(facts_of("Plans.", to=addresses(1), addressed=addresses(50)), size=10 * MEBIBYTE)
    (observation,) = observed(shown, Congestion.VOLUME)
    assert observation.summary == "10.0 MiB to 50 recipients, 500 MiB"


@pytest.mark.parametrize(("recipients", "stormy"), [(50, True), (49, False)])
def test_a_brief_answer_to_many(facts_of: FactsOf, recipients: int, stormy: bool) -> None:
    facts = facts_of("Me too!", subject="Re: picnic", fields=(("in-reply-to", "<1>"),), to=addresses(recipients))
    assert bool(observed(facts, Congestion.STORM)) is stormy


def test_an_automatic_answer_to_many_and_what_is_no_answer(facts_of: FactsOf) -> None:
    many = {"to": addresses(60)}
    assert observed(facts_of("Away.", fields=(("auto-submitted", "auto-replied"),), **many), Congestion.STORM)
    assert not observed(facts_of("The hearing is on Thursday.", **many), Congestion.STORM)
    long_answer = facts_of("word " * 41, subject="Re: x", fields=(("references", "<1>"),), **many)
    assert not observed(long_answer, Congestion.STORM)


@pytest.mark.parametrize(("hops", "looped"), [(25, True), (24, False)])
def test_loops(facts_of: FactsOf, hops: int, looped: bool) -> None:
    assert bool(observed(facts_of("Hello.", fields=(("received", "from a"),) * hops), Congestion.LOOP)) is looped


def test_near_a_limit_it_is_told_and_below_half_nothing_is(facts_of: FactsOf) -> None:
    facts = replace(facts_of("Plans."), size=13 * MEBIBYTE)
    (observation,) = detect(facts, Parameters())
    assert (observation.detected, observation.score) == (False, 0.52)
    assert list(detect(replace(facts, size=12 * MEBIBYTE), Parameters())) == []
