"""Vocabularies: words once each, less in a long text, between their ends; where they stand is shown."""

import pytest

from rules.facts import Role, Text
from rules.vocabulary import FEW, MAX_SHOWN, Group, Vocabulary, read_words, shown

ROLES = frozenset({Role.SUBJECT, Role.AUTHOR, Role.FOOTER, Role.SIGNATURE})
SALE = Vocabulary(
    name="sells",
    usual=0.5,
    least=-1.0,
    most=3.0,
    groups=(Group(weight=1.0, words="click free\n  offer"), Group(weight=-0.6, words="meeting agenda")),
)


def text(words: str, role: Role = Role.AUTHOR, start: int = 0) -> Text:
    return Text(role=role, part="1", start=start, text=words)


def told(*texts: Text) -> float:
    return round(SALE.told_by(read_words(texts, ROLES)), 3)


def test_each_word_counts_once_whatever_its_case() -> None:
    assert told(text("FREE offer, a free Offer!")) == 1.5
    assert told(text("free", Role.SUBJECT), text("Offer free")) == 1.5


def test_no_part_of_a_longer_word_counts() -> None:
    assert told(text("freedom coffers")) == -0.5


def test_the_sum_ends_at_both_ends() -> None:
    assert told(text("meeting agenda meeting")) == -1.0
    assert told(text("click free offer")) == 2.5
    assert SALE.told_by(frozenset()) == -0.5


def test_a_long_text_counts_for_less() -> None:
    others = " ".join(f"word{chr(97 + one)}{chr(97 + other)}" for one in range(20) for other in range(20))
    assert told(text(" ".join(others.split()[: FEW - 3]) + " click free offer")) == 2.5
    assert -0.5 < told(text(f"{others} click free offer")) < 0.6


def test_small_print_and_other_roles_say_nothing() -> None:
    assert told(text("free", Role.FOOTER), text("offer", Role.SIGNATURE), text("click", Role.QUOTED)) == -0.5


def test_signs_that_look_the_same_are_read_the_same() -> None:
    assert told(text("\uff46\uff52\uff45\uff45 of\u00adfer")) == 1.5


def test_where_each_word_stands_is_shown() -> None:
    texts = (text("Our  meeting: care\u200bfree, free!", start=10),)
    free, meeting = shown(SALE, read_words(texts, ROLES), texts, ROLES)
    assert (free.signal, free.start, free.end) == ("sells: free +1.0", 35, 39)
    assert (meeting.signal, meeting.start) == ("sells: meeting -0.6", 15)


def test_no_more_is_shown_than_said() -> None:
    many = " ".join(f"abc{chr(97 + number)}" for number in range(MAX_SHOWN + 5))
    wide = Vocabulary(name="x", usual=0, least=0, most=1, groups=(Group(weight=1, words=many),))
    texts = (text(many),)
    assert len(list(shown(wide, read_words(texts, ROLES), texts, ROLES))) == MAX_SHOWN


@pytest.mark.parametrize("words", ["Free", "of", "e-mail", "free free", "naïve"])
def test_what_is_no_word_or_stands_twice_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=words.split()[0]):
        Vocabulary(name="x", usual=0, least=0, most=1, groups=(Group(weight=1, words=words),))
