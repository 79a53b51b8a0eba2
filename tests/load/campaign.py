"""Ordinary mail beside everything that clients can do to a listener: its answers, its waits, and our memory meanwhile.

    python -m tests.load.campaign [SCALE]      10,000 idle connections and eight messages of 150 MB at SCALE 1

Prints a Markdown table, one line for each kind of crowd. Ordinary mail is sent one message a connection at RATE. What
was accepted is looked for in the folder behind by its Message-ID: ends with 1 when a message is not there, or twice.
"""

import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.ending import end_with_parent
from tests.benchmarks.systems import family
from tests.ports import free_port
from tests.postfix import wait_for_port

ROOT = Path(__file__).parents[2]
RATE = 20.0  # ordinary messages a second
SECONDS = 15.0  # of ordinary mail beside each crowd
MEGABYTE = 1_000_000
PAGE = 4_096  # octets
HEAD = 16_384  # octets that have the header of each message, with what we put on top
CONFIGURATION = """domains: [city.example]
hostname: mx.city.example
state: state
next_hops: [{{name: onward, maildir: delivered}}]
listeners: [{{name: edge, kind: edge, direction: inbound, port: {port}, next_hop: onward}}]
limits: {{connections: 10500, connections_per_client: 10500, command_idle_seconds: {idle}, data_idle_seconds: {idle}}}
"""
ORDINARY = (
    b"From: Ada <ada@elsewhere.example>\r\nTo: pat@city.example\r\nSubject: minutes of Tuesday\r\n"
    b"Message-ID: <%s>\r\n\r\n"
    + b"Please find the minutes of our meeting below; the next one is on the usual day.\r\n"
    * 20
)

