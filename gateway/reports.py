"""What the processes tell the supervisor each second: that they live, whether they are ready, and their counts.

One datagram of JSON a report, over a socket pair of each process; a supervisor that does not listen costs nothing but
the report. The board keeps the last of each, and what processes counted that have ended.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from gateway.metrics import METRICS, RESTARTS, UP, Kind, Sample
from rules.document import from_json, to_json

EVERY_SECONDS = 1.0
SILENT_SECONDS = 30.0  # an event loop that says nothing for so long hangs; a busy one is late by tenths of seconds
MAX_REPORT = 256 * 1024  # octets; some 3,000 samples

_KEPT = frozenset(metric.name for metric in METRICS if metric.kind is not Kind.GAUGE)  # when a process ends
_SAME = frozenset(metric.name for metric in METRICS if metric.same)

Sums = dict[tuple[str, str, tuple[str, ...]], float]  # by metric, part and labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`says`: why a process is not ready, or what else an administrator should see. `reloads`: done or refused."""

    ready: bool
    says: str = ""
    reloads: int = 0
    samples: tuple[Sample, ...] = ()


async def report_always(control: socket.socket, report: Callable[[], Report]) -> None:
    """Send what `report` says each second, until cancelled."""
    while True:
        send(control, report())
        await asyncio.sleep(EVERY_SECONDS)


def send(control: socket.socket, report: Report) -> None:
    octets = to_json(report, Report)
    if len(octets) > MAX_REPORT:
        octets = to_json(replace(report, samples=()), Report)
    with contextlib.suppress(OSError):  # full, or the supervisor is gone: we end by its death's signal
        control.send(octets, socket.MSG_DONTWAIT)


def channel() -> tuple[socket.socket, socket.socket]:
    """The supervisor's end and the process's. Messages keep their bounds (SOCK_SEQPACKET, unix(7))."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MAX_REPORT)
    ours.setblocking(False)
    return ours, theirs


@dataclass(slots=True, kw_only=True)
class _Heard:
    control: socket.socket
    since: float  # monotonic: when it was last heard, at first when it was started
    reloads: int = 0  # that it need not do, for it was started after them
    report: Report | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The processes that live, and what those counted that have ended."""

    heard: Mapping[str, _Heard] = field(default_factory=dict)
    ended: Sums = field(default_factory=dict)


@dataclass(slots=True)
class Board:
    """The supervisor's view. Another thread may read it: a process that is replaced is counted once at any moment."""

    clock: Callable[[], float] = time.monotonic
    _known: _Known = field(default_factory=_Known)  # replaced as a whole

    def expect(self, role: str, control: socket.socket, reloads: int = 0) -> None:
        """A process was started that reports over `control`, after so many reloads.

        What its predecessor counted stays counted.
        """
        before, ended = self._known.heard.get(role), self._known.ended
        if before is not None:
            self._hear(before)
            counted = () if before.report is None else before.report.samples
            kept = (sample for sample in counted if sample.metric in _KEPT)
            ended = _summed(ended, (*kept, Sample(metric=RESTARTS.name, labels=(role,), value=1)))
        heard = _Heard(control=control, since=self.clock(), reloads=reloads)
        self._known = _Known(heard={**self._known.heard, role: heard}, ended=ended)
        if before is not None:
            before.control.close()

    def listen(self) -> None:
        """Take in what has been sent."""
        for heard in self._known.heard.values():
            self._hear(heard)

    def _hear(self, heard: _Heard) -> None:
        with contextlib.suppress(OSError, ValueError):
            while octets := heard.control.recv(MAX_REPORT):
                heard.report = from_json(octets, Report)
                heard.since = self.clock()

    @property
    def silent(self) -> tuple[str, ...]:
        """The processes that have said nothing for SILENT_SECONDS though they once spoke."""
        now = self.clock()
        spoken = ((role, heard) for role, heard in self._known.heard.items() if heard.report is not None)
        return tuple(role for role, heard in spoken if now - heard.since > SILENT_SECONDS)

    @property
    def not_ready(self) -> tuple[str, ...]:
        """A sentence for each process that cannot do its work now."""
        return tuple(
            f"{role}: {heard.report.says if heard.report is not None else 'starting'}"
            for role, heard in self._known.heard.items()
            if heard.report is None or not heard.report.ready or role in self.silent
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What ready processes want to be seen."""
        return tuple(
            f"{role}: {heard.report.says}"
            for role, heard in self._known.heard.items()
            if heard.report is not None and heard.report.ready and heard.report.says
        )

    def reloads(self) -> int:
        """How many reloads every process is through with."""
        heard = self._known.heard.values()
        return min((one.reloads + (one.report.reloads if one.report else 0) for one in heard), default=0)

    def samples(self) -> tuple[Sample, ...]:
        """Of all processes: counts summed, also of those that have ended; of gauges each sum is of the living."""
        known = self._known
        reports = tuple(one.report for one in known.heard.values() if one.report is not None)
        sums = _summed(known.ended, (sample for report in reports for sample in report.samples))
        silent = frozenset(self.silent)
        up = (Sample(metric=UP.name, labels=(role,), value=float(role not in silent)) for role in known.heard)
        return (*_samples(sums), *up)


def _summed(sums: Sums, samples: Iterable[Sample]) -> Sums:
    total = dict(sums)
    for sample in samples:
        key = (sample.metric, sample.part, sample.labels)
        before = total.get(key, 0.0)
        total[key] = max(before, sample.value) if sample.metric in _SAME else before + sample.value
    return total


def _samples(sums: Sums) -> Iterator[Sample]:
    for (metric, part, labels), value in sums.items():
        yield Sample(metric=metric, part=part, labels=labels, value=value)
