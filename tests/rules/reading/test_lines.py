"""Lines that are too long to be read alike by everybody: met exactly, and passed by one octet (C15)."""

import pytest

from rules.facts import Reason
from rules.reading.lines import has_overlong_line

SHORT = b"Subject: x\r\n\r\nwords\r\n"


@pytest.mark.parametrize("before", [b"", SHORT, SHORT * 10_000])
@pytest.mark.parametrize("after", [b"", b"\r\n", b"\r\n" + SHORT, b"\r\n" + SHORT * 10_000])
def test_a_line_of_64_kib_is_read_and_one_more_octet_is_not_c15(before, after):
    assert not has_overlong_line(before + b"x" * 65_536 + after)
    assert has_overlong_line(before + b"x" * 65_537 + after)


def test_an_empty_message_has_no_line():
    assert not has_overlong_line(b"")


@pytest.mark.parametrize(("length", "reasons"), [(998, []), (999, []), (65_536, []), (65_537, [Reason.LIMIT])])
def test_a_message_with_an_overlong_line_is_not_fully_inspected_c15(facts_of, length, reasons):
    facts = facts_of(b"Subject: x\r\n\r\n" + b"x" * length + b"\r\n")
    assert [skipped.reason for skipped in facts.unread] == reasons
