"""MAIL, RCPT and DATA in one round trip where that is allowed, and in good order where it is not."""

from typing import Any

import pytest

from gateway.config import NextHop, Tls
from gateway.relay.session import connect
from gateway.relay.transaction import open_transaction
from rules.transaction import Envelope, Recipient

PLAIN = "250-mx.city.example\r\n250 8BITMIME"
PIPELINING = "250-mx.city.example\r\n250 PIPELINING"
People = tuple[Recipient, Recipient, Recipient]


async def opened(server: Any, envelope: Envelope, people: People, *, data: bool, times: int = 1) -> Any:
    hop = NextHop(name="x", host="127.0.0.1", port=server.port, tls=Tls.OFF)
    connection = await connect(hop, "gw.city.example", None)
    for _ in range(times):
        opening = await open_transaction(connection, envelope, people, data=data)
    connection.drop("the test is over")
    return opening


@pytest.mark.parametrize("ehlo", [PLAIN, PIPELINING])
async def test_answers_stand_in_the_order_of_the_recipients(
    serve: Any, envelope: Envelope, people: People, ehlo: str
) -> None:
    server = await serve({"EHLO": ehlo, "RCPT": ["250 2.1.5 a", "550 5.1.1 b", "451 4.2.1 c"]})
    opening = await opened(server, envelope, people, data=True)
    assert [reply.code for reply in opening.rcpts] == [250, 550, 451]
    assert opening.accepted and opening.data.code == 354


@pytest.mark.parametrize(("ehlo", "more"), [(PLAIN, []), (PIPELINING, ["RCPT", "RCPT", "RCPT", "DATA"])])
async def test_after_a_refused_mail_nothing_out_of_place(
    serve: Any, envelope: Envelope, people: People, ehlo: str, more: list[str]
) -> None:
    """Exchange hangs up after five commands out of place; what was pipelined is not (RFC 2920)."""
    server = await serve({"EHLO": ehlo, "MAIL": "550 5.7.1 no", "RCPT": "503 5.5.1 no", "DATA": "503 5.5.1 no"})
    opening = await opened(server, envelope, people, data=True)
    assert (opening.mail.code, opening.rcpts, opening.data) == (550, (), None)
    assert [line.split(" ")[0] for line in server.commands[2:]] == more


async def test_without_pipelining_data_is_not_said_to_nobody(serve: Any, envelope: Envelope, people: People) -> None:
    server = await serve({"EHLO": PLAIN, "RCPT": "550 5.1.1 no"})
    opening = await opened(server, envelope, people, data=True)
    assert not opening.accepted and opening.data is None
    assert "DATA" not in server.commands


@pytest.mark.parametrize("ehlo", [PLAIN, PIPELINING])
async def test_an_open_transaction_is_reset_first(serve: Any, envelope: Envelope, people: People, ehlo: str) -> None:
    server = await serve({"EHLO": ehlo})
    await opened(server, envelope, people, data=False, times=2)
    assert [line.split(" ")[0] for line in server.commands[5:7]] == ["RSET", "MAIL"]
