"""Kills a life at its Nth system call or lets that call fail, by strace's injection; then asks what is left.

The oracles: nothing acknowledged is lost, nothing is kept twice, nothing is sent more than once beyond what a crash
allows, ledger and audit chain verify, and the mail that its clients still own goes through in a second life.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from quarantine import audit
from quarantine.adapters.files import FileContents
from quarantine.item import OPEN, Outcome, State
from quarantine.quarantine import Store
from tests.crash.bad_builds import Build
from tests.crash.disk import RECORDING
from tests.crash.scenario import AGAIN, MAILS, STEPS, held, open_here
from tests.crash.sink import REFUSED, Sink

ROOT = Path(__file__).parents[2]
# What changes the disk or speaks to the next hop. Between two of them nothing that is seen from outside differs.
KILLED_AT = (
    "openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "unlink", "ftruncate", "mkdir",
    "connect", "sendto", "recvfrom",
)  # fmt: skip
FAILED = {
    "openat": ("EIO", "ENOSPC", "EROFS"),
    "write": ("EIO", "ENOSPC", "EDQUOT"),
    "pwrite64": ("EIO", "ENOSPC", "EROFS"),
    "fsync": ("EIO", "ENOSPC"),
    "fdatasync": ("EIO", "ENOSPC"),
    "rename": ("EIO", "ENOSPC", "EROFS"),
    "unlink": ("EIO", "EROFS"),
    "ftruncate": ("EIO", "EROFS"),
}


class StraceMissing(Exception):
    """Why nothing can be injected here, in words for the reason of a skipped test."""


@dataclass(frozen=True, slots=True)
class Life:
    """How one life went: its exit code (negative: the signal), what it said, and strace's record of it."""

    code: int
    said: tuple[str, ...]
    trace: Path


@dataclass(frozen=True, slots=True)
class Point:
    """Where it is broken: the Nth call of that name; `error` empty: it is killed there."""

    call: str
    number: int
    error: str = ""

    @property
    def injection(self) -> str:
        what = f"error={self.error}" if self.error else "signal=KILL"
        return f"inject={self.call}:{what}:when={self.number}"


@dataclass(frozen=True, slots=True)
class Recording:
    """`start` is a copy of what lay in the state folder at first; what is there now is in `state`."""

    trace: str
    start: Path
    state: Path


