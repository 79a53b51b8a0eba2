"""Postfix alone and with milters, in one run: messages a second, and the CPU of the milter for each message.

Load is Postfix's smtp-source, the end its smtp-sink. Systems take turns within each round; medians are printed. Read
ratios: everything shares the machine's cores. What cannot run here stands in the table as not here. Of Mailward's CPU
the part of the process that speaks with the MTA stands by itself; the rest is that of inspection.

    python tests/benchmarks/milters.py [--rounds 3] [--messages 500] [--sessions 10] [--only "Mailward, TCP"]
"""

import argparse
import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks.contents import write_contents  # noqa: E402
from tests.benchmarks.ending import end_in_order, end_with_parent  # noqa: E402
from tests.benchmarks.rspamd import RspamdMissing, rspamd  # noqa: E402
from tests.benchmarks.systems import cpu_of_itself, family, seconds_of_cpu  # noqa: E402
from tests.ports import free_port  # noqa: E402
from tests.postfix import Postfix  # noqa: E402

SOURCE, SINK = (shutil.which(name) or f"/usr/sbin/{name}" for name in ("smtp-source", "smtp-sink"))
MOST = {"2 kB": 1.0, "50 kB": 0.5, "5 MB": 0.04}  # share of --messages
LEAST = 5  # messages
WARM = 0.2  # share of them in round 0
START_SECONDS = 300.0  # rspamd compiles its patterns first, on a busy machine for minutes
LATE_SECONDS = 0.3  # after a run, before its CPU is read
PYTHON = "/usr/bin/python3"  # which has Debian's python3-milter
SERVE = "from gateway.cli import main; main()"
CONFIGURATION = """\
domains: [city.example]
hostname: gw.city.example
state: {folder}/state
next_hops: [{{name: onward, host: 127.0.0.1, port: {sink}, tls: "off"}}]
milters:
  - {{name: tcp, kind: edge, direction: inbound, port: {port}, next_hop: onward, inside: []}}
  - {{name: unix, kind: edge, direction: inbound, socket: {socket}, socket_group: postfix, next_hop: onward,
     inside: []}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """`lacks`: why it is not measured. `milter` heads its processes; `network` is the one that the MTA asks."""

    name: str
    postfix: Postfix | None = None
    lacks: str = ""
    milter: int | None = None
    network: int | None = None

    def cpu(self) -> tuple[float, float]:
        """Seconds of the milter's CPU, and those of its network process."""
        whole = 0.0 if self.milter is None else sum(seconds_of_cpu(pid) for pid in family(self.milter))
        return whole, whole if self.network is None else cpu_of_itself(self.network)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    per_second: float  # as smtp-source sees it
    cpu_ms: float
    network_ms: float


def wait(connect: Callable[[], object]) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            connect()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


def to_port(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), 5).close()


