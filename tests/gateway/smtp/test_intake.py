"""What a client sends comes out in order, as lines of a bounded length, and never more than we can keep."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp.intake import FULL, MAX_LINE, Intake, LineTooLong


class Transport:
    """Only what an intake asks of one."""

    def __init__(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


@pytest.fixture
async def transport() -> Transport:
    return Transport()


@pytest.fixture
async def intake(transport) -> Intake:
    intake = Intake(asyncio.get_running_loop())
    intake.start(transport)
    return intake


async def test_a_line_comes_when_it_is_whole(intake):
    waiting = intake.next_line()
    for piece in (b"NO", b"OP", b"\r", b"\nQU"):
        assert not waiting.done()
        intake.feed(piece)
    assert await waiting == b"NOOP"
    assert intake.line() is None and len(intake) == 2


async def test_lines_that_are_there_already_come_one_by_one(intake):
    intake.feed(b"MAIL\r\nRCPT\r\nDA")
    assert intake.has_line
    assert [await intake.next_line(), await intake.next_line()] == [b"MAIL", b"RCPT"]
    assert not intake.has_line
    waiting = intake.next_line()
    intake.feed(b"TA\r\n")
    assert await waiting == b"DATA"


@pytest.mark.parametrize("whole", [True, False])
async def test_a_line_has_a_limit_and_one_octet_more_is_too_long(intake, whole):
    end = b"\r\n" if whole else b""
    intake.feed(b"x" * (MAX_LINE - 2) + b"\r\n" + b"y" * (MAX_LINE - len(end)) + b"y" * whole + end)
    assert await intake.next_line() == b"x" * (MAX_LINE - 2)
    with pytest.raises(LineTooLong):
        await intake.next_line()


async def test_one_octet_less_may_still_become_a_line(intake):
    intake.feed(b"x" * (MAX_LINE - 2) + b"\r")
    waiting = intake.next_line()
    intake.feed(b"\n")
    assert await waiting == b"x" * (MAX_LINE - 2)


async def test_a_line_too_long_is_skipped_to_its_end(intake):
    intake.feed(b"x" * 5_000 + b"\r")
    assert intake.skip() == (5_000, False), "what may begin its end stays"
    intake.feed(b"\nNOOP\r\n")
    assert intake.skip() == (2, True)
    assert intake.line() == b"NOOP"


async def test_a_client_that_sends_too_much_is_not_read_from_until_it_is_used_up(intake, transport):
    intake.feed(b"\r\n" * (FULL // 2))
    assert transport.reading
    intake.feed(b"\r")
    assert intake.full and not transport.reading
    while len(intake) > MAX_LINE + 1:
        assert not transport.reading
        intake.line()
    intake.line()
    assert transport.reading and not intake.full


@pytest.mark.parametrize("before", [True, False])
async def test_an_end_comes_after_what_came_before_it(intake, before):
    if before:
        intake.feed(b"QUIT\r\nhalf")
        intake.end()
        assert await intake.next_line() == b"QUIT"
        with pytest.raises(EOFError):
            await intake.next_line()
    waiting = intake.next_line()
    intake.end(ConnectionResetError("later"))
    with pytest.raises(EOFError if before else ConnectionResetError):
        await waiting


async def test_a_line_that_nobody_waits_for_any_more_is_the_next_ones(intake):
    intake.next_line().cancel()
    intake.feed(b"NOOP\r\n")
    assert await intake.next_line() == b"NOOP"


async def test_a_new_transport_brings_nothing_of_the_old_one(intake):
    intake.feed(b"MAIL FROM:<injected@elsewhere.example>\r\n")
    intake.start(Transport())
    assert len(intake) == 0


@given(st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"bc\r\nd", b"\r\r\n"])))
def test_it_does_not_matter_where_pieces_are_cut(pieces):
    async def lines() -> list[bytes]:
        intake = Intake(asyncio.get_running_loop())
        found = []
        for piece in pieces:
            intake.feed(piece)
            while (line := intake.line()) is not None:
                found.append(line)
        return [*found, await intake.exactly(len(intake))]

    assert asyncio.run(lines()) == b"".join(pieces).split(b"\r\n")