class Harness:
    """A template process, a sink and a folder of their own. `build` is what the first life is made of."""

    def __init__(self, build: Build = Build.GOOD) -> None:
        self._build = build
        memory = Path("/dev/shm")  # what is synced to it costs nothing; what a life sees is the same
        self.folder = Path(
            tempfile.mkdtemp(prefix="mailward-crash-", dir=memory if os.access(memory, os.W_OK) else None)
        )
        self.sink = Sink()
        self._ears, voice = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ears.setblocking(False)
        self._template = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.template", str(voice.fileno())],
            cwd=ROOT,
            pass_fds=[voice.fileno()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        voice.close()
        self._prepared = self.folder / "prepared"
        self._prepared.mkdir()
        self._prepare()

    def close(self) -> None:
        assert self._template.stdin is not None
        self._template.stdin.close()
        self._template.wait(30)
        self.sink.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _prepare(self) -> None:
        """A store as an earlier start has left it."""
        store = open_here(self._prepared)
        with store.quarantine.contents.keeping():
            pass

    @contextmanager
    def state(self, *, empty: bool = False) -> Iterator[Path]:
        """A state folder for one or several lives; `empty`: before the first start."""
        path = self.folder / "state"
        shutil.rmtree(path, ignore_errors=True)
        if empty:
            path.mkdir()
        else:
            shutil.copytree(self._prepared, path)
        yield path

    def live(self, state: Path, options: Sequence[str] = (), done: Collection[str] = ()) -> Life:
        """A life under strace with these options; without any, untouched. A bad build only in the first life."""
        pid, trace = self.order(state, options, done=list(done)), self.folder / "trace"
        with traced(pid, trace, options):
            code = self.number()
        return Life(code=code, said=tuple(self.heard()), trace=trace)

    def order(self, state: Path, options: Sequence[str], **more: str | list[str]) -> int:
        """Begin a life; its process, stopped when there are options."""
        build = Build.GOOD if more.get("done") or not options else self._build
        order = {"state": str(state), "port": self.sink.port, "build": build, "stop": bool(options), "done": []} | more
        assert self._template.stdin is not None
        self._template.stdin.write(json.dumps(order) + "\n")
        self._template.stdin.flush()
        return self.number()

    def number(self) -> int:
        """What the template tells next: a process, or the code it has ended with."""
        assert self._template.stdout is not None
        return int(self._template.stdout.readline())

    def heard(self) -> Iterator[str]:
        """What lives have said since."""
        while True:
            try:
                yield self._ears.recv(1_000).decode()
            except BlockingIOError:
                return

    def calls(self) -> Mapping[str, Sequence[int]]:
        """By name, which of its system calls in one whole life matter: 1 is the first of that name."""
        with self.state() as state:
            life = self.live(state, [f"trace={','.join(KILLED_AT)}"])
        assert life.code == 0 and set(life.said) == set(STEPS), life
        seen: Counter[str] = Counter()
        calls: dict[str, list[int]] = {}
        for line in life.trace.read_text().splitlines():
            name = line.partition("(")[0]
            seen[name] += 1
            if name in KILLED_AT and not (name == "openat" and "O_RDONLY" in line):  # what only reads changes nothing
                calls.setdefault(name, []).append(seen[name])
        return calls

    def record(self, *, empty: bool) -> Recording:
        """One whole life as strace saw it, on a prepared store or from before the first start."""
        with self.state(empty=empty) as state:
            start = self.folder / "start"
            shutil.rmtree(start, ignore_errors=True)
            shutil.copytree(state, start)
            life = self.live(state, RECORDING)
            assert life.code == 0 and set(life.said) == set(STEPS), life
            return Recording(trace=life.trace.read_text(), start=start, state=state)

    def faults(self, point: Point) -> list[str]:
        """Break one life there; what is wrong with what it leaves, and with the life after it."""
        self.sink.accepted.clear()
        with self.state() as state:
            first = self.live(state, [f"trace={point.call}", point.injection])
            found = list(_first_life_faults(first, point))
            found += left_faults(state, first.said, self.sink.accepted)
            second = self.live(state, done=first.said)
            found += second_life_faults(state, second, first.said, self.sink.accepted)
        return [f"{point}: {fault}" for fault in found]


@contextmanager
def traced(pid: int, trace: Path, options: Sequence[str]) -> Iterator[None]:
    """Until the process ends, by strace with these options; without any, it is left alone. Raises StraceMissing."""
    if not options:
        yield
        return
    command = ["strace", "-p", str(pid), "-o", str(trace)]
    for option in options:
        command += ["-e", option] if "=" in option else [option]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        os.kill(pid, signal.SIGCONT)
        if "attached" not in said:
            os.kill(pid, signal.SIGKILL)
            yield
            raise StraceMissing(f"strace cannot follow a process here: {said.strip()}")
        yield


def not_here(reason: str) -> NoReturn:
    """Skip the test; but not in continuous integration, where deploy/setup has installed what it needs."""
    if os.environ.get("CI"):
        pytest.fail(f"not to be skipped here: {reason}")
    pytest.skip(reason)


def require_strace() -> None:
    """Raises StraceMissing."""
    if shutil.which("strace") is None:
        raise StraceMissing("Debian's package strace is not installed")
    probe = subprocess.Popen(["sleep", "5"])
    try:
        with traced(probe.pid, Path(os.devnull), ["trace=none"]):
            probe.kill()
    finally:
        probe.wait()


def _first_life_faults(life: Life, point: Point) -> Iterator[str]:
    if point.error and life.code != 0:
        yield f"a failed call ended the process: {life.code}"
    if point.error and set(life.said) != set(STEPS):
        yield f"not recovered from a failed call: only {life.said}"
    if not point.error and life.code != -signal.SIGKILL:
        yield f"was to be killed and ended with {life.code}"


def left_faults(state: Path, said: Collection[str], sent: Counter[tuple[str, str]] | None) -> Iterator[str]:
    """What is wrong with a state folder as a crash has left it; `sent` None: the power was cut, and nobody knows."""
    store = open_here(state)
    found = store.verify()
    yield from found.faults
    if sent is not None:
        yield from _count_faults(dict(found.outcomes), said)
    yield from _audit_faults(state, torn=sent is None)
    acts = {step.split()[1]: step.split()[0] for step in said if " " in step and step != AGAIN}
    for mail in MAILS:
        there = held(store, mail)
        open_copies = Counter(local for local, state in there if state in OPEN)
        yield from (f"{mail.name}: {local} is held {n} times" for local, n in open_copies.items() if n > 1)
        for local in mail.to if mail.name in said else ():
            if local in ("held", REFUSED):
                if not there:
                    yield f"LOST: {mail.name} for {local} was acknowledged"
            elif sent is not None and not sent[mail.name, local]:
                yield f"LOST: {mail.name} for {local} was acknowledged and not sent"
        states = {state for _, state in there}
        wanted = {"release": State.RELEASED, "delete": State.DELETED, "expire": State.EXPIRED}
        if mail.name in acts and wanted[acts[mail.name]] not in states:
            yield f"LOST: {acts[mail.name]} of {mail.name} was reported, the copies are {states}"
        if sent is not None and State.RELEASED in states and not sent[mail.name, "held"]:
            yield f"{mail.name}: released, and never sent"


def _count_faults(outcomes: Mapping[Outcome, int], said: Collection[str]) -> Iterator[str]:
    """The books count what was acknowledged; beyond that at most the step that was cut off before its answer."""
    acknowledged = [(mail, local) for mail in MAILS for local in mail.to if mail.name in said]
    acknowledged += [(MAILS[0], local) for local in MAILS[0].to if AGAIN in said]
    for outcome, kept in ((Outcome.HELD, True), (Outcome.RELAYED, False)):
        least = sum((local in ("held", REFUSED)) is kept for _, local in acknowledged)
        if not least <= outcomes[outcome] <= least + 1:
            yield f"{least} were acknowledged as {outcome.value}, the books say {outcomes[outcome]}"


def _audit_faults(state: Path, *, torn: bool) -> Iterator[str]:
    """`torn`: the last record of a chain may be, for its act was not done yet; it must be named, and no other."""
    folder = audit.folder_of(state)
    for chain in audit.verify(folder).chains:
        lines = (folder / chain.name).read_bytes().count(b"\n")
        if chain.fault and not (torn and chain.count + 1 >= lines):
            yield f"{chain.name}:{chain.count + 1}: {chain.fault}"


def second_life_faults(state: Path, life: Life, done: Collection[str], sent: Counter[tuple[str, str]]) -> Iterator[str]:
    if life.code != 0 or set(life.said) | set(done) != set(STEPS):
        yield f"the second life ended with {life.code} and did {life.said}"
        return
    yield from left_faults(state, STEPS, sent)
    store = open_here(state)
    found = store.verify()
    relayed = sum(number for (_, local), number in sent.items() if local != "held")
    told = dict(found.outcomes)
    if relayed > told[Outcome.RELAYED] + told[Outcome.IN_DOUBT]:
        yield f"{relayed} copies were relayed, the books say {told}"
    if found.open or found.noted:
        yield f"{found.open} open and {found.noted} not yet in the books after a clean end"
    for mail in MAILS:
        copies = Counter(local for local, _ in held(store, mail))
        extra = 2 if mail.name == MAILS[0].name else 1  # it was sent twice, the second time perhaps after its release
        yield from (f"{mail.name}: {n} copies for {local}" for local, n in copies.items() if n > extra)
        yield from (
            f"{mail.name}: sent {sent[mail.name, local]} times to {local}"
            for local in mail.to
            if sent[mail.name, local] > 2
        )
    yield from _contents_faults(store)


def _contents_faults(store: Store) -> Iterator[str]:
    store.quarantine.retention.collect()
    contents = store.quarantine.contents
    assert isinstance(contents, FileContents)
    wanted = {item.sha256 for item in store.quarantine.list() if item.purged is None}
    yield from (f"content {name[:8]} is left behind" for name in set(contents.names()) - wanted)
    yield from (f"{path.name} is left behind" for path in contents.root.glob("??/new-*"))


def kill_points(calls: Mapping[str, Sequence[int]]) -> list[Point]:
    return [Point(call, number) for call, numbers in calls.items() for number in numbers]


def error_points(calls: Mapping[str, Sequence[int]]) -> list[Point]:
    return [
        Point(call, number, error)
        for call, errors in FAILED.items()
        for number in calls.get(call, ())
        for error in errors
    ]