def to_path(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(str(path))


@contextlib.contextmanager
def child(*command: str, log: Path) -> Iterator[int]:
    with log.open("wb") as out:
        running = subprocess.Popen(
            command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, preexec_fn=end_with_parent, cwd=ROOT
        )
    try:
        yield running.pid
    finally:
        running.terminate()
        running.wait(30)


def network_process(pid: int) -> int:
    """Mailward's, among those of `mailward serve`."""
    return next(one for one in family(pid) if b"gateway-0" in Path(f"/proc/{one}/cmdline").read_bytes())


class Field:
    """Every system with a Postfix of its own, all behind the same sink, idle until its turn."""

    def __init__(self, folder: Path, only: set[str]) -> None:
        self.systems: list[System] = []
        self._folder = folder
        self._only = only
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> list[System]:
        with self._stack:
            self._sink = free_port()
            self._child("sink", SINK, "-u", "nobody", f"127.0.0.1:{self._sink}", "1000")
            self._beside("Postfix alone", "")
            self._trivial()
            self._mailward()
            self._rspamd()
            self._stack = self._stack.pop_all()
        return self.systems

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _wants(self, name: str) -> bool:
        return not self._only or any(name.startswith(one) or one.startswith(name) for one in self._only)

    def _child(self, name: str, *command: str) -> int:
        return self._stack.enter_context(child(*command, log=self._folder / f"{name}.log"))

    def _beside(self, name: str, milters: str, milter: int | None = None, network: int | None = None) -> None:
        if not self._wants(name):
            return
        postfix = Postfix(self._sink, {"smtpd_milters": milters} if milters else {})
        self._stack.callback(postfix.stop)
        self.systems.append(System(name=name, postfix=postfix, milter=milter, network=network))

    def _lacks(self, name: str, why: str) -> None:
        if self._wants(name):
            self.systems.append(System(name=name, lacks=why))

    def _trivial(self) -> None:
        if not self._wants("trivial milter"):
            return
        if subprocess.run([PYTHON, "-c", "import Milter"], capture_output=True, check=False).returncode:
            self._lacks("trivial milter", "Debian's package python3-milter is not installed")
            return
        script, port, path = str(Path(__file__).with_name("trivial_milter.py")), free_port(), self._folder / "trivial"
        tcp = self._child("trivial-tcp", PYTHON, script, f"inet:{port}@127.0.0.1")
        unix = self._child("trivial-unix", PYTHON, script, f"unix:{path}")
        wait(lambda: to_port(port))
        wait(lambda: to_path(path))
        path.chmod(0o666)
        self._beside("trivial milter, TCP", f"inet:127.0.0.1:{port}", tcp)
        self._beside("trivial milter, Unix socket", f"unix:{path}", unix)

    def _mailward(self) -> None:
        if not self._wants("Mailward, TCP") and not self._wants("Mailward, Unix socket"):
            return
        port, path, file = free_port(), self._folder / "milter.sock", self._folder / "mailward.yaml"
        file.write_text(CONFIGURATION.format(folder=self._folder, sink=self._sink, port=port, socket=path))
        pid = self._child("mailward", sys.executable, "-c", SERVE, "serve", "-c", str(file))
        wait(lambda: to_path(path))
        network = network_process(pid)
        self._beside("Mailward, TCP", f"inet:127.0.0.1:{port}", pid, network)
        self._beside("Mailward, Unix socket", f"unix:{path}", pid, network)

    def _rspamd(self) -> None:
        if not self._wants("rspamd"):
            return
        port = free_port()
        try:
            pid = self._stack.enter_context(rspamd(self._folder / "rspamd", port, os.cpu_count() or 1))
            wait(lambda: to_port(port))
        except RspamdMissing as reason:
            self._lacks("rspamd, TCP", str(reason))
            return
        except OSError:
            self._lacks("rspamd, TCP", f"it does not listen after {START_SECONDS:.0f} s")
            return
        self._beside("rspamd, TCP", f"inet:127.0.0.1:{port}", pid)


def measure(system: System, content: Path, messages: int, sessions: int) -> Measurement:
    """One run, until the queue is empty, so that another system's turn comes to an idle machine."""
    assert system.postfix is not None
    before, begin = system.cpu(), time.perf_counter()
    command = [SOURCE, "-s", str(sessions), "-m", str(messages), "-F", str(content), "-f", "a@elsewhere.example"]
    subprocess.run(
        [*command, "-t", "b@city.example", f"127.0.0.1:{system.postfix.port}"], check=True, capture_output=True
    )
    seconds = time.perf_counter() - begin
    time.sleep(LATE_SECONDS)
    whole, network = (1_000 * (now - then) / messages for now, then in zip(system.cpu(), before, strict=True))
    end = time.monotonic() + 60
    while system.postfix.queue() and time.monotonic() < end:
        time.sleep(0.2)
    return Measurement(per_second=messages / seconds, cpu_ms=whole, network_ms=network)


def rounds(
    systems: list[System], contents: dict[str, Path], options: argparse.Namespace
) -> dict[tuple[str, str], list[Measurement]]:
    """By system and size. Round 0 warms everything up and is not counted."""
    results: dict[tuple[str, str], list[Measurement]] = {}
    for number in range(options.rounds + 1):
        for size, content in contents.items():
            messages = max(LEAST, round(options.messages * MOST[size] * (1 if number else WARM)))
            turn = number % len(systems)
            for system in (one for one in systems[turn:] + systems[:turn] if not one.lacks):
                one = measure(system, content, messages, options.sessions)
                print(
                    f"{number} {size} {system.name}: {one.per_second:.1f}/s"
                    f" {one.cpu_ms:.2f} ms, network {one.network_ms:.2f} ms",
                    file=sys.stderr,
                    flush=True,
                )
                if number:
                    results.setdefault((system.name, size), []).append(one)
    return results


def table(systems: list[System], results: dict[tuple[str, str], list[Measurement]], sizes: list[str]) -> str:
    """Medians: messages a second / ms of the milter's CPU for each, in brackets those of its network process."""
    lines = ["| messages/s / CPU ms (network process) | " + " | ".join(sizes) + " |", "|---" * (len(sizes) + 1) + "|"]
    for system in systems:
        cells = [f"not here: {system.lacks}"] if system.lacks else [_cell(results[system.name, size]) for size in sizes]
        lines.append(f"| {system.name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(measured: list[Measurement]) -> str:
    rate, cpu, network = (
        statistics.median(values)
        for values in zip(*((one.per_second, one.cpu_ms, one.network_ms) for one in measured), strict=True)
    )
    apart = "" if cpu == network else f" ({network:.2f})"
    return f"{rate:.0f} / {cpu:.2f}{apart}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--sessions", type=int, default=10)
    parser.add_argument("--only", action="append", default=[], help="systems whose names begin so")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mailward-milters-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        contents = write_contents(folder)
        for path in contents.values():  # smtp-source ends lines itself
            path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n"))
        with Field(folder, set(options.only)) as systems:
            print(table(systems, rounds(systems, contents, options), list(contents)))


if __name__ == "__main__":
    end_in_order()
    main()
