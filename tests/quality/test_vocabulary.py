"""Words' weights move a little, stay on their side of zero, and are written where they are read."""

from pathlib import Path

import pytest

from rules.detectors import BY_NAME
from rules.signals import scale_of
from tests.quality.vocabulary import LEAST, Example, best_f1, fit, held_out, rewritten

BEFORE = {b"click": 0.5, b"save": 0.5, b"meeting": -0.5}
WITH_WORDS = ("commercial_solicitation", "fundraising", "harassment", "obscenity", "personal_opinion")


def examples(*rows: tuple[str, bool], times: int = 30) -> list[Example]:
    return [
        Example(words=tuple(words.encode().split()), counts=1.0, wanted=wanted, fold=number % 5)
        for number in range(times)
        for words, wanted in rows
    ]


def test_what_tells_weighs_more_and_what_misleads_less() -> None:
    seen = examples(("click", True), ("save", False), ("save meeting", False), ("", False))
    after = fit(seen, BEFORE)
    assert after[b"click"] > BEFORE[b"click"]
    assert LEAST <= after[b"save"] < BEFORE[b"save"]
    assert after[b"meeting"] <= BEFORE[b"meeting"]
    assert best_f1(seen, held_out(seen, BEFORE)) == 1.0


def test_a_word_stays_on_its_side_of_zero() -> None:
    after = fit(examples(("meeting", True), ("save", False), times=300), BEFORE)
    assert (after[b"meeting"], after[b"save"]) == (-LEAST, LEAST)


@pytest.mark.parametrize("name", WITH_WORDS)
def test_weights_are_written_where_they_are_read(name: str, tmp_path: Path) -> None:
    data = BY_NAME[name].data
    assert data is not None
    model = scale_of(data).model
    assert model.vocabulary is not None
    assert rewritten(data.read_text(), model.vocabulary.weights) == data.read_text()
    path = tmp_path / "weights.yaml"
    path.write_text(rewritten(data.read_text(), dict.fromkeys(model.vocabulary.weights, 0.7)))
    written = scale_of(path).model
    assert written.vocabulary is not None
    assert set(written.vocabulary.weights.values()) == {0.7}
    assert written.signals == model.signals
