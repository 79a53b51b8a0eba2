"""Clients that take what they can get: idle ones, slow ones, floods of commands, large contents. A process of its own.

    python -m tests.load.crowd KIND NUMBER PORT [OCTETS]

Says `ready` on standard output once all of them are where they want to be, and what they were answered when standard
input closes: one line of JSON, numbers of answers by their first three digits (`000`: the connection ended), and the
Message-IDs of what was accepted.
"""

import asyncio
import itertools
import json
import os
import resource
import sys
from collections import Counter

BANNER_SECONDS = 60.0
SLOW_PAUSE = 1.0  # seconds between two octets of a slow client
PIECE = 256 * 1024

_answers: Counter[str] = Counter()
_waits: list[float] = []  # seconds from the connection to the banner
_accepted: list[str] = []  # Message-IDs
_sources = itertools.count()


async def _connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """From one of 200 addresses of loopback, so that ports do not run out and no single client is met."""
    source = f"127.0.1.{1 + next(_sources) % 200}"
    loop = asyncio.get_running_loop()
    began = loop.time()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    await _answer(reader)
    _waits.append(loop.time() - began)
    return reader, writer


async def _answer(reader: asyncio.StreamReader) -> bytes:
    """The last line of a reply, counted."""
    while True:
        line = await asyncio.wait_for(reader.readline(), BANNER_SECONDS)
        if line[3:4] != b"-":
            _answers[line[:3].decode() or "000"] += 1
            return line


async def _begin(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Up to 354."""
    reader, writer = await _connect(port)
    for line in (b"EHLO a.example", b"MAIL FROM:<ada@elsewhere.example>", b"RCPT TO:<pat@city.example>", b"DATA"):
        writer.write(line + b"\r\n")
        await _answer(reader)
    return reader, writer


async def idle(port: int, ready: asyncio.Event, _: int) -> None:
    reader, _writer = await _connect(port)
    ready.set()
    await reader.read()


async def slow_command(port: int, ready: asyncio.Event, _: int) -> None:
    reader, writer = await _connect(port)
    ready.set()
    await _drip(reader, writer)


async def slow_data(port: int, ready: asyncio.Event, _: int) -> None:
    reader, writer = await _begin(port)
    ready.set()
    await _drip(reader, writer)


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One octet after the other until we are told to stop or cut off."""
    told = asyncio.ensure_future(_answer(reader))
    while not told.done():
        writer.write(b"x")
        await asyncio.wait([told], timeout=SLOW_PAUSE)
    await told


async def flood(port: int, ready: asyncio.Event, _: int) -> None:
    """Commands without pause or mail, and a new connection whenever one is ended."""
    ready.set()
    while True:
        reader, writer = await _connect(port)
        writer.write(b"EHLO a.example\r\n" + b"NOOP\r\n" * 400)
        while await _answer(reader):
            pass


async def large(port: int, ready: asyncio.Event, octets: int) -> None:
    """One message of that size, as fast as it is taken."""
    ready.set()
    reader, writer = await _begin(port)
    name = f"{next(_sources)}.{os.getpid()}@elsewhere.example"
    writer.write(f"Message-ID: <{name}>\r\nSubject: large\r\n".encode())
    writer.write(b"Content-Transfer-Encoding: base64\r\nContent-Type: image/png\r\n\r\n")
    piece = (b"iVBORw0KGgoAAAANSUhEUgAA" * 3 + b"ABCD\r\n") * (PIECE // 78)
    for _ in range(octets // len(piece)):
        writer.write(piece)
        await writer.drain()
    writer.write(b".\r\n")
    if (await asyncio.wait_for(_answer(reader), 300)).startswith(b"250"):
        _accepted.append(name)


KINDS = {"idle": idle, "slow-command": slow_command, "slow-data": slow_data, "flood": flood, "large": large}


async def _one(kind: str, port: int, ready: asyncio.Event, octets: int) -> None:
    try:
        while True:
            await KINDS[kind](port, ready, octets)
            if kind == "large":
                return
    except (OSError, EOFError, TimeoutError):
        _answers["000"] += 1
    finally:
        ready.set()


async def main(kind: str, number: int, port: int, octets: int) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    ready = [asyncio.Event() for _ in range(number)]
    tasks = []
    for index, event in enumerate(ready):
        tasks.append(asyncio.create_task(_one(kind, port, event, octets)))
        if index % 50 == 49:  # as many as a listener's backlog holds with ease
            await event.wait()
    for event in ready:
        await event.wait()
    print("ready", flush=True)
    closed = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    if kind == "large":
        await asyncio.wait(tasks)
    await closed
    for task in tasks:
        task.cancel()
    waits = sorted(_waits) or [0.0]
    found = {"answers": dict(_answers), "accepted": _accepted, "banner_p99": waits[int(len(waits) * 0.99) - 1]}
    print(json.dumps(found), flush=True)
    os._exit(0)  # connections that nobody reads from any more are not waited for


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int((sys.argv[4:] or ["0"])[0])))
