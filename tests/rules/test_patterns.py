"""Patterns find what they name, where it stands, in time that grows no faster than the text."""

import time

import pytest

from rules.facts import Role, Text
from rules.patterns import (
    AROUND,
    MAX_MATCHES,
    MAX_MATCHES_EACH,
    MAX_PATTERN,
    MAX_TOGETHER,
    Literal,
    PatternError,
    compile_patterns,
    evidence_of,
    literal,
)


def passages(patterns: tuple[str, ...], text: str) -> list[str]:
    return [text[match.start : match.end] for match in compile_patterns(patterns).find(text)]


def test_every_match_of_every_pattern_is_found_in_order_of_place() -> None:
    text = "Pass it on. Please forward this, then pass it on."
    assert passages(("forward", "pass it on"), text) == ["Pass it on", "forward", "pass it on"]


def test_the_index_names_the_pattern() -> None:
    (match,) = compile_patterns(("absent", "here")).find("it is here")
    assert (match.index, match.start, match.end) == (1, 6, 10)


def test_offsets_count_characters_not_octets() -> None:
    assert passages(("caf.", "na.ve"), "€€ Café, naïve 😀 café") == ["Café", "naïve", "café"]


def test_a_lone_surrogate_neither_fails_nor_shifts() -> None:
    assert passages(("word",), "\udcff é word") == ["word"]


def test_nothing_is_found_where_nothing_stands() -> None:
    assert compile_patterns(()).find("text") == ()
    assert compile_patterns(("absent",)).find("text") == ()
    assert compile_patterns(("absent",)).fires("text") == ()


def test_fires_names_the_patterns_without_places() -> None:
    assert compile_patterns(("a", "x", "b")).fires("b a b") == (0, 2)


def test_long_patterns_are_searched_for_apart_and_keep_their_numbers() -> None:
    filled = "(?:" + "x" * (MAX_TOGETHER // 2) + "|{})"
    patterns = compile_patterns(tuple(filled.format(word) for word in ("one", "two", "three", "four", "five")))
    assert patterns.fires("five three one") == (0, 2, 4)
    assert [match.index for match in patterns.find("five three one")] == [4, 2, 0]


def test_a_common_pattern_does_not_crowd_out_a_rare_one() -> None:
    found = compile_patterns(("a", "rare")).find("a " * 5_000 + "rare")
    assert [match.index for match in found].count(1) == 1
    assert [match.index for match in found].count(0) <= MAX_MATCHES_EACH


def test_matches_are_bounded() -> None:
    many = tuple(f"a{{{count}}}" for count in range(1, 30))
    assert len(compile_patterns(many).find("a" * 10_000)) == MAX_MATCHES


@pytest.mark.parametrize("pattern", [r"(?=ahead)", r"(a)\1", r"(unclosed", r"a{2000}"])
def test_what_re2_cannot_take_is_refused_by_name(pattern: str) -> None:
    with pytest.raises(PatternError) as refused:
        compile_patterns(("fine", pattern))
    assert repr(pattern) in str(refused.value)


def test_a_pattern_of_the_empty_text_is_refused() -> None:
    with pytest.raises(PatternError, match="matches everything"):
        compile_patterns(("a*",))


def test_an_overlong_pattern_is_refused() -> None:
    with pytest.raises(PatternError, match=str(MAX_PATTERN)):
        compile_patterns(("a" * (MAX_PATTERN + 1),))


def test_patterns_too_large_together_are_refused_and_do_not_crash() -> None:
    heavy = tuple(rf"(?:\pL{{1,200}}x{number}){{1,5}}" for number in range(600))
    with pytest.raises(PatternError):
        compile_patterns(heavy).find("text " * 100)


def test_a_hostile_text_takes_linear_time_f10() -> None:
    patterns = compile_patterns((r"(a+)+b", r"(x|xx)+y", r"(\w+\s?)+!"))
    began = time.process_time()
    patterns.find("a" * 200_000 + "x" * 200_000)
    assert time.process_time() - began < 4


def test_literal_means_its_words_only() -> None:
    assert passages((literal("a.b (c)"),), "axb (c) a.b (c)") == ["a.b (c)"]


def test_evidence_marks_the_passage_within_its_surroundings() -> None:
    text = Text(part="1", role=Role.AUTHOR, text="x" * 200 + "the words" + "y" * 200, start=1_000)
    evidence = evidence_of(text, 200, 209)
    assert evidence.mark is not None
    assert evidence.text[slice(*evidence.mark)] == "the words"
    assert len(evidence.text) == AROUND * 2 + len("the words")
    assert (evidence.part, evidence.start, evidence.end) == ("1", 1_200, 1_209)


def test_evidence_of_a_long_match_is_cut_and_keeps_its_offsets() -> None:
    evidence = evidence_of(Text(part="1", role=Role.AUTHOR, text="z" * 5_000), 0, 5_000)
    assert len(evidence.text) < 500
    assert evidence.end == 5_000


def test_evidence_holds_no_line_ends() -> None:
    evidence = evidence_of(Text(part="1", role=Role.AUTHOR, text="one\r\ntwo\x1b three"), 5, 8)
    assert evidence.text == "one  two  three"


def test_the_passage_begins_and_ends_with_whole_words() -> None:
    before, after = "wonderful " * 12, " splendid" * 12
    text = Text(part="1", role=Role.AUTHOR, text=f"{before}needle{after}")
    found = evidence_of(text, len(before), len(before) + 6)
    assert found.text.split()[0] == "wonderful" and found.text.split()[-1] == "splendid"
    assert found.mark is not None and found.text[slice(*found.mark)] == "needle"


def test_one_endless_word_is_cut_all_the_same() -> None:
    text = Text(part="1", role=Role.AUTHOR, text="x" * 1000)
    assert len(evidence_of(text, 500, 506).text) < 200


@pytest.mark.parametrize("sought", [b"PK\x03\x04", b"\0", b"(a|", b"\xff\xfe\xe9", b"\n.\n"])
def test_octets_are_found_where_find_finds_them(sought: bytes) -> None:
    content = b"\0\xc3" + sought[:-1] + sought.upper() + sought + b"\n" + sought
    for start in range(len(content) + 2):
        for end in (start, start + len(sought), len(content), len(content) + 9):
            assert Literal(sought).find(content, start, end) == content.find(sought, start, end), (start, end)
