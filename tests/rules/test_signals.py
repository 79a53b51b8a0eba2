"""Models are data that a person can read; a faulty one is refused with its place."""

from pathlib import Path

import pytest

from rules import needed_words
from rules.patterns import PatternError
from rules.signals import check_phrases, scale_of
from rules.yaml_nodes import DocumentError

MODELS = sorted(path for path in Path("rules/detectors").glob("*.yaml") if "\nsignals:" in path.read_text())
GOOD = """
about: greetings
bias: -1
window: 100
roles: [author]
signals:
  - name: says hello
    weight: 2
    patterns: ['hello', 'good (?:day|morning)']
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "model.yaml"
    path.write_text(text)
    return path


def test_a_model_is_read_with_one_pattern_for_each_signal(tmp_path: Path) -> None:
    scale = scale_of(write(tmp_path, GOOD))
    assert scale.model.signals[0].at_most == 1
    assert scale.patterns.fires("well, good morning") == (0,)


def test_patterns_match_whole_words(tmp_path: Path) -> None:
    assert scale_of(write(tmp_path, GOOD)).patterns.fires("othello") == ()


def test_a_name_in_a_pattern_stands_for_its_words(tmp_path: Path) -> None:
    words = (
        "words:\n  - {name: time, any_of: [day, morning]}\n  - {name: wish, any_of: ['good {time}', 'hi']}\nsignals:"
    )
    named = GOOD.replace("signals:", words).replace("'good (?:day|morning)'", "'{wish}{1,2} you'")
    scale = scale_of(write(tmp_path, named))
    assert scale.patterns.fires("good morning you") == scale.patterns.fires("hihi you") == (0,)
    assert scale.patterns.fires("good night you") == ()


def test_a_name_without_words_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PatternError, match="'wish'"):
        scale_of(write(tmp_path, GOOD.replace("'hello'", "'{wish} you'")))


def test_a_misspelt_key_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"model\.yaml:8"):
        scale_of(write(tmp_path, GOOD.replace("weight", "wieght")))


def test_a_pattern_that_is_not_linear_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PatternError):
        scale_of(write(tmp_path, GOOD.replace("'hello'", "'(?=hello)'")))


def test_a_phrase_of_an_administrator_is_refused_by_its_own_words() -> None:
    with pytest.raises(PatternError, match="hold fast"):
        check_phrases(("fine", "(?=hold fast)"))


def test_good_phrases_are_taken() -> None:
    check_phrases(("lottery pool", r"bake[- ]?off"))
    check_phrases(())


def test_phrases_that_are_only_checked_are_not_remembered_for_searching() -> None:
    """The network processes load a policy at each reload and search no text: its words must not pile up there."""
    before = len(needed_words._ways), len(needed_words._asked_for)
    check_phrases(("zanzibar raffle quorum", "ombudsman gazette"))
    assert (len(needed_words._ways), len(needed_words._asked_for)) == before


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_each_shipped_model_compiles_and_names_its_signals_once(path: Path) -> None:
    scale = scale_of(path)
    names = [signal.name for signal in scale.model.signals]
    assert len(names) == len(set(names))
    assert all(bool(signal.patterns) != bool(signal.measure) for signal in scale.model.signals)


def test_there_are_models_to_look_at() -> None:
    assert len(MODELS) >= 5
