"""A next hop of the tests' own: it answers by script, refuses, delays, trickles, drops and records what it is sent."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvloop

from gateway.config import NextHop, Tls
from gateway.relay.pool import Pool
from gateway.relay.smtp_egress import SmtpEgress
from rules.address import parse_address
from rules.transaction import Envelope, Recipient


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> Mapping[str, Callable[[], Any]]:
    """Every asynchronous test of this folder runs on both loops."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


DROP = object()  # hang up instead of answering
HANG = object()  # never answer
Answer = (
    Any  # str: a reply; bytes: octets as they are; DROP, HANG; a coroutine function of the session; a list: one a time
)

DEFAULTS: dict[str, Answer] = {
    "banner": "220 mx.city.example ESMTP",
    "EHLO": "250-mx.city.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-DSN\r\n250 SMTPUTF8",
    "HELO": "250 mx.city.example",
    "STARTTLS": "220 2.0.0 go ahead",
    "MAIL": "250 2.1.0 OK",
    "RCPT": "250 2.1.5 OK",
    "DATA": "354 go ahead",
    "dot": "250 2.0.0 queued",
    "RSET": "250 2.0.0 reset",
    "QUIT": "221 2.0.0 bye",
}


@dataclass(slots=True)
class Arrived:
    """A message as the server took it: dots unstuffed."""

    reverse_path: str
    recipients: list[str]
    octets: bytes
    secured: bool


@dataclass(slots=True)
class FakeServer:
    """`answers` by verb, by whole command line (`RCPT TO:<...>`), and for `banner` and `dot`."""

    answers: dict[str, Answer]
    context: ssl.SSLContext | None = None
    port: int = 0
    commands: list[str] = field(default_factory=list)
    arrived: list[Arrived] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    most_open: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        self.writers.append(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await _Session(self, reader, writer).run()
        self.open -= 1
        writer.close()

    def answer(self, *keys: str) -> Answer:
        for key in keys:
            found = self.answers.get(key)
            if isinstance(found, list):
                found = found.pop(0) if found else None
            if found is not None:
                return found
        return DEFAULTS.get(keys[-1], "500 5.5.2 what?")


class _Session:
    def __init__(self, server: FakeServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.reverse_path: str | None = None
        self.recipients: list[str] = []
        self.secured = False

    async def run(self) -> None:
        code = await self.say(self.server.answer("banner"))
        while code and code != "221":
            line = (await self.reader.readuntil(b"\r\n")).decode().removesuffix("\r\n")
            self.server.commands.append(line)
            verb = line.split(" ")[0]
            code = await self.say(self.server.answer(line, verb))
            await self.follow(verb, line, code)

    async def say(self, answer: Answer) -> str:
        """The code that was said; empty when the session is over."""
        if answer is DROP:
            self.writer.transport.abort()
            return ""
        if answer is HANG:
            await asyncio.sleep(60)
        if callable(answer):
            answer = await answer(self)
        octets = answer if isinstance(answer, bytes) else f"{answer}\r\n".encode()
        self.writer.write(octets)
        await self.writer.drain()
        return octets[:3].decode(errors="replace")

    async def follow(self, verb: str, line: str, code: str) -> None:
        if verb in ("RSET", "EHLO") or (verb == "MAIL" and code[:1] == "2"):
            self.reverse_path, self.recipients = (line[10:] if verb == "MAIL" else None), []
        elif verb == "RCPT" and code[:1] == "2":
            self.recipients.append(line[8:])
        elif verb == "STARTTLS" and code == "220":
            assert self.server.context is not None
            await self.writer.start_tls(self.server.context)
            self.secured = True
        elif verb == "DATA" and code == "354":
            await self.content()

    async def content(self) -> None:
        lines = []
        while (line := await self.reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        octets = b"".join(lines)
        code = await self.say(self.server.answer("dot"))
        if code == "250":
            self.server.arrived.append(Arrived(self.reverse_path or "", self.recipients, octets, self.secured))
        self.reverse_path, self.recipients = None, []


Serve = Callable[..., Awaitable[FakeServer]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """`await serve({"RCPT": "550 no"})` starts a server on loopback."""
    running: list[tuple[asyncio.AbstractServer, FakeServer]] = []

    async def start(answers: Mapping[str, Answer] | None = None, context: ssl.SSLContext | None = None) -> FakeServer:
        fake = FakeServer(answers=dict(answers or {}), context=context)
        server = await asyncio.start_server(fake.serve, "127.0.0.1", 0, limit=32 * 1024 * 1024)
        fake.port = server.sockets[0].getsockname()[1]
        running.append((server, fake))
        return fake

    yield start
    for server, fake in running:
        server.close()
        for writer in fake.writers:
            if not writer.transport.is_closing():  # the first releases of Python 3.11 do not bear a second end of TLS
                writer.transport.abort()
        tasks = [task for task in asyncio.all_tasks() if "serve" in repr(task.get_coro())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def pool_of() -> AsyncIterator[Callable[..., Pool]]:
    """`pool_of(port, tls=…)`: a pool to a server on loopback; a test that lets time run out sets shorter limits."""
    pools: list[Pool] = []

    def make(port: int, **settings: Any) -> Pool:
        values: dict[str, Any] = {
            "name": "exchange",
            "host": "127.0.0.1",
            "port": port,
            "tls": Tls.OFF,
            "connect_seconds": 5.0,
            "banner_seconds": 5.0,
            "command_seconds": 5.0,
            "data_seconds": 5.0,
            "connections": 4,
        }
        pools.append(Pool(NextHop(**{**values, **settings}), "gw.city.example"))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()
    await asyncio.sleep(0.01)


@pytest.fixture
async def egress_to(
    serve: Serve, pool_of: Callable[..., Pool]
) -> Callable[..., Awaitable[tuple[FakeServer, SmtpEgress]]]:
    """`await egress_to({"dot": "451 later"})`: a scripted server and one message's way to it."""

    async def make(answers: Mapping[str, Answer] | None = None, **settings: Any) -> tuple[FakeServer, SmtpEgress]:
        server = await serve(answers)
        return server, SmtpEgress(pool_of(server.port, **settings))

    return make


@pytest.fixture
def envelope() -> Envelope:
    return Envelope(reverse_path=parse_address("clerk@elsewhere.example"), recipients=())


@pytest.fixture
def people() -> tuple[Recipient, Recipient, Recipient]:
    return (
        Recipient(address=parse_address("ada@city.example")),
        Recipient(address=parse_address("bo@city.example")),
        Recipient(address=parse_address("cy@city.example")),
    )


@pytest.fixture
def drop() -> object:
    return DROP


@pytest.fixture
def hang() -> object:
    return HANG


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """`await eventually(lambda: …)`: waits until it is so, five seconds at most."""

    async def wait(true: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not true():
                await asyncio.sleep(0.005)

    return wait
