"""What three kinds of reader see of a message's structure, where they differ, and that the walk looks at all of it."""

import itertools

import pytest

from rules.reading import views
from rules.reading.views import View, differences, outline
from tests.differential.comparison import facts_of
from tests.differential.grammar import message

PROGRAM = "--b\nContent-Type: application/zip\nContent-Disposition: attachment; filename=a.exe\n\nMZ\n"


def told(text: str) -> str:
    return " | ".join(f"{difference.part} {difference.words}" for difference in differences(text.encode()))


@pytest.mark.parametrize(
    "text",
    [
        "Subject: hello\n\nwords",
        "Content-Type: text/html; charset = utf-8;\n\nwords",
        f"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nwords\n{PROGRAM}--b--\nepilogue",
        "Content-Type: application/pdf\nContent-Disposition: attachment; filename=minutes (final).pdf\n\n%PDF",
        "Content-Type: application/pdf; name=x.pdf\nContent-Disposition: attachment; filename*=utf-8''y.pdf\n\n%PDF",
        "Content-Type: message/rfc822\n\nSubject: inner\n\nwords",
    ],
)
def test_readers_agree_on_ordinary_mail(text):
    assert told(text) == ""
    assert told(text.replace("\n", "\r\n")) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Content-Type: text/plain\nContent-Type: application/zip\n\nMZ",
            "1 by the standard or taking the first: text/plain of 2 octets; "
            "taking the last: application/zip of 2 octets",
        ),
        (
            "Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n\nTVo=",
            "1 by the standard or taking the first: text/plain of 4 octets; "
            "taking the last: text/plain in base64 of 4 octets",
        ),
        (
            "Content-Transfer-Encoding: base64 (really)\n\nTVo=",
            "1 by the standard or taking the last: text/plain of 4 octets; "
            "taking the first: text/plain in base64 of 4 octets",
        ),
        (
            "Content-Disposition: attachment; filename=a.txt; filename=a.exe\n\nMZ",
            '1 by the standard or taking the first: text/plain named "a.txt" of 2 octets; '
            'taking the last: text/plain named "a.exe" of 2 octets',
        ),
        (
            "Content-Disposition: attachment; filename=a.exe; filename*=utf-8''a.txt\n\nMZ",
            '1 by the standard or taking the first: text/plain named "a.txt" of 2 octets; '
            'taking the last: text/plain named "a.exe" of 2 octets',
        ),
        (
            f"Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--a\n\none\n--a--\n{PROGRAM}--b--\n",
            "1 by the standard or taking the first: text/plain of 3 octets; "
            'taking the last: application/zip named "a.exe" of 2 octets',
        ),
        (
            f"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n{PROGRAM}--b--\n",
            "2 by the standard or taking the first: nothing; "
            'taking the last: application/zip named "a.exe" of 2 octets',
        ),
        (
            f"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n{PROGRAM.replace('--b', '--b tail', 1)}--b--\n",
            'taking the first or taking the last: application/zip named "a.exe" of 2 octets',
        ),
        (
            f"Content-Type\0: multipart/mixed; boundary=b\n\n{PROGRAM}--b--\n",
            "1 by the standard: text/plain of",
        ),
    ],
)
def test_a_difference_names_what_each_reader_shows(text, words):
    assert words in told(text)
    assert any(words in f"{ambiguity.part} {ambiguity.detail}" for ambiguity in facts_of(text.encode()).ambiguities)


def test_a_message_inside_is_numbered_as_in_evidence():
    inner = "Content-Type: text/plain\nContent-Type: application/zip\n\nMZ"
    assert told(f"Content-Type: message/rfc822\n\n{inner}").startswith("1/1 ")


def test_only_a_multipart_that_is_cut_is_none_itself():
    assert outline(b"Content-Type: multipart/mixed\n\nwords", View.FIRST)["1"].media_type == "multipart/mixed"


@pytest.mark.parametrize(("bound", "whole"), [(2, True), (1, False)])
def test_so_many_differences_are_told(monkeypatch, bound, whole):
    monkeypatch.setattr(views, "MAX_TOLD", bound)
    twice = "--b\nContent-Type: text/plain\nContent-Type: text/html\n\nwords\n"
    found = differences(f"Content-Type: multipart/mixed; boundary=b\n\n{twice}{twice}--b--\n".encode())
    assert [difference.part for difference in found] == (["1", "2"] if whole else ["1"])


@pytest.mark.parametrize(("bound", "numbers"), [(2, ["1", "2"]), (1, ["1"])])
def test_so_many_leaves_are_looked_at(monkeypatch, bound, numbers):
    monkeypatch.setattr(views, "MAX_LEAVES", bound)
    octets = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n"
    for view in View:
        assert list(outline(octets, view)) == numbers


@pytest.mark.parametrize(("bound", "numbers"), [(2, ["1.1"]), (1, ["1"])])
def test_so_many_levels_are_looked_at(monkeypatch, bound, numbers):
    monkeypatch.setattr(views, "MAX_DEPTH", bound)
    inner = "Content-Type: multipart/mixed; boundary=c\n\n--c\n\nwords\n--c--\n"
    octets = f"Content-Type: multipart/mixed; boundary=b\n\n--b\n{inner}--b--\n".encode()
    for view in View:
        assert list(outline(octets, view)) == numbers


def test_the_walk_looks_at_what_any_reader_sees():
    """One reading for the judge and another for the person is how files pass gateways. 150 messages made to differ."""
    unseen = []
    for number in range(150):
        octets = message(3, number).octets
        facts = facts_of(octets)
        looked_at = [part.octets for part in facts.parts if part.octets is not None]
        for view, (place, leaf) in itertools.chain.from_iterable(
            ((view, leaf) for leaf in outline(octets, view).items()) for view in View
        ):
            content = octets[leaf.span.start : leaf.span.end].strip()
            met = any(start < leaf.span.end and leaf.span.start < end for start, end in looked_at)
            if content and not met and not facts.unread:
                unseen.append((number, view, place, leaf))
    assert unseen == []
