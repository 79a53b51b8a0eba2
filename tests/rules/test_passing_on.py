"""A forward hands another's words on; an answer merely carries them below."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rules.facts import Facts, Role
from rules.passing_on import endorsed_words, is_reply, own_words, sent_words, subject_marks, times_forwarded
from rules.transaction import Direction

FactsOf = Callable[..., Facts]


@pytest.mark.parametrize(
    ("subject", "marks"),
    [
        ("Agenda", ()),
        ("FW: Agenda", ("fw",)),
        ("Re: Fwd: Agenda", ("re", "fwd")),
        ("[Fwd: Agenda]", ("fwd",)),
        ("AW: WG: Termin", ("aw", "wg")),
        ("Re[2]: Agenda", ("re",)),
        ("Report: due", ()),
    ],
)
def test_marks_of_a_subject(subject: str, marks: tuple[str, ...]) -> None:
    assert subject_marks(subject) == marks


def test_marks_are_bounded(facts_of: FactsOf) -> None:
    assert len(subject_marks("Fwd: " * 1_000)) == 10
    assert times_forwarded(facts_of(subject="Fwd: Fwd: Re: x")) == 2


def test_an_answer_has_the_mark_and_words_of_its_own(facts_of: FactsOf) -> None:
    assert is_reply(facts_of("I agree.", subject="Re: plan"))


def test_an_answer_without_words_is_known_by_its_thread(facts_of: FactsOf) -> None:
    assert is_reply(facts_of(subject="Re: plan", fields=(("in-reply-to", "<a@b.example>"),)))
    assert not is_reply(facts_of(subject="Re: plan"))


def test_what_stands_below_an_answer_is_not_sent_on(facts_of: FactsOf) -> None:
    facts = facts_of("No, thank you.", subject="Re: offer", quoted="Buy now", forwarded="Buy now")
    assert {text.role for text in sent_words(facts)} == {Role.SUBJECT, Role.AUTHOR}


def test_what_is_forwarded_is_sent_on(facts_of: FactsOf) -> None:
    facts = facts_of("Look at this.", subject="FW: offer", forwarded="Buy now")
    assert "Buy now" in [text.text for text in sent_words(facts)]
    assert "Buy now" not in [text.text for text in own_words(facts)]


def test_a_brief_comment_endorses_what_is_forwarded_and_a_text_of_ones_own_does_not(facts_of: FactsOf) -> None:
    brief = facts_of("So true!", subject="FW: vote", forwarded="Vote for her")
    long = facts_of("word " * 60, subject="FW: vote", forwarded="Vote for her")
    assert "Vote for her" in [text.text for text in endorsed_words(brief)]
    assert "Vote for her" not in [text.text for text in endorsed_words(long)]


def test_what_somebody_files_in_his_own_mailbox_is_commended_to_nobody(facts_of: FactsOf) -> None:
    mine, yours = "ann.clerk@city.example", "bob@city.example"
    forwarded = {"forwarded": "Join our committee.", "sender": mine}
    assert [text.role for text in endorsed_words(facts_of("", to=(mine,), **forwarded))] == []
    assert [text.role for text in endorsed_words(facts_of("", to=(mine, yours), **forwarded))] == [Role.FORWARDED]
    facts = facts_of("", to=(mine,), **forwarded)
    spoofed = replace(facts, directions={mine: Direction.INBOUND})  # anybody can write our address into his mail
    assert [text.role for text in endorsed_words(spoofed)] == [Role.FORWARDED]


def test_hidden_and_attached_text_is_nobodys_word(facts_of: FactsOf) -> None:
    facts = facts_of("hello", hidden="buy", attached="buy")
    assert [text.text for text in sent_words(facts)] == ["hello"]
