"""Connections over real sockets, TCP and Unix: what is said to an MTA, whatever the pipeline does meanwhile."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.config import Limits, MilterListener
from gateway.egress import Egress, Shipment
from gateway.milter.listener import RunningMilter, start_milter
from gateway.milter.protocol import MAX_CHUNK, MAX_PACKET
from gateway.milter.session import MAX_AHEAD
from gateway.reply import ACCEPTED, Reply
from gateway.smtp.spool import Spool
from rules.transaction import Transaction
from tests.gateway.milter import mta
from tests.gateway.milter.conftest import LISTENER

BEGIN = mta.offer() + mta.connect() + mta.hello()
OPENED = mta.packet("M", mta.strings(b"<a@elsewhere.example>", b"SIZE=100"))
DELAYED = 0.04  # seconds for which Linux keeps an acknowledgement back at the least


@dataclass
class House:
    """A milter with a pipeline that keeps what it gets. `gate`: it waits for that."""

    folder: Path
    received: list[tuple[Transaction, bytes]] = field(default_factory=list)
    gate: asyncio.Event | None = None
    milter: RunningMilter | None = None

    async def process(self, transaction: Transaction, egress: Egress) -> Reply:
        self.received.append((transaction, bytes(transaction.message.octets[:])))
        if self.gate is not None:
            await self.gate.wait()
        recipients = transaction.envelope.recipients
        if recipients[0].address.local == "crash":
            raise RuntimeError("a defect")
        passed = tuple(one for one in recipients if not one.address.local.startswith("held"))
        if passed:
            shipment = Shipment(recipients=passed, pieces=(b"Mailward-Verdict: pass\r\n",))
            await egress.send(transaction.envelope, shipment)
        return ACCEPTED

    async def open(self, listener: MilterListener = LISTENER, limits: Limits | None = None) -> RunningMilter:
        self.milter = await start_milter(
            listener,
            limits=limits or Limits(),
            domain="city.example",
            spool=Spool(self.folder / "spool"),
            process=self.process,
            open_onward=lambda: pytest.fail("no way onward is needed"),
            progress_seconds=0.05,
        )
        return self.milter


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    if house.milter is not None:
        house.milter.close()


async def call(milter: RunningMilter) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if milter.place.startswith("/"):
        return await asyncio.open_unix_connection(milter.place)
    host, _, port = milter.place.rpartition(":")
    return await asyncio.open_connection(host, int(port))


async def exchange(milter: RunningMilter, *pieces: bytes) -> list[tuple[str, bytes]]:
    """Everything that is said until the connection ends."""
    reader, writer = await call(milter)
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(0)
    said = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return list(mta.responses(said))


def codes(said: list[tuple[str, bytes]]) -> str:
    return "".join(code for code, _ in said)


@pytest.mark.asyncio
@pytest.mark.parametrize("unix", [False, True])
async def test_a_message_is_judged_and_answered(house: House, tmp_path: Path, unix: bool) -> None:
    milter = await house.open(replace(LISTENER, socket=tmp_path / "s") if unix else LISTENER)
    said = await exchange(milter, BEGIN + mta.message() + mta.packet("Q"))
    assert codes(said) == "Occic"
    ((transaction, content),) = house.received
    assert content == b"From: a@elsewhere.example\r\nSubject: papers\r\n\r\nWords.\r\n"
    assert (transaction.listener, transaction.queue_id, transaction.client.address) == ("mta", "4XyZ", "203.0.113.9")


@pytest.mark.asyncio
async def test_what_is_not_answered_is_acknowledged_at_once(house: House) -> None:
    """An MTA with Nagle's algorithm, as Postfix: macros without an answer, and then a recipient."""
    milter = await house.open()
    reader, writer = await call(milter)
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
    writer.write(mta.offer() + mta.connect() + mta.packet("M", mta.strings(b"<a@elsewhere.example>")))
    await reader.readuntil(mta.packet("c"))
    took = []
    for _ in range(10):
        began = time.monotonic()
        writer.write(mta.macros("R", i="4XyZ"))
        await asyncio.sleep(0.001)
        writer.write(mta.packet("R", mta.strings(b"<b@city.example>")))
        await reader.readuntil(mta.packet("c"))
        took.append(time.monotonic() - began)
    assert min(took) < DELAYED
    writer.close()


@pytest.mark.asyncio
async def test_octets_may_come_one_by_one_and_messages_at_once(house: House) -> None:
    milter = await house.open()
    dialogue = BEGIN + mta.message() + mta.message((b"<held@city.example>",)) + mta.packet("Q")
    for pieces in ((dialogue,), tuple(bytes([octet]) for octet in dialogue)):
        assert codes(await exchange(milter, *pieces)) == "Occiccc" + "d"
    assert len(house.received) == 4


@pytest.mark.asyncio
async def test_a_slow_judgement_is_kept_alive(house: House) -> None:
    house.gate = asyncio.Event()
    milter = await house.open()
    asyncio.get_running_loop().call_later(0.3, house.gate.set)
    said = codes(await exchange(milter, BEGIN + mta.message() + mta.packet("Q")))
    assert said.startswith("Occpp")
    assert said.rstrip("p").endswith("ic")


@pytest.mark.asyncio
async def test_our_defect_is_a_temporary_failure(house: House, caplog: pytest.LogCaptureFixture) -> None:
    milter = await house.open()
    said = await exchange(milter, BEGIN + mta.message((b"<crash@city.example>",)) + mta.packet("Q"))
    assert said[-1] == ("y", b"451 4.3.0 Temporary failure, try again later\0")
    assert "processing failed" in caplog.text


