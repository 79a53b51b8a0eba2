"""What an attacker writes, made fit for a report (reliability I08)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarantine.display import (
    GIVEN_UP,
    MAX_LINE,
    address_line,
    counted,
    defanged,
    masked,
    numbers_masked,
    one_line,
    quoted,
    readable,
    subject_of,
)
from quarantine.retention import tombstone
from rules.finding import Evidence, Observation
from rules.verdict import Inspected, Judgement


def test_only_what_was_given_up_says_so(keeping):
    item = keeping.hold("ann@city.example")
    assert readable(item) is item.judgement
    gone = readable(replace(item, purged=keeping.clock(), judgement=tombstone(item.judgement)))
    assert (gone.subject, gone.observations[0].summary) == (GIVEN_UP, GIVEN_UP)


@given(st.text(max_size=2000))
def test_whatever_comes_it_is_one_printable_line_of_bounded_length(text):
    line = quoted(text)
    assert len(line) <= MAX_LINE
    assert line.isprintable()
    assert "://" not in line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Hello\r\nBcc: all@city.example", "Hello Bcc: all@city.example"),
        ("a\x1b[31mred\x07", r"a\x1b[31mred\x07"),
        ("abc\u202egpj.exe\u200b\u00ad", r"abc\u202egpj.exe\u200b\xad"),
        ("a\ud800b", r"a\ud800b"),
        ("  tabs\tand \u2028 breaks\x0b ", "tabs and breaks"),
        ("x" * 10_000, "x" * 119 + "…"),
        (" " * 10_000 + "x", "…"),
    ],
)
def test_one_line(text, line):
    assert one_line(text) == line


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("see http://evil.example/x", "see http[:]//evil[.]example/x"),
        ("WWW.EVIL.EXAMPLE", "WWW[.]EVIL[.]EXAMPLE"),
        ("http:\u200b//evil.example", r"http:\u200b//evil[.]example"),
        ("Dr. Who paid 3.50", "Dr. Who paid 3.50"),
    ],
)
def test_no_link_is_left(text, safe):
    assert quoted(text) == safe


def test_defanging_twice_changes_nothing_more():
    assert defanged(defanged("http://a.example")) == defanged("http://a.example")


def test_a_match_is_told_without_telling_it():
    text = "the number is 078-05-1120, mother's maiden name Miller"
    assert masked(Evidence(part="1", text=text, mark=(14, 25))) == "*" * 11
    assert masked(Evidence(part="1", text=text, mark=(text.index("name Miller"), len(text)))) == "n*** M*****"
    assert "mother" not in masked(Evidence(part="1", text=text, mark=(14, 25)))


def test_an_explanation_keeps_its_words_but_no_long_number():
    assert masked(Evidence(part="1", text="MZ executable")) == "MZ executable"
    assert numbers_masked("3 recipients, card 4111 1111 1111 1111") == "3 recipients, card **** **** **** ****"


def test_addresses_can_be_copied_and_are_no_links():
    assert address_line("Ann@city.example") == "Ann@city.example"
    assert address_line("") == "<>"
    assert "://" not in address_line('"http://evil.example/"@city.example')


def test_a_subject_does_not_tell_what_its_evidence_hides():
    hidden = Evidence(part="subject", start=4, end=15, text="SSN ***-**-8726 of Ann", mark=(4, 15))
    said = Evidence(part="subject", start=19, end=22, text="8726 of Ann", mark=(8, 11))
    elsewhere = Evidence(part="1", start=0, end=3, text="***", mark=(0, 3))
    seen = Observation(detector="d", detected=True, score=1.0, summary="s", evidence=(hidden, said, elsewhere))
    judgement = Judgement(
        policy="p",
        policy_hash="",
        observations=(seen,),
        verdicts=(),
        inspected=Inspected.FULLY,
        not_inspected=(),
        subject="SSN 536-22-8726 of Ann",
        preview="",
    )
    assert subject_of(judgement) == "SSN *********** of Ann"


def test_one_is_one() -> None:
    assert [counted(number, "record") for number in (0, 1, 2)] == ["0 records", "1 record", "2 records"]
    assert [counted(number, "person", "people") for number in (1, 3)] == ["1 person", "3 people"]
