"""The texts of a message's alternatives: each word is read once, and none is lost."""

import pytest

from rules.facts import Role
from rules.reading.readable import fingerprint, read_page, read_plain, unsaid

HEADER = "From: Ann Example <ann@city.example>\nTo: bob@elsewhere.example\nSubject: Budget\n"


def texts(facts, role: Role) -> list[str]:
    return [text.text.strip() for text in facts.said(role)]


def alternative(plain: str, html: str) -> str:
    return (
        f"{HEADER}Content-Type: multipart/alternative; boundary=b1\n\n--b1\nContent-Type: text/plain\n\n{plain}\n"
        f"--b1\nContent-Type: text/html\n\n{html}\n--b1--\n"
    )


def test_the_same_words_in_two_dresses_are_read_once(facts_of):
    facts = facts_of(
        alternative("Dear Bob,\n\nall is “well”.", "<p>Dear <b>Bob</b>,</p><p>all is\n&ldquo;well&rdquo;.</p>")
    )
    assert texts(facts, Role.AUTHOR) == ["Dear Bob,\n\nall is “well”."]


def test_a_line_that_only_html_has_is_read_too(facts_of):
    facts = facts_of(alternative("Dear Bob,\nall is well.", "<p>Dear Bob,</p><p>all is well.</p><p>P.S. call me</p>"))
    assert texts(facts, Role.AUTHOR) == ["Dear Bob,\nall is well.", "P.S. call me"]


def test_an_alternative_that_leaves_something_out_is_kept_as_its_readers_see_it(facts_of):
    facts = facts_of(alternative("Dear Bob,\nall is well.\nP.S. call me", "<p>Dear Bob,</p><p>all is well.</p>"))
    kept = [(item.body, item.chosen, item.text.part, item.text.text.split()[-1]) for item in facts.alternatives]
    assert kept == [("1", ("1",), "1", "me"), ("1", ("2",), "2", "well.")]
    assert texts(facts, Role.AUTHOR) == ["Dear Bob,\nall is well.\nP.S. call me"]


def test_nested_alternatives_tell_what_a_reader_must_choose_to_see_them(facts_of):
    inner = "Content-Type: multipart/alternative; boundary=b2\n\n--b2\n\none\n--b2\n\ntwo\n--b2--\n"
    facts = facts_of(f"{HEADER}Content-Type: multipart/alternative; boundary=b1\n\n--b1\n\nall\n--b1\n{inner}--b1--\n")
    kept = [(item.body, item.chosen) for item in facts.alternatives]
    assert kept == [("1", ("1",)), ("1", ("2", "2.1")), ("1", ("2", "2.2"))]


def test_an_alternative_that_repeats_another_is_kept_once(facts_of):
    assert len(facts_of(alternative("all is well.", "<p>all is well.</p>")).alternatives) == 1


def test_an_alternative_that_says_something_else_is_read_whole(facts_of):
    lie = "".join(f"<p>Buy the cheapest cartridges of batch {number} from us now.</p>" for number in range(10))
    facts = facts_of(alternative("Dear Bob,\nall is well.", f"<p>all is well.</p>{lie}"))
    assert texts(facts, Role.AUTHOR)[1].startswith("all is well.\n\nBuy the cheapest")


def test_a_link_that_only_html_has_is_read(facts_of):
    facts = facts_of(alternative("see here", '<a href="https://evil.example/">see here</a>'))
    assert "evil.example" in "".join(texts(facts, Role.AUTHOR))


def test_fingerprints_see_words_and_not_their_dress():
    assert fingerprint("> “All  is\nwell” — today\u00a0!") == fingerprint('all is "well" today')
    assert fingerprint("всё хорошо") != fingerprint("всё плохо")


def test_line_ends_become_one_kind():
    assert read_plain(b"a\r\nb\rc\n", None).text == "a\nb\nc\n"


def test_new_lines_keep_their_role_and_place():
    page = read_page(b"<p>one</p><blockquote>two</blockquote>", None)
    (piece,) = unsaid(page, fingerprint("one"))
    assert (piece.role, page.text[piece.start : piece.end].strip()) == (Role.QUOTED, "two")


def said_beside(extra: str, common: str) -> list[str]:
    readable = read_plain(f"{common}\n{extra}\n".encode(), None)
    return [readable.text[piece.start : piece.end] for piece in unsaid(readable, fingerprint(common))]


@pytest.mark.parametrize(("letters", "whole"), [(200, False), (201, True)])
def test_so_many_letters_more_are_read_alone_and_one_more_makes_another_text(letters, whole):
    extra = "b" * letters
    assert said_beside(extra, "a" * 100) == [f"{'a' * 100}\n{extra}\n" if whole else f"{extra}\n"]


@pytest.mark.parametrize(("letters", "whole"), [(1_000, False), (1_001, True)])
def test_a_fifth_more_is_read_alone_and_a_letter_more_makes_another_text(letters, whole):
    extra = "b" * letters
    common = "a" * 4_000
    assert said_beside(extra, common) == [f"{common}\n{extra}\n" if whole else f"{extra}\n"]
