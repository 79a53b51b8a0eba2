"""A real SMTP client, swaks, against the listener."""

import asyncio

import pytest

pytestmark = pytest.mark.real


async def swaks(house, *words: str) -> tuple[int, str]:
    program = await asyncio.create_subprocess_exec(
        "swaks", "--server", f"127.0.0.1:{house.listener.port}", "--from", "ada@elsewhere.example",
        "--ehlo", "client.elsewhere.example", "--timeout", "10", *words,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await program.communicate()
    return program.returncode or 0, said.decode()


async def test_a_message_by_pipelining(edge):
    code, said = await swaks(
        edge, "--to", "pat@city.example,kim@city.example", "--pipeline", "--body", ".dots\n..\nend"
    )
    assert code == 0, said
    ((transaction, content),) = edge.city.received
    assert [str(recipient.address) for recipient in transaction.envelope.recipients] == [
        "pat@city.example",
        "kim@city.example",
    ]
    assert b"\r\n.dots\r\n..\r\nend\r\n" in content


async def test_mail_for_others_is_refused(edge):
    code, said = await swaks(edge, "--to", "someone@other.example")
    assert code == 24, said
    assert "550 5.7.1 Relaying denied" in said
    assert edge.city.received == []
