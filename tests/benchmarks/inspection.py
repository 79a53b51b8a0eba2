"""What reading and judging a message costs in a confined worker, with its hand-over, beside the standard library.

No SMTP: messages go to the pool as the gateway hands them over, and CPU is that of both sides. Beside it the same
without a worker, and Python's own parser with every leaf decoded. The four take turns within each round, and every
message differs from all others in its text, so that nothing remembered of one helps the next. Prints Markdown tables
of medians.

    python tests/benchmarks/inspection.py [--rounds 5] [--mail FOLDER] [--only "2 kB"]
"""

import argparse
import asyncio
import email
import email.policy
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from gateway.loop import run  # noqa: E402
from gateway.mapped import map_file  # noqa: E402
from gateway.wire import MAX_INLINE  # noqa: E402
from gateway.workers import WorkerPool, WorkerSettings, canary  # noqa: E402
from rules.directory import Directory  # noqa: E402
from rules.envelope import wire_form  # noqa: E402
from rules.inspection import inspect  # noqa: E402
from rules.message import Message  # noqa: E402
from rules.policy import Policy, load_policy  # noqa: E402
from rules.shipped import LIBRARY, find_policy  # noqa: E402
from rules.transaction import Direction, Transaction  # noqa: E402
from tests.benchmarks.contents import write_contents  # noqa: E402
from tests.benchmarks.ending import end_in_order  # noqa: E402
from tests.benchmarks.systems import cpu_of_ended, family  # noqa: E402

DOMAIN = "city.example"
POLICY = "city-baseline"
SAMPLES = "samples"  # those of the rule library: between 0.3 and 5 kB, and most of them fire a rule
MESSAGES_A_TURN = 400  # at most, and
OCTETS_A_TURN = 10_000_000  # at most, but never fewer messages than
LEAST_A_TURN = 4
PROCESS_CLOCK = 2  # clock_getcpuclockid(3): the clock of process n is (~n << 3) | 2

