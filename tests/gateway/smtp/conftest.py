"""A listener on a real socket, on both event loops, with a city behind it that records what it gets."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.config import Limits, Listener
from gateway.egress import Delivery, Egress, Shipment
from gateway.loop import loop_factory
from gateway.reply import ACCEPTED, Reply
from gateway.smtp.listener import RunningListener, start_listener
from gateway.smtp.reception import Reception
from gateway.smtp.spool import Spool
from rules.transaction import Envelope, ListenerKind, Recipient, Transaction

REFUSALS = {
    "unknown": Reply(code=550, status="5.1.1", text="No such user", quoted=True),
    "later": Reply(code=450, status="4.2.0", text="Mailbox busy", quoted=True),
    "closing": Reply(code=421, status="4.3.2", text="going\r\n250 down\x00", quoted=True),
    "wild": Reply(code=999, status="", text="what"),
}


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": loop_factory()}


@dataclass
class City:
    """Records offers and transactions. Local parts of recipients say how it behaves."""

    offers: list[str] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)  # that offers came with
    received: list[tuple[Transaction, bytes]] = field(default_factory=list)
    opened: int = 0
    closed: int = 0
    fails_to_close: bool = False
    released: list[int] = field(default_factory=list)  # for each content let go, how many egresses were closed by then
    slow_offers: int = 0  # that came to their end
    gate: asyncio.Event | None = None  # process waits for it
    started: asyncio.Event = field(default_factory=asyncio.Event)

    def open_egress(self) -> Egress:
        self.opened += 1
        return RecordingEgress(self)

    async def process(self, transaction: Transaction, egress: Egress) -> Reply:
        self.started.set()
        if self.gate is not None:
            await self.gate.wait()
        for recipient in transaction.envelope.recipients:
            if recipient.address.local == "crash":
                raise RuntimeError("secret of the house")
            if recipient.address.local == "refused":
                return Reply(code=554, status="5.7.1", text="Next hop does not want it", quoted=True)
        self.received.append((transaction, bytes(transaction.message.octets[:])))
        return ACCEPTED

    @property
    def contents(self) -> list[bytes]:
        return [content for _, content in self.received]


@dataclass
class RecordingEgress:
    city: City

    async def offer(self, envelope: Envelope, recipient: Recipient) -> Reply:
        self.city.offers.append(str(recipient.address))
        self.city.envelopes.append(envelope)
        if recipient.address.local == "slow":
            await asyncio.sleep(0.3)
            self.city.slow_offers += 1
        if recipient.address.local == "broken":
            raise OSError("secret of the house")
        return REFUSALS.get(recipient.address.local, ACCEPTED)

    async def send(self, envelope: Envelope, shipment: Shipment) -> Sequence[Delivery]:
        return ()

    async def close(self) -> None:
        self.city.closed += 1
        if self.city.fails_to_close:
            raise OSError("stuck in the house")


def reception(
    city: City,
    spool: Path,
    kind: ListenerKind = ListenerKind.EDGE,
    limits: Limits | None = None,
    **listener: object,
) -> Reception:
    """What a listener of city.example with that city behind it needs; further words are fields of Listener."""
    return Reception(
        listener=Listener(name="test", kind=kind, next_hop="none", port=0, **listener),  # type: ignore[arg-type]
        limits=limits or Limits(),
        hostname="mx.city.example",
        domains=frozenset({"city.example"}),
        spool=Spool(spool),
        open_egress=city.open_egress,
        process=city.process,
    )


@pytest.fixture(name="reception", scope="session")
def reception_fixture() -> object:
    return reception


class Talker:
    """A client that says exactly the octets it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def reply(self) -> str:
        """The next whole reply, lines joined by newline; empty at the end of the connection."""
        lines = []
        while True:
            line = (await asyncio.wait_for(self.reader.readline(), 10)).decode()
            if not line:
                return ""
            assert line.endswith("\r\n"), f"a reply line ends in CRLF, not {line!r}"
            lines.append(line[:-2])
            if line[3:4] != "-":
                return "\n".join(lines)

    def send(self, octets: bytes) -> None:
        self.writer.write(octets)

    async def ask(self, *lines: str) -> str:
        """Send lines in one segment; the reply to the last of them."""
        self.send("".join(line + "\r\n" for line in lines).encode())
        for _ in lines[:-1]:
            await self.reply()
        return await self.reply()

    async def start(self, *, sender: str = "ada@elsewhere.example", to: Sequence[str] = ("pat@city.example",)) -> None:
        """From the banner to 354."""
        await self.reply()
        recipients = [f"RCPT TO:<{recipient}>" for recipient in to]
        assert (await self.ask("EHLO client.elsewhere.example")).startswith("250")
        assert (await self.ask(f"MAIL FROM:<{sender}>", *recipients)).startswith("250")
        assert (await self.ask("DATA")).startswith("354")

    async def mail(self, content: bytes, **envelope: object) -> str:
        """A whole message as it goes over the wire, without the end; the reply to its end."""
        await self.start(**envelope)  # type: ignore[arg-type]
        self.send(content + b".\r\n")
        return await self.reply()

    def close(self) -> None:
        self.writer.close()


@dataclass
class House:
    """A running listener, its city, and clients of it."""

    city: City
    listener: RunningListener
    talkers: list[Talker] = field(default_factory=list)

    async def talk(self) -> Talker:
        talker = Talker(*await asyncio.open_connection("127.0.0.1", self.listener.port))
        self.talkers.append(talker)
        return talker

    def eager(self, octets: bytes) -> socket.socket:
        """A client whose first octets are there before the listener can say anything."""
        client = socket.create_connection(("127.0.0.1", self.listener.port))
        client.sendall(octets)
        client.setblocking(False)
        return client


Open = Callable[..., "asyncio.Future[House]"]


@pytest_asyncio.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Open]:
    """Start a listener: `await opened(kind=…, limits=…, domains=…, …)`; further words are fields of Listener."""
    houses: list[House] = []

    async def start(kind: ListenerKind = ListenerKind.EDGE, limits: Limits | None = None, **listener: object) -> House:
        city = City()
        houses.append(House(city, await start_listener(reception(city, tmp_path / "spool", kind, limits, **listener))))
        return houses[-1]

    yield start  # type: ignore[misc]
    for house in houses:
        for talker in house.talkers:
            talker.close()
        house.listener.close()


@pytest.fixture(scope="session")
def new_city() -> type[City]:
    """Cities without a listener, for tests of a single module."""
    return City


@pytest.fixture
def city() -> City:
    return City()


@pytest_asyncio.fixture
async def edge(opened: Open) -> House:
    return await opened()


@pytest_asyncio.fixture
async def internal(opened: Open) -> House:
    return await opened(kind=ListenerKind.INTERNAL)


async def until(condition: Callable[[], object]) -> None:
    """Wait until it is so, a few seconds at most."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture(name="until")
def until_fixture() -> object:
    return until
