"""Messages a second, and CPU a message, of Mailward and of what it stands beside; everything in one run.

Prints a Markdown table of medians. Systems take turns within each round, so that a change of the machine's mood meets
all of them. Read ratios, not absolute numbers: load, sink and system share the machine's cores.

    python tests/benchmarks/bench.py [--rounds 3] [--seconds 2] [--sessions 10] [--only "Mailward, inspected"]
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


from tests.benchmarks.contents import write_contents  # noqa: E402
from tests.benchmarks.ending import end_in_order, end_with_parent  # noqa: E402
from tests.benchmarks.systems import HERE, System, Unavailable, mailward, postfix_queue, script  # noqa: E402
from tests.ports import free_port  # noqa: E402
from tests.postfix import wait_for_port  # noqa: E402

LATE_SECONDS = 0.3  # after a run, before its CPU is read
DRAIN_SECONDS = 60.0  # for a queue to empty
LIGHT_PAUSE = 0.02  # seconds between messages when the wait for the answer is measured, with one session


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    per_second: float
    cpu_ms: float
    wait_ms: float  # median, from the last octet handed over to the answer


class Failed(Exception):
    """A run that must not become a number."""


class Sink:
    """The sink's process and what it has counted."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._counter = folder / "sink.count"
        self._child = subprocess.Popen(
            [sys.executable, str(HERE / "traffic.py"), "sink", str(self.port), str(self._counter)],
            preexec_fn=end_with_parent,
        )
        wait_for_port(self.port, 20)

    @property
    def count(self) -> int:
        return int.from_bytes(self._counter.read_bytes()[:8], "little")

    def stop(self) -> None:
        self._child.terminate()
        self._child.wait()


def measure(system: System, sink: Sink, content: Path, *, sessions: int, seconds: float, pause: float) -> Measurement:
    """One run. The clock stops when the sink has everything. Raises Failed when something was refused or kept."""
    before, cpu = sink.count, system.cpu()
    command = [sys.executable, str(HERE / "traffic.py"), "load"]
    command += [str(system.port), str(sessions), str(seconds), str(pause), str(content)]
    limit = seconds + DRAIN_SECONDS
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit, preexec_fn=end_with_parent)
    if done.returncode:
        raise Failed(done.stderr[-300:])
    result = json.loads(done.stdout)
    queued = _drain(sink, before + result["messages"])
    if result["errors"] or not result["messages"]:
        raise Failed(f"{result['messages']} sent, then {result['errors'][:1]}")
    time.sleep(LATE_SECONDS)
    number = result["messages"]
    return Measurement(
        per_second=number / (result["seconds"] + queued),
        cpu_ms=1_000 * (system.cpu() - cpu) / number,
        wait_ms=1_000 * statistics.median(result["waits"]),
    )


def _drain(sink: Sink, expected: int) -> float:
    """How long the sink waited for the last message after the load had ended."""
    begin = time.perf_counter()
    while sink.count < expected:
        if time.perf_counter() - begin > DRAIN_SECONDS:
            raise Failed(f"{expected - sink.count} messages were accepted and did not arrive")
        time.sleep(0.005)
    return time.perf_counter() - begin


@contextlib.contextmanager
def started(sink: Sink, folder: Path, only: set[str]) -> Iterator[list[System]]:
    """Every system at once, idle until its turn; those that cannot run here are told and left out."""
    ways = {
        "load straight to the sink": lambda name: contextlib.nullcontext(System(name, sink.port, None)),
        "Postfix alone, queue": lambda name: postfix_queue(name, sink.port),
        "stock aiosmtpd and aiosmtplib": lambda name: script(name, "stock.py", sink.port, folder),
        "Mailward, not inspected": lambda name: script(name, "uninspected.py", sink.port, folder),
        "Mailward, inspected": lambda name: mailward(name, sink.port, folder),
    }
    with contextlib.ExitStack() as stack:
        running = []
        for name, way in ways.items():
            if only and name not in only:
                continue
            try:
                running.append(stack.enter_context(way(name)))
            except Unavailable as reason:
                print(f"left out: {reason}", file=sys.stderr)
        yield running


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--sessions", type=int, default=10)
    parser.add_argument("--only", action="append", default=[])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mailward-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        contents = write_contents(folder)
        sink = Sink(folder)
        try:
            with started(sink, folder, set(options.only)) as running:
                results = rounds(running, sink, contents, options)
        finally:
            sink.stop()
    print(table(results, contents, options))


def rounds(
    running: list[System], sink: Sink, contents: dict[str, Path], options: argparse.Namespace
) -> dict[tuple[str, str], list[tuple[Measurement, Measurement]]]:
    """By system and size: under load, and at leisure. Round 0 warms everything up and is not counted."""
    results: dict[tuple[str, str], list[tuple[Measurement, Measurement]]] = {
        (system.name, size): [] for system in running for size in contents
    }
    for number in range(options.rounds + 1):
        for size, content in contents.items():
            for system in running[number % len(running) :] + running[: number % len(running)]:
                seconds = options.seconds if number else 0.5
                try:
                    loaded = measure(system, sink, content, sessions=options.sessions, seconds=seconds, pause=0)
                    light = measure(system, sink, content, sessions=1, seconds=seconds / 2, pause=LIGHT_PAUSE)
                except Failed as reason:
                    print(f"failed: {system.name}, {size}: {reason}", file=sys.stderr)
                    continue
                if number:
                    results[system.name, size].append((loaded, light))
                    print(f"{number} {system.name}, {size}: {loaded.per_second:.1f}/s", file=sys.stderr)
    return results


def table(
    results: dict[tuple[str, str], list[tuple[Measurement, Measurement]]],
    contents: dict[str, Path],
    options: argparse.Namespace,
) -> str:
    """Medians over the rounds."""
    names = list(dict.fromkeys(name for name, _ in results))
    head = [f"{what} {size}" for what in ("messages/s", "CPU ms", "answer ms") for size in contents]
    lines = [
        f"{options.sessions} sessions, {options.rounds} rounds of {options.seconds:g} s, {os.cpu_count()} cores; "
        "the answer after the last octet is that of one session with pauses.",
        "",
        "| system | " + " | ".join(head) + " |",
        "|---" * (len(head) + 1) + "|",
    ]
    for name in names:
        cells = [_median([loaded.per_second for loaded, _ in results[name, size]], 1) for size in contents]
        cells += [_median([loaded.cpu_ms for loaded, _ in results[name, size]], 2) for size in contents]
        cells += [_median([light.wait_ms for _, light in results[name, size]], 2) for size in contents]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _median(values: list[float], digits: int) -> str:
    return f"{statistics.median(values):,.{digits}f}" if values else "–"


if __name__ == "__main__":
    end_in_order()
    main()
