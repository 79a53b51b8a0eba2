"""Names written in two ways have the same words."""

from rules.names import MAX_WORDS, words_of


def test_case_accents_and_marks_do_not_count() -> None:
    assert words_of("NÚÑEZ, José (2)") == ["nunez", "jose"]
    assert words_of("o'brien-ray_k") == ["o", "brien", "ray", "k"]


def test_so_many_words_and_no_more() -> None:
    assert len(words_of("a " * (MAX_WORDS + 1))) == MAX_WORDS
    assert words_of("") == []
