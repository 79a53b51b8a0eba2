"""What never became a message is counted, and told in the log as far as a log can bear it."""

from dataclasses import replace

import pytest

from gateway.config import Limits
from gateway.logs import EXTRA
from gateway.smtp.refusals import LINES, LINES_OF_ONE, MINUTE, Refusals, Stage
from gateway.smtp.replies import BAD_COMMAND, TOO_BUSY
from tests.gateway.smtp.talk import FROM, HELLO, TO, Talk


@pytest.fixture
def lines(caplog):
    caplog.set_level("INFO", "mailward.transaction")
    return lambda: [getattr(record, EXTRA) for record in caplog.records if record.getMessage() in ("refused", "ended")]


class Book:
    def __init__(self) -> None:
        self.counted: list[tuple[str, str]] = []
        self.now = 0.0
        self.refusals = Refusals("edge", lambda *what: self.counted.append(what), lambda: self.now)

    def note(self, times: int, client: str) -> None:
        for _ in range(times):
            self.refusals.note(Stage.COMMAND, client, BAD_COMMAND)


def test_one_client_hides_no_other(lines):
    book = Book()
    book.note(LINES_OF_ONE + 1, "192.0.2.1")
    book.note(1, "192.0.2.2")
    assert [line["client"] for line in lines()] == ["192.0.2.1"] * LINES_OF_ONE + ["192.0.2.2"]
    assert [line.get("lines_left_out") for line in lines()][-2:] == [None, 1]
    assert book.counted == [("command", "5")] * (LINES_OF_ONE + 2)


def test_all_clients_together_fill_no_disk_and_the_next_minute_begins_anew(lines):
    book = Book()
    for number in range(LINES + 1):
        book.note(1, f"client {number}")
    assert len(lines()) == LINES
    book.now = MINUTE - 0.001
    book.note(1, "another")
    assert len(lines()) == LINES
    book.now = MINUTE
    book.note(1, "another")
    assert lines()[-1]["lines_left_out"] == 2
    assert len(book.counted) == LINES + 3


def test_a_content_is_told_whatever_was_told_before(lines):
    book = Book()
    for _ in range(LINES_OF_ONE + 1):
        book.refusals.note(Stage.CONTENT, "192.0.2.1", TOO_BUSY)
    assert len(lines()) == LINES_OF_ONE + 1


@pytest.fixture
def talk(city, reception, tmp_path):
    def begin(**words) -> Talk:
        counted: list[tuple[str, str]] = []
        talk = Talk(replace(reception(city, tmp_path), refused=lambda *what: counted.append(what), **words))
        talk.counted = counted
        return talk

    return begin


@pytest.mark.parametrize(
    "said, counted",
    [
        (["EHLO"], ("command", "5")),
        ([HELLO, "MAIL FROM:<ada>"], ("mail", "5")),
        ([HELLO, FROM, "RCPT TO:<pat@other.example>"], ("rcpt", "5")),
        ([HELLO, FROM, "RCPT TO:<later@city.example>"], ("rcpt", "4")),
        ([HELLO, FROM, "RCPT TO:<a@b@city.example>"], ("rcpt", "5")),
        ([HELLO, FROM, TO, "DATA now"], ("command", "5")),
        ([HELLO, FROM, TO, "RSET"], ("gone", "none")),
    ],
)
async def test_each_refusal_is_counted_once_by_how_far_it_came(talk, lines, caplog, said, counted):
    dialogue = talk()
    await dialogue.ask(*said)
    assert dialogue.counted == [counted]
    assert [line["stage"] for line in lines()] == [counted[0]]
    assert caplog.messages == ["refused" if counted[1] != "none" else "ended"]


async def test_overload_is_counted(talk):
    dialogue = talk(busy=lambda: True)
    await dialogue.ask(HELLO, FROM)
    assert dialogue.counted == [("mail", "4")]


async def test_what_was_taken_is_no_refusal(talk, lines):
    dialogue = talk()
    await dialogue.ask(HELLO, FROM, TO, "DATA", "RSET")
    assert dialogue.counted == [] and lines() == []


async def test_a_transaction_that_its_client_gives_up_says_how_far_it_was(talk, lines):
    dialogue = talk()
    await dialogue.ask(HELLO, FROM, TO, "RCPT TO:<kim@city.example>")
    identifier = dialogue.dialogue.pending.id
    await dialogue.dialogue.drop()
    assert lines() == [
        {
            "listener": "test",
            "client": "192.0.2.1",
            "stage": "gone",
            "id": identifier,
            "reverse_path": "ada@elsewhere.example",
            "accepted_recipients": 2,
            "cause": "ended before its content",
        }
    ]


async def test_the_end_of_a_session_is_told_once(opened, until, lines):
    house = await opened(limits=Limits(command_idle_seconds=0.1))
    client = await house.talk()
    await client.reply()
    await client.ask(HELLO, FROM, TO)
    assert (await client.reply()).startswith("421 4.4.2")
    await until(lambda: not house.listener._sessions)
    assert [(line["stage"], line["reply"]) for line in lines()] == [("gone", "421 4.4.2 Timeout")]


@pytest.mark.parametrize("limit", ["connections", "connections_per_client"])
async def test_who_finds_no_place_is_told_of(opened, lines, limit):
    house = await opened(limits=Limits(**{limit: 1}))
    first, second = await house.talk(), await house.talk()
    await first.reply()
    assert (await second.reply()).startswith("421 4.3.2")
    assert [(line["stage"], line["client"]) for line in lines()] == [("connection", "127.0.0.1")]
