"""A score is a sum that a person can follow: each signal once for each different passage, within a window."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from rules.facts import Role, Text
from rules.finding import Observation
from rules.signals import Measure, Scale, Weighed, scale_of
from rules.weighing import MAX_EVIDENCE, weigh

MODEL = """
about: fruit
bias: -3
window: 200
roles: [subject, author, forwarded]
signals:
  - name: names a fruit
    weight: 2
    at_most: 2
    patterns: ['apples?', 'pears?', 'plums?']
  - name: speaks of eating
    weight: 1.5
    patterns: ['eat', 'bite']
  - name: is a report
    weight: -4
    roles: [author]
    patterns: ['for your report']
  - name: came by cart
    weight: 1
    at_most: 3
    measure: carts
"""


@pytest.fixture
def scale(tmp_path: Path) -> Scale:
    path = tmp_path / "model.yaml"
    path.write_text(MODEL)
    return scale_of(path)


def said(text: str, role: Role = Role.AUTHOR, part: str = "1", start: int = 0) -> Text:
    return Text(part=part, role=role, text=text, start=start)


def weighed(scale: Scale, *texts: Text, measures: Sequence[Measure] = (), **parameters: object) -> Observation | None:
    asked = Weighed(**parameters)  # type: ignore[arg-type]
    return next(iter(weigh("fruit", texts, scale, asked, measures=measures)), None)


def test_what_is_far_from_the_subject_is_not_reported(scale: Scale) -> None:
    assert weighed(scale, said("the meeting is at three")) is None


def test_signals_add_up_to_a_score(scale: Scale) -> None:
    observation = weighed(scale, said("take a bite of the apple"))
    assert observation is not None and observation.detected
    assert observation.score == pytest.approx(0.622, abs=0.001)


def test_what_comes_near_is_reported_and_not_detected(scale: Scale) -> None:
    observation = weighed(scale, said("an apple"))
    assert observation is not None and not observation.detected


def test_a_lower_threshold_detects_it(scale: Scale) -> None:
    observation = weighed(scale, said("an apple"), threshold=0.25)
    assert observation is not None and observation.detected


def test_the_same_words_count_once(scale: Scale) -> None:
    once, twice = weighed(scale, said("an apple")), weighed(scale, said("an apple, an apple"), said("apple", part="2"))
    assert once is not None and twice is not None and once.score == twice.score


def test_different_words_count_up_to_the_limit_of_their_signal(scale: Scale) -> None:
    two, three = weighed(scale, said("apple pear")), weighed(scale, said("apple pear plum"))
    assert two is not None and three is not None
    assert two.detected and two.score == three.score


def test_passages_far_apart_do_not_count_together(scale: Scale) -> None:
    observation = weighed(scale, said("an apple " + "and so on " * 60 + "a pear"))
    assert observation is not None and not observation.detected


def test_the_weightiest_window_counts_not_the_one_that_repeats_itself(scale: Scale) -> None:
    observation = weighed(scale, said("apple apple apple apple " + "and so on " * 60 + "an apple and a pear"))
    assert observation is not None and observation.detected


def test_the_subject_counts_with_every_window(scale: Scale) -> None:
    observation = weighed(scale, said("pears", Role.SUBJECT, "subject"), said("so on " * 100 + "an apple"))
    assert observation is not None and observation.detected


def test_what_speaks_against_counts_from_anywhere(scale: Scale) -> None:
    text = said("for your report " + "so on " * 100 + "eat apple and pear")
    assert weighed(scale, text) is None


def test_a_signal_looks_only_at_its_roles(scale: Scale) -> None:
    observation = weighed(scale, said("for your report, eat apple and pear", Role.FORWARDED))
    assert observation is not None and observation.detected


def test_roles_outside_the_model_are_not_looked_at(scale: Scale) -> None:
    assert weighed(scale, said("eat apple and pear", Role.HIDDEN)) is None


def test_a_measure_counts_as_often_as_its_signal_allows(scale: Scale) -> None:
    observation = weighed(scale, said("an apple"), measures=(Measure(name="carts", count=9),))
    assert observation is not None and "came by cart (+3.0)" in observation.summary


def test_the_summary_and_evidence_name_each_signal_with_its_weight(scale: Scale) -> None:
    observation = weighed(scale, said("take a bite of the\n apple", start=10))
    assert observation is not None
    assert observation.summary == "names a fruit (+2.0); speaks of eating (+1.5)"
    fruit = observation.evidence[0]
    assert fruit.mark is not None and fruit.text[slice(*fruit.mark)] == "apple"
    assert (fruit.signal, fruit.start, fruit.end) == ("names a fruit +2.0", 30, 35)


def test_a_phrase_of_the_administrator_is_enough(scale: Scale) -> None:
    observation = weighed(scale, said("our quince day"), phrases=("quince",))
    assert observation is not None and observation.detected
    assert observation.evidence[0].signal == "a phrase of this city +8.0"


def test_evidence_is_bounded(scale: Scale) -> None:
    phrases = tuple(f"quince{number}" for number in range(50))
    observation = weighed(scale, said(" ".join(phrases)), phrases=phrases)
    assert observation is not None and len(observation.evidence) <= MAX_EVIDENCE


def test_a_vocabulary_adds_what_its_words_tell_and_shows_them(tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    words = "{name: speaks of orchards, usual: 0, least: -1, most: 2, groups: [{weight: 1.5, words: tree branch}]}"
    path.write_text(MODEL.replace("signals:", f"vocabulary: {words}\nsignals:"))
    scale = scale_of(path)
    observation = weighed(scale, said("an apple from the tree"))
    assert observation is not None
    assert observation.score == pytest.approx(0.622, abs=0.001)
    assert "speaks of orchards (+1.5)" in observation.summary
    assert [item.signal for item in observation.evidence] == ["names a fruit +2.0", "speaks of orchards: tree +1.5"]
    assert weighed(scale, said("a branch of a tree")) is not None  # without any phrase
    assert weighed(scale, said("an apple")) is not None
    assert weighed(scale, said("an apple of a tree", Role.QUOTED)) is None
