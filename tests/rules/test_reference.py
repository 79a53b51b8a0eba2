"""The reference of detectors is made from their code, and says something of each of their parameters."""

from dataclasses import fields

import pytest

from rules.detectors import BY_NAME, DETECTORS, Detector
from rules.reference import detector_reference, reference, words_of
from rules.shipped import library_rules


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.name)
def test_every_parameter_is_told_with_what_it_takes_and_does(detector: Detector) -> None:
    """A parameter gets its words from the comment above or behind its field, or in the docstring of `Parameters`."""
    words = words_of(detector)
    assert words.says
    assert [item.name for item in words.parameters] == [item.name for item in fields(detector.parameters)]
    silent = [item.name for item in words.parameters if not item.says and f"`{item.name}`" not in words.about]
    assert silent == [], "a comment at the field says what it does"


def test_words_stand_above_a_field_or_behind_it() -> None:
    words = {item.name: item for item in words_of(BY_NAME["personal_information"]).parameters}
    assert words["threshold"].says.startswith("Score from which the message is reported")
    assert words["kinds"].takes.startswith("list of one of social security number")
    assert (words["minimum"].takes, words["minimum"].default) == ("whole number", "1")
    assert words_of(BY_NAME["credentials"]).parameters[1].says == "Count it when somebody asks for a password"


def test_a_docstring_that_python_made_up_is_not_told() -> None:
    assert words_of(BY_NAME["credentials"]).about == ""
    assert words_of(BY_NAME["fundraising"]).about.startswith("`phrases` are patterns in RE2's syntax")


def test_the_reference_holds_every_detector_and_every_rule() -> None:
    text = reference()
    assert [line[4:] for line in text.splitlines() if line.startswith("### ")] == list(BY_NAME)
    assert all(f"| `{name}` |" in text for name in library_rules())


def test_one_detector_alone() -> None:
    assert detector_reference(BY_NAME["fundraising"]).startswith("### fundraising\n")
