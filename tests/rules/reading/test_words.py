"""Header text as people read it: encoded words, folding, bare octets."""

import pytest

from rules.reading.words import header_text, unfold


def test_encoded_words_that_split_a_character(facts_of):
    facts = facts_of("Subject: =?utf-8?B?w6TDtsM=?= =?utf-8?B?vA==?= =?iso-8859-1?Q?_gr=FC=DF?=\n\nx")
    assert facts.subject == "äöü grüß"


def test_a_subject_in_bare_latin_1(facts_of):
    assert facts_of(b"Subject: gr\xfc\xdf Gott\r\n\r\nx").subject == "grüß Gott"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("=?utf-8?Q?a_b=3D?=", "a b="),
        ("=?utf-8?q?two words?=", "two words"),
        ("=?utf-8*en?b?YWJj?=", "abc"),
        ("=?utf-8?b?YWJj", "=?utf-8?b?YWJj"),
        ("=?utf-8?b?YWJj?", "abc"),
        ("=?utf-8?x?YWJj?=", "=?utf-8?x?YWJj?="),
        ("a =?utf-8?q?b?= c =?utf-8?q?d?=\r\n =?utf-8?q?e?=", "a b c de"),
        ('"=?utf-8?q?in_quotes?="', '"in quotes"'),
    ],
)
def test_encoded_words(written, read):
    assert header_text(written.encode()) == read


def test_folding_becomes_one_blank():
    assert unfold(b" a\r\n\t b\r\n c\r\n") == b"a b c"


def test_an_encoded_word_cannot_make_a_line(facts_of):
    facts = facts_of("Subject: =?utf-8?q?x=0ABcc:_evil@x?=\n\nx")
    assert [name for name, _ in facts.fields] == ["subject"]


def test_encoded_words_are_bounded():
    assert header_text(b"=?utf-8?q?x?= " * 600).count("=?utf-8") == 100
