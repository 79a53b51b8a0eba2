"""A dialogue over a connection that only records; no socket, no time."""

from dataclasses import dataclass, field, replace

import pytest

from gateway.reply import Reply
from gateway.smtp.commands import Farewell, read_command
from gateway.smtp.commits import Commits
from gateway.smtp.data import DataReader
from gateway.smtp.dialogue import Dialogue, Shared
from gateway.smtp.limits import Connections
from gateway.smtp.parameters import Refused
from gateway.smtp.refusals import Refusals
from gateway.smtp.spool import Spool

BUDGET = 1_000_000  # octets of the spool
HELLO = "EHLO client.elsewhere.example"
FROM = "MAIL FROM:<ada@elsewhere.example>"
TO = "RCPT TO:<pat@city.example>"


@dataclass
class RecordingWire:
    """`content` is what the client sends after 354; without one it goes away."""

    address: str = "192.0.2.1"
    origin: str = "192.0.2.1"
    tls: bool = False
    certificate: tuple[str, ...] = ()
    offers_tls: bool = False
    has_unread: bool = False
    closed: bool = False
    content: bytes | None = b"x\r\n"
    said: list[str] = field(default_factory=list)
    flushed: int = 0  # how many lines have left

    def say(self, *lines: str) -> None:
        self.said += lines

    async def flush(self) -> None:
        self.flushed = len(self.said)

    async def receive(self, reader: DataReader) -> None:
        await self.flush()
        if self.content is None:
            assert reader.feed(b"half a line " * 1_000) is None
            raise ConnectionResetError("client gone during DATA")
        assert reader.feed(self.content) is None
        assert reader.feed(b".\r\n") == b""

    def present(self, address: str) -> None:
        self.address = address

    async def start_tls(self) -> None:
        self.say("220 Ready to start TLS")
        self.tls, self.offers_tls = True, False


class Talk:
    """A dialogue as a session leads it."""

    def __init__(self, reception) -> None:
        self.wire = RecordingWire()
        self.spool = Spool(reception.spool.folder, BUDGET)
        reception = replace(reception, spool=self.spool)
        self.dialogue = Dialogue(
            Shared(
                reception=reception,
                connections=Connections(reception.limits),
                commits=Commits(reception.process),
                refusals=Refusals(reception.listener.name, reception.refused),
            ),
            self.wire,
        )

    async def ask(self, *lines: str) -> str:
        """Obey each line; all that was said to the last one, joined by newline. Raises Farewell."""
        for line in lines:
            before = len(self.wire.said)
            try:
                await self.dialogue.obey(read_command(line.encode()))
            except Refused as refusal:
                self.dialogue.refuse(refusal)
        return "\n".join(self.wire.said[before:])

    async def farewell(self, *lines: str) -> Reply:
        with pytest.raises(Farewell) as farewell:
            await self.ask(*lines)
        return farewell.value.reply