@pytest.mark.asyncio
async def test_a_message_whose_mta_went_away_is_judged_to_its_end(house: House) -> None:
    house.gate = asyncio.Event()
    milter = await house.open()
    reader, writer = await call(milter)
    writer.write(BEGIN + mta.message())
    while not house.received:
        await asyncio.sleep(0.01)
    writer.transport.abort()
    await asyncio.sleep(0.05)
    house.gate.set()
    await asyncio.wait_for(milter.drain(10), 10)
    assert not milter._shared.commits
    del reader


@pytest.mark.asyncio
@pytest.mark.parametrize("ahead", [MAX_AHEAD, MAX_AHEAD + 1])
async def test_what_comes_before_our_answer_has_a_limit(
    house: House, caplog: pytest.LogCaptureFixture, ahead: int
) -> None:
    house.gate = asyncio.Event()
    milter = await house.open()
    reader, writer = await call(milter)
    writer.write(BEGIN + mta.message())
    while not house.received:
        await asyncio.sleep(0.01)
    writer.write(bytes(ahead))  # lengths of zero: no packets, should anybody look at them
    await asyncio.sleep(0.2)
    assert bool(milter.connections) is (ahead == MAX_AHEAD)
    house.gate.set()
    said = codes(list(mta.responses(await asyncio.wait_for(reader.read(), 10))))
    assert said.endswith("ic") is (ahead == MAX_AHEAD)
    assert caplog.text.count("milter protocol broken") == 1
    assert len(house.received) == 1
    writer.close()
    await asyncio.wait_for(milter.drain(10), 10)
    assert not milter.commits_in_flight


BAD: dict[str, Callable[[], bytes]] = {
    "length zero": lambda: b"\0\0\0\0",
    "four gigabytes": lambda: b"\xff\xff\xff\xffB",
    "one octet too long": lambda: (MAX_PACKET + 2).to_bytes(4, "big"),
    "unknown command": lambda: BEGIN + mta.packet("z"),
    "without its NUL": lambda: BEGIN + mta.packet("M", b"<a@b.example>"),
    "out of order": lambda: BEGIN + mta.packet("B", b"x"),
    "no negotiation": mta.connect,
    "a chunk too long by one": lambda: BEGIN + (1 + MAX_CHUNK + 1).to_bytes(4, "big") + b"B",
    "end of message before its header": lambda: BEGIN + mta.message()[: len(OPENED)] + mta.packet("E"),
    "version 1": lambda: mta.offer(1),
    "version 99": lambda: mta.offer(99),
    "a right withheld": lambda: mta.offer(6, 0x1FF & ~8),
}


@pytest.mark.asyncio
@pytest.mark.parametrize("bad", BAD)
async def test_a_broken_peer_costs_one_line_and_its_own_connection_g01(
    house: House, caplog: pytest.LogCaptureFixture, bad: str
) -> None:
    milter = await house.open()
    caplog.set_level(logging.INFO)
    await exchange(milter, BAD[bad]())
    assert len([record for record in caplog.records if record.name.startswith("mailward")]) == 1, caplog.text
    assert codes(await exchange(milter, BEGIN + mta.message() + mta.packet("Q"))) == "Occic"


@pytest.mark.asyncio
async def test_a_packet_that_is_cut_short_is_none_g01(house: House, caplog: pytest.LogCaptureFixture) -> None:
    milter = await house.open()
    whole = BEGIN + mta.message()
    for cut in (3, 4, 9, len(BEGIN) + 7, len(whole) - 1):
        _, writer = await call(milter)
        writer.write(whole[:cut])
        writer.close()
        await writer.wait_closed()
    assert codes(await exchange(milter, whole + mta.packet("Q"))) == "Occic"
    assert len(house.received) == 1
    assert not caplog.records


@pytest.mark.asyncio
async def test_only_mtas_of_its_networks_are_heard(house: House, caplog: pytest.LogCaptureFixture) -> None:
    milter = await house.open(replace(LISTENER, networks=(ip_network("192.0.2.0/24"),)))
    assert await exchange(milter) == []
    assert "127.0.0.1 is in none of the networks of mta" in caplog.text


@pytest.mark.asyncio
async def test_connections_have_a_limit(house: House) -> None:
    milter = await house.open(limits=Limits(connections=1))
    reader, writer = await call(milter)
    writer.write(mta.offer())
    await reader.readexactly(5)
    assert await exchange(milter) == []
    writer.close()


async def retired(house: House, octets: bytes, act: Callable[[RunningMilter], Awaitable[None]]) -> str:
    """What a connection that has said `octets` hears until its end, while the listener drains."""
    milter = await house.open()
    reader, writer = await call(milter)
    writer.write(octets)
    await asyncio.sleep(0.1)
    draining = asyncio.create_task(milter.drain(10))
    await asyncio.sleep(0.05)
    await act(milter)
    writer.write(mta.message()[len(OPENED) :])
    said = await asyncio.wait_for(reader.read(), 10)
    await asyncio.wait_for(draining, 10)
    writer.close()
    return codes(list(mta.responses(said)))


async def nothing(_: RunningMilter) -> None:
    return None


@pytest.mark.asyncio
async def test_draining_ends_idle_connections_and_lets_an_open_message_end(house: House) -> None:
    assert await retired(house, BEGIN, nothing) == "O"
    assert await retired(house, BEGIN + OPENED, nothing) == "Occic"
