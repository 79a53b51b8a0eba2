"""The two ends of a measurement, each a process of its own: one that sends without pause, one that takes and forgets.

    traffic.py load PORT SESSIONS SECONDS PAUSE FILE    sends for so long; prints its result as one line of JSON
    traffic.py sink PORT COUNTER                        counts messages in the first 8 octets of the file COUNTER

Each message has a connection of its own and no command is sent before the last one is answered: the least favourable
manner for whatever is measured, and that of many real senders. PAUSE is in seconds, between a session's messages.
"""

import asyncio
import json
import mmap
import sys
import time
from pathlib import Path

import uvloop

HOST = "127.0.0.1"
END = b"\r\n.\r\n"
DIALOGUE = (
    b"EHLO sender.elsewhere.example\r\n",
    b"MAIL FROM:<clerk@elsewhere.example>\r\n",
    b"RCPT TO:<ada@city.example>\r\n",
    b"DATA\r\n",
)


class Sender(asyncio.Protocol):
    """One message over one connection. The reply to the final dot ends it."""

    def __init__(self, wire: bytes, done: asyncio.Future[float]) -> None:
        self._steps = [*DIALOGUE, wire]
        self._done = done
        self._buffer = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        *_, last, rest = [b"", *self._buffer.split(b"\r\n")]
        if rest or last[3:4] == b"-":
            return
        self._buffer = b""
        if last[:1] not in (b"2", b"3"):
            self._finish(RuntimeError(last.decode(errors="replace")))
        elif self._steps:
            self._sent = time.perf_counter()
            self._transport.write(self._steps.pop(0))
        else:
            self._transport.write(b"QUIT\r\n")
            self._transport.close()
            self._finish(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish(exc or ConnectionError("closed"))

    def _finish(self, error: Exception | None) -> None:
        if self._done.done():
            return
        if error is None:
            self._done.set_result(time.perf_counter() - self._sent)
        else:
            self._done.set_exception(error)


async def load(port: int, sessions: int, seconds: float, pause: float, wire: bytes) -> None:
    loop = asyncio.get_running_loop()
    waits: list[float] = []
    errors: list[str] = []
    begin = time.perf_counter()

    async def session() -> None:
        while time.perf_counter() - begin < seconds:
            done: asyncio.Future[float] = loop.create_future()
            try:
                await loop.create_connection(lambda done=done: Sender(wire, done), HOST, port)
                waits.append(await done)
            except (OSError, RuntimeError) as error:
                errors.append(str(error))
                return
            if pause:
                await asyncio.sleep(pause)

    await asyncio.gather(*(session() for _ in range(sessions)))
    seconds = time.perf_counter() - begin
    print(json.dumps({"messages": len(waits), "seconds": seconds, "waits": sorted(waits), "errors": errors}))


class Sink(asyncio.Protocol):
    """Takes every message of one connection."""

    def __init__(self, counter: mmap.mmap) -> None:
        self._counter = counter
        self._buffer = b""
        self._content = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        while data:
            data = self._octets(data) if self._content else self._command(data)

    def _octets(self, data: bytes) -> bytes:
        tail = self._buffer + data[:4]  # where an end that was cut in two would stand
        if END in tail:
            cut = tail.index(END) + len(END) - len(self._buffer)
        else:
            found = data.find(END) if not data.endswith(END) else len(data) - len(END)
            if found < 0:
                self._buffer = (self._buffer + data[-4:])[-4:]
                return b""
            cut = found + len(END)
        self._content, self._buffer = False, b""
        number = int.from_bytes(self._counter[:8], "little") + 1
        self._counter[:8] = number.to_bytes(8, "little")
        self._transport.write(b"250 2.0.0 OK\r\n")
        return data[cut:]

    def _command(self, data: bytes) -> bytes:
        line, ended, rest = (self._buffer + data).partition(b"\r\n")
        if not ended:
            self._buffer = line
            return b""
        self._buffer = b""
        match line[:4].upper():
            case b"EHLO":
                self._transport.write(b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-DSN\r\n250 SMTPUTF8\r\n")
            case b"DATA":
                self._content, self._buffer = True, b"\r\n"
                self._transport.write(b"354 go on\r\n")
            case b"QUIT":
                self._transport.write(b"221 2.0.0 bye\r\n")
                self._transport.close()
            case _:
                self._transport.write(b"250 2.0.0 OK\r\n")
        return rest


async def sink(port: int, counter: Path) -> None:
    counter.write_bytes(bytes(8))
    with counter.open("r+b") as file, mmap.mmap(file.fileno(), 8) as counted:
        server = await asyncio.get_running_loop().create_server(lambda: Sink(counted), HOST, port, backlog=1_000)
        async with server:
            await server.serve_forever()


def main(role: str, *arguments: str) -> None:
    if role == "sink":
        uvloop.run(sink(int(arguments[0]), Path(arguments[1])))
    else:
        port, sessions, seconds, pause, file = arguments
        content = Path(file).read_bytes()
        wire = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:].removesuffix(b"\r\n") + END
        uvloop.run(load(int(port), int(sessions), float(seconds), float(pause), wire))


if __name__ == "__main__":
    main(*sys.argv[1:])
