"""The systems that are measured: how each is started, which processes it consists of, and how it is ended."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.ending import end_with_parent
from tests.ports import free_port
from tests.postfix import Postfix, PostfixMissing, wait_for_port

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
START_SECONDS = 60.0
TICKS = os.sysconf("SC_CLK_TCK")

CONFIGURATION = """\
domains: [city.example]
hostname: gw.city.example
state: {folder}/state
policy: city-baseline
next_hops:
  - {{name: sink, host: 127.0.0.1, port: {sink}, tls: "off"}}
listeners:
  - {{name: bench, kind: edge, direction: inbound, address: 127.0.0.1, port: {port}, next_hop: sink}}
"""


class System:
    """Something that listens on `port` and passes on to the sink. `pid` heads its processes; None for the bare sink."""

    def __init__(self, name: str, port: int, pid: int | None) -> None:
        self.name = name
        self.port = port
        self.pid = pid

    def cpu(self) -> float:
        """Seconds of CPU that its processes, and those of them that have ended, have used."""
        return 0.0 if self.pid is None else sum(seconds_of_cpu(pid) for pid in family(self.pid))


class Unavailable(Exception):
    """Why a system cannot be measured on this machine."""


@contextlib.contextmanager
def process(name: str, port: int, *arguments: str, folder: Path) -> Iterator[System]:
    """A system that is one command, in a process group of its own."""
    with (folder / f"{name}.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
    try:
        wait_for_port(port, START_SECONDS)
        yield System(name, port, child.pid)
    except TimeoutError as error:
        tail = (folder / f"{name}.log").read_text()[-500:].strip()
        raise Unavailable(f"{name}: {error}: {tail}") from None
    finally:
        _end(child)


def script(name: str, file: str, sink: int, folder: Path) -> contextlib.AbstractContextManager[System]:
    """One of the relays beside this module."""
    port = free_port()
    return process(name, port, str(HERE / file), str(port), str(sink), str(folder), folder=folder)


@contextlib.contextmanager
def postfix_queue(name: str, sink: int) -> Iterator[System]:
    """Postfix that takes mail into its queue and relays it."""
    try:
        postfix = Postfix(relay_port=sink)
    except PostfixMissing as reason:
        raise Unavailable(f"{name}: {reason}") from None
    try:
        yield System(name, postfix.port, postfix.pid)
    finally:
        postfix.stop()


@contextlib.contextmanager
def mailward(name: str, sink: int, folder: Path) -> Iterator[System]:
    """The product as an administrator runs it, under the shipped policy."""
    port = free_port()
    path = folder / "mailward.yaml"
    path.write_text(CONFIGURATION.format(folder=folder, sink=sink, port=port))
    command = ("-c", "from gateway.cli import main; main()", "serve", "-c", str(path))
    with process(name, port, *command, folder=folder) as system:
        yield system


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def family(pid: int) -> set[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            children.setdefault(int(_fields(path)[1]), []).append(int(path.parent.name))
    family, unseen = set(), [pid]
    while unseen:
        one = unseen.pop()
        family.add(one)
        unseen += children.get(one, [])
    return family


def cpu_of_ended(pid: int) -> float:
    """Seconds of CPU of the children that a process has waited for."""
    return seconds_of_cpu(pid, slice(13, 15))


def cpu_of_itself(pid: int) -> float:
    """Seconds of CPU of one process without its children."""
    return seconds_of_cpu(pid, slice(11, 13))


def seconds_of_cpu(pid: int, times: slice = slice(11, 15)) -> float:
    try:
        fields = _fields(Path(f"/proc/{pid}/stat"))
    except OSError:
        return 0.0  # ended meanwhile; its parent has inherited its time
    return sum(map(int, fields[times])) / TICKS  # utime, stime, and both of the children waited for; see proc(5)


def _fields(path: Path) -> list[str]:
    """What stands after the name of the command: the state first, then the parent."""
    return path.read_text().rpartition(") ")[2].split()