Measured = dict[tuple[str, str], list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Messages of one kind, made anew for each use."""

    label: str
    contents: tuple[bytes, ...]
    numbers: Iterator[int]
    direction: Direction = Direction.INBOUND

    @property
    def a_turn(self) -> int:
        """How many messages one measurement takes."""
        mean = sum(map(len, self.contents)) // len(self.contents)
        return max(LEAST_A_TURN, min(MESSAGES_A_TURN, OCTETS_A_TURN // mean), len(self.contents))

    def fresh(self) -> list[bytes]:
        return [
            _different(content, next(self.numbers))
            for content in itertools.islice(itertools.cycle(self.contents), self.a_turn)
        ]


def _different(content: bytes, number: int) -> bytes:
    """The same message with another number among its first words, and in its header."""
    return b"X-Number: %d\r\n" % number + content.replace(b" the ", b" the %d " % number, 1)


def mails(folder: Path, more: Path | None) -> list[Mail]:
    """The three sizes, in two of them also mail that leaves, of which most detectors are asked; the samples of the
    rule library, and a folder of whoever measures.
    """
    sizes = {label: (path.read_bytes(),) for label, path in write_contents(folder).items()}
    leaving = tuple(
        Mail(label=f"{label}, leaving", contents=sizes[label], numbers=itertools.count(1), direction=Direction.OUTBOUND)
        for label in ("2 kB", "50 kB")
    )
    samples = {SAMPLES: tuple(wire_form(path.read_bytes()) for path in sorted(LIBRARY.glob("*/*.eml")))}
    own = tuple(wire_form(path.read_bytes()) for path in sorted(more.rglob("*")) if path.is_file()) if more else ()
    kinds = sizes | samples | ({str(more): own} if own else {})
    entering = [Mail(label=label, contents=contents, numbers=itertools.count(1)) for label, contents in kinds.items()]
    return [*entering[: len(sizes)], *leaving, *entering[len(sizes) :]]


def transactions(contents: Sequence[bytes], direction: Direction = Direction.INBOUND) -> list[Transaction]:
    """As a listener has them: small ones in memory, large ones in a file that is mapped."""
    return [replace(canary(), direction=direction, message=Message(_held(content))) for content in contents]


def octets(contents: Sequence[bytes], _: Direction) -> Sequence[bytes]:
    """As the standard library takes them."""
    return contents


def _held(content: bytes) -> bytes:
    if len(content) <= MAX_INLINE:
        return content
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        return map_file(file.fileno(), len(content))  # type: ignore[return-value]


def compat32(contents: Sequence[bytes]) -> None:
    for content in contents:
        for part in email.message_from_bytes(content).walk():
            if not part.is_multipart():
                part.get_payload(decode=True)


def modern(contents: Sequence[bytes]) -> None:
    """Python's newer parser. A message that it cannot parse costs what it costs until then."""
    for content in contents:
        try:
            for part in email.message_from_bytes(content, policy=email.policy.default).walk():
                part.items()
                if not part.is_multipart():
                    part.get_payload(decode=True)
        except Exception:
            continue


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to read messages. What `prepare` makes of their octets is made before the clock starts."""

    name: str
    prepare: Callable[[list[bytes], Direction], Sequence[Any]]
    read: Callable[[Sequence[Any]], Awaitable[None]]


def ways(pool: WorkerPool, policy: Policy) -> tuple[Way, ...]:
    directory = Directory(domains=frozenset({DOMAIN}))

    async def confined(messages: Sequence[Transaction]) -> None:
        """As many at once as under load, so that neither side waits for the other."""
        waiting = iter(messages)

        async def session() -> None:
            for transaction in waiting:
                await pool.inspect(transaction)

        await asyncio.gather(*(session() for _ in range(pool.size + 1)))

    async def within(messages: Sequence[Transaction]) -> None:
        for transaction in messages:
            inspect(transaction, directory, policy)

    async def old(messages: Sequence[bytes]) -> None:
        compat32(messages)

    async def new(messages: Sequence[bytes]) -> None:
        modern(messages)

    return (
        Way(name="in a worker, with hand-over", prepare=transactions, read=confined),
        Way(name="in one process", prepare=transactions, read=within),
        Way(name="standard library, compat32", prepare=octets, read=old),
        Way(name="standard library, policy.default", prepare=octets, read=new),
    )


async def measure(kinds: list[Mail], rounds: int, pool: WorkerPool, policy: Policy) -> Measured:
    """Milliseconds of CPU a message, by kind and way, one number a round."""
    competing = ways(pool, policy)
    measured: Measured = {(kind.label, way.name): [] for kind in kinds for way in competing}
    for number in range(rounds + 1):  # round 0 warms everything up and is not counted
        for kind in kinds:
            for way in competing:
                spent = await _cpu_ms(way, way.prepare(kind.fresh(), kind.direction))
                if number:
                    measured[kind.label, way.name].append(spent)
            print(f"{number} {kind.label}", file=sys.stderr)
    return measured


async def _cpu_ms(way: Way, messages: Sequence[Any]) -> float:
    """CPU of this process and all that descend from it, a message."""
    before = cpu_seconds()
    await way.read(messages)
    return 1_000 * (cpu_seconds() - before) / len(messages)


def cpu_seconds() -> float:
    """Of those that have ended too, as whoever waited for them tells it: a worker may be replaced within a turn."""
    living = family(os.getpid())
    return sum(time.clock_gettime((~pid << 3) | PROCESS_CLOCK) + cpu_of_ended(pid) for pid in living)


def memory(pids: set[int]) -> str:
    """Resident and proportional memory of each process, in MiB."""
    lines = ["| process | RSS MiB | PSS MiB |", "|---|---|---|"]
    for pid in sorted(pids):
        name = "this one, as the gateway" if pid == os.getpid() else f"inspection, {pid}"
        try:
            stated = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        kib = {line.split()[0]: int(line.split()[1]) for line in stated.splitlines()[1:]}
        lines.append(f"| {name} | {kib['Rss:'] / 1024:.0f} | {kib['Pss:'] / 1024:.0f} |")
    return "\n".join(lines)


def table(measured: Measured, kinds: list[Mail], rounds: int) -> str:
    names = list(dict.fromkeys(name for _, name in measured))
    lines = [
        f"CPU ms a message, medians of {rounds} rounds.",
        "",
        "| | " + " | ".join(kind.label for kind in kinds) + " |",
        "|---" * (len(kinds) + 1) + "|",
    ]
    for name in names:
        cells = (f"{statistics.median(measured[kind.label, name]):.3f}" for kind in kinds)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


async def main(options: argparse.Namespace, folder: Path) -> None:
    path = find_policy(POLICY)
    kinds = [kind for kind in mails(folder, options.mail) if not options.only or kind.label in options.only]
    settings = WorkerSettings(policy=path, domains=(DOMAIN,), rehearse=True)
    async with WorkerPool(settings) as pool:
        measured = await measure(kinds, options.rounds, pool, load_policy(path))
        print(table(measured, kinds, options.rounds), memory(family(os.getpid())), sep="\n\n")


if __name__ == "__main__":
    end_in_order()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mail", type=Path, help="a folder with messages of your own, one a file")
    parser.add_argument("--only", action="append", default=[])
    with tempfile.TemporaryDirectory(prefix="mailward-bench-") as name:
        run(main(parser.parse_args(), Path(name)))
