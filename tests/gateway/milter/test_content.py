from pathlib import Path

import pytest

from gateway.milter.content import Content, Fault
from gateway.smtp.data import BLOCK
from gateway.smtp.spool import Spool


def content(folder: Path, *, limit: int = 10 * BLOCK, budget: int = 10 * BLOCK, exact: bool = True) -> Content:
    return Content(limit=limit, spool=Spool(folder, budget), exact=exact)


def test_fields_and_body_are_as_the_client_sent_them(tmp_path: Path) -> None:
    made = content(tmp_path)
    made.add_field(b"Subject", b" a\n\tb")
    made.add_field(b"X-Tight", b"c")
    made.add(b"\r\n")
    made.add(b"body\r\n")
    assert made.finish() == b"Subject: a\r\n\tb\r\nX-Tight:c\r\n\r\nbody\r\n"
    assert made.sound


def test_without_the_leading_blank_there_is_one(tmp_path: Path) -> None:
    made = content(tmp_path, exact=False)
    made.add_field(b"Subject", b"a")
    assert made.finish() == b"Subject: a\r\n"


def test_a_large_one_goes_to_the_spool_and_comes_back_whole(tmp_path: Path) -> None:
    made, expected = content(tmp_path), b""
    for number in range(40):
        chunk = bytes([65 + number % 26]) * 65_533 + b"\r\n"
        made.add(chunk)
        expected += chunk
    assert bytes(made.finish()[:]) == expected
    made.close()


def test_the_limit_is_met_exactly_and_passed_by_one(tmp_path: Path) -> None:
    for octets, fault in ((100, None), (101, Fault.TOO_LARGE)):
        made = content(tmp_path, limit=100)
        made.add(b"x" * octets)
        made.add(b"")
        assert made.fault is fault
        assert len(made.finish()) == (octets if fault is None else 0)


def test_a_spool_without_room_is_told_and_given_back(tmp_path: Path) -> None:
    spool = Spool(tmp_path, BLOCK)
    made = Content(limit=10 * BLOCK, spool=spool, exact=True)
    for _ in range(3):
        made.add(b"x" * BLOCK)
    assert made.fault is Fault.NO_ROOM
    assert spool.free == BLOCK


@pytest.mark.parametrize(
    ("octets", "sound"),
    [
        (b"a\r\nb\r\n", True),
        (b"a\r\n\r\n\r\n", True),
        (b"", True),
        (b"a\nb", False),
        (b"a\rb\n", False),
        (b"a\r", False),
        (b"\r\r\n", False),
        (b"\n\r", False),
        (b"a\0b", False),
    ],
)
@pytest.mark.parametrize("block", [BLOCK, 0])  # in memory; in the spool from the first octet
def test_line_ends_are_judged_wherever_they_are_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, octets: bytes, sound: bool, block: int
) -> None:
    monkeypatch.setattr("gateway.milter.content.BLOCK", block)
    for first in range(len(octets) + 1):
        for second in range(first, len(octets) + 1):
            made = content(tmp_path)
            for piece in (octets[:first], octets[first:second], octets[second:]):
                made.add(piece)
            made.finish()
            assert made.sound is sound, (first, second)
            made.close()