_NAME = re.compile(rb"^Message-ID: <([^>]+)>\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    kind: str  # of tests.load.crowd
    number: int
    octets: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Waits in seconds, from the connection to the answer to the final dot; memory in octets."""

    crowd: Crowd | None
    sent: int
    answers: Counter[str]
    accepted: frozenset[str]  # Message-IDs of ordinary mail and of the crowd's
    arrived: Counter[str]  # by Message-ID, behind the gateway
    p50: float
    p99: float
    front: int  # most resident memory of the gateway process, with what it maps of the spool
    own: int  # and without
    crowd_answers: Counter[str]
    banner_p99: float

    @property
    def lost(self) -> frozenset[str]:
        return self.accepted - self.arrived.keys()

    @property
    def twice(self) -> frozenset[str]:
        return frozenset(name for name, number in self.arrived.items() if number > 1)


def crowds(scale: float) -> tuple[Crowd, ...]:
    def of(number: int) -> int:
        return max(1, round(number * scale))

    return (
        Crowd(kind="idle", number=of(10_000)),
        Crowd(kind="slow-command", number=of(1_000)),
        Crowd(kind="slow-data", number=of(1_000)),
        Crowd(kind="flood", number=of(20)),
        Crowd(kind="large", number=8 if scale >= 1 else 2, octets=round(150 * MEGABYTE * min(1.0, scale * 10))),
    )


class Gateway:
    """`mailward serve` on a port of its own with an edge listener and a folder behind it."""

    def __init__(self, folder: Path, idle_seconds: float) -> None:
        self.port = free_port()
        self.folder = folder
        (folder / "mailward.yaml").write_text(CONFIGURATION.format(port=self.port, idle=idle_seconds))
        program = [sys.executable, "-c", "from gateway.cli import main; main()", "serve", "-c", "mailward.yaml"]
        self._log = (folder / "log").open("wb")
        self.process = subprocess.Popen(
            program, cwd=folder, stderr=self._log, preexec_fn=end_with_parent, env={"PYTHONPATH": str(ROOT)}
        )
        wait_for_port(self.port, 60)
        commands = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in family(self.process.pid)}
        (self.front,) = (pid for pid, command in commands.items() if b"gateway-0" in command)  # which talks SMTP

    def resident(self) -> tuple[int, int]:
        """Memory of the front, in all and without pages of files, which the system can take back."""
        words = Path(f"/proc/{self.front}/statm").read_text().split()
        return int(words[1]) * PAGE, (int(words[1]) - int(words[2])) * PAGE

    def arrivals(self) -> Counter[str]:
        """What has been delivered, by Message-ID, and is forgotten then."""
        found: Counter[str] = Counter()
        for path in (self.folder / "delivered" / "new").glob("*"):
            with path.open("rb") as file:
                name = _NAME.search(file.read(HEAD))
            assert name is not None, path
            found[name[1].decode()] += 1
            path.unlink()
        return found

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(90)
        self._log.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An ordinary message: the first three digits of the last answer, and how long it all took."""

    name: str
    code: str
    seconds: float


@contextmanager
def crowding(crowd: Crowd, port: int) -> Iterator["subprocess.Popen[str]"]:
    """The crowd, all of it in place."""
    words = [sys.executable, "-m", "tests.load.crowd", crowd.kind, str(crowd.number), str(port), str(crowd.octets)]
    process = subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=end_with_parent
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()


async def _send_one(port: int) -> Sent:
    name = f"{uuid.uuid4().hex}@elsewhere.example"
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.2.1", 0))
    code = (await reader.readline())[:3].decode()
    for line in (
        b"HELO sender.elsewhere.example\r\n",
        b"MAIL FROM:<ada@elsewhere.example>\r\n",
        b"RCPT TO:<pat@city.example>\r\n",
        b"DATA\r\n",
        ORDINARY % name.encode() + b".\r\n",
    ):
        if code[:1] not in ("2", "3"):
            break
        writer.write(line)
        code = (await reader.readline())[:3].decode()
    writer.close()
    return Sent(name=name, code=code or "000", seconds=time.perf_counter() - began)


async def _ordinary_mail(gateway: Gateway, seconds: float) -> tuple[list[Sent], tuple[int, int]]:
    """What became of each message, at RATE whatever the answers take, and the most memory seen."""
    sending: list[asyncio.Task[Sent]] = []
    most, own = 0, 0
    began = time.perf_counter()
    for number in range(round(seconds * RATE)):
        await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
        sending.append(asyncio.create_task(_send_one(gateway.port)))
        now, now_own = gateway.resident()
        most, own = max(most, now), max(own, now_own)
    return list(await asyncio.gather(*sending)), (most, own)


def measure(gateway: Gateway, crowd: Crowd | None, seconds: float) -> Result:
    """Ordinary mail beside that crowd."""
    if crowd is None:
        sent, most = asyncio.run(_ordinary_mail(gateway, seconds))
        return _result(gateway, None, sent, most, {})
    with crowding(crowd, gateway.port) as process:
        sent, most = asyncio.run(_ordinary_mail(gateway, seconds))
        told, _ = process.communicate(timeout=600)
    return _result(gateway, crowd, sent, most, json.loads(told.splitlines()[-1]))


def _result(
    gateway: Gateway, crowd: Crowd | None, sent: list[Sent], most: tuple[int, int], told: dict[str, object]
) -> Result:
    waits = sorted(one.seconds for one in sent)
    answers, accepted = told.get("answers", {}), told.get("accepted", [])
    assert isinstance(answers, dict) and isinstance(accepted, list)
    return Result(
        crowd=crowd,
        sent=len(sent),
        answers=Counter(one.code for one in sent),
        accepted=frozenset([*(one.name for one in sent if one.code == "250"), *accepted]),
        arrived=gateway.arrivals(),
        p50=waits[len(waits) // 2],
        p99=waits[int(len(waits) * 0.99)],
        front=most[0],
        own=most[1],
        crowd_answers=Counter(answers),
        banner_p99=float(str(told.get("banner_p99", 0.0))),
    )


def main(scale: float) -> int:
    print(
        "| beside | mail sent | answers | accepted | arrived | lost | twice | p50 ms | p99 ms | front MB | of it own "
        "| crowd was answered | banner p99 ms |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|", flush=True)
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        gateway = Gateway(Path(folder), idle_seconds=60)
        try:
            for crowd in (None, *crowds(scale)):
                result = measure(gateway, crowd, SECONDS)
                print(_row(result), flush=True)
                faults += len(result.lost) + len(result.twice)
        finally:
            gateway.stop()
    return int(bool(faults))


def _row(result: Result) -> str:
    crowd = result.crowd
    name = "nobody" if crowd is None else f"{crowd.number} {crowd.kind}"
    if crowd is not None and crowd.octets:
        name += f" of {crowd.octets // MEGABYTE} MB"
    cells = (
        name,
        result.sent,
        _told(result.answers),
        len(result.accepted),
        len(result.arrived),
        len(result.lost),
        len(result.twice),
        round(result.p50 * 1000),
        round(result.p99 * 1000),
        result.front // MEGABYTE,
        result.own // MEGABYTE,
        _told(result.crowd_answers),
        round(result.banner_p99 * 1000),
    )
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _told(answers: Counter[str]) -> str:
    return ", ".join(f"{code}: {count}" for code, count in sorted(answers.items()))


if __name__ == "__main__":
    sys.exit(main(float((sys.argv[1:] or ["1"])[0])))
