"""Reports over their socket pair, and the board that sums them."""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from gateway.metrics import DIRECTORY_PEOPLE, HELD, RECIPIENTS, RESTARTS, UP, Sample
from gateway.reports import MAX_REPORT, SILENT_SECONDS, Board, Report, channel, report_always, send

RELAYED = ("edge", "relayed")


@dataclass
class Watched:
    """A board with a clock of the test's, and processes that report to it."""

    now: float = 100.0
    ends: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.board = Board(clock=lambda: self.now)

    def start(self, role: str, reloads: int = 0) -> socket.socket:
        ours, theirs = channel()
        self.board.expect(role, ours, reloads)
        self.ends += [ours, theirs]
        return theirs

    def value(self, metric: str, *labels: str) -> float | None:
        found = {(sample.metric, sample.labels): sample.value for sample in self.board.samples()}
        return found.get((metric, labels))


@pytest.fixture
def watched() -> Iterator[Watched]:
    one = Watched()
    yield one
    for end in one.ends:
        end.close()


def counted(number: float, *, ready: bool = True, says: str = "", reloads: int = 0) -> Report:
    samples = (
        Sample(metric=RECIPIENTS.name, labels=RELAYED, value=number),
        Sample(metric=HELD.name, value=number),
        Sample(metric=DIRECTORY_PEOPLE.name, value=number),
    )
    return Report(ready=ready, says=says, reloads=reloads, samples=samples)


def test_counts_and_gauges_are_summed_and_what_all_tell_alike_is_not(watched: Watched) -> None:
    for role, number in (("gateway-0", 3), ("gateway-1", 4)):
        send(watched.start(role), counted(number))
    watched.board.listen()
    assert watched.value(RECIPIENTS.name, *RELAYED) == 7
    assert watched.value(HELD.name) == 7
    assert watched.value(DIRECTORY_PEOPLE.name) == 4
    assert watched.value(UP.name, "gateway-1") == 1


def test_what_a_dead_process_counted_stays_and_what_it_held_does_not(watched: Watched) -> None:
    """Else a counter would go back and a monitor take it for a restart of the whole."""
    send(watched.start("gateway-0"), counted(3))
    again = watched.start("gateway-0")
    assert watched.value(RECIPIENTS.name, *RELAYED) == 3
    assert watched.value(HELD.name) is None
    send(again, counted(2))
    watched.board.listen()
    assert (watched.value(RECIPIENTS.name, *RELAYED), watched.value(RESTARTS.name, "gateway-0")) == (5, 1)


def test_whoever_reads_while_a_process_is_replaced_sees_its_counts_once(watched: Watched) -> None:
    ours, theirs = channel()
    watched.ends += [ours, theirs]
    read: list[float | None] = []

    class Control:
        """Reads the board at the moment at which another thread may."""

        def recv(self, octets: int) -> bytes:
            return ours.recv(octets)

        def close(self) -> None:
            read.append(watched.value(RECIPIENTS.name, *RELAYED))

    watched.board.expect("gateway-0", Control())  # type: ignore[arg-type]
    send(theirs, counted(3))
    watched.start("gateway-0")
    assert read == [3]


@pytest.mark.parametrize(("silence", "silent"), [(SILENT_SECONDS, ()), (SILENT_SECONDS + 0.1, ("gateway-0",))])
def test_a_process_that_spoke_and_stops_is_silent(silence: float, silent: tuple[str, ...], watched: Watched) -> None:
    send(watched.start("gateway-0"), counted(1))
    watched.board.listen()
    watched.now += silence
    assert watched.board.silent == silent
    assert bool(watched.board.not_ready) is bool(silent)
    assert watched.value(UP.name, "gateway-0") == float(not silent)


def test_a_process_that_still_starts_is_not_silent_but_not_ready(watched: Watched) -> None:
    watched.start("gateway-0")
    watched.now += 10 * SILENT_SECONDS
    assert (watched.board.silent, watched.board.not_ready) == ((), ("gateway-0: starting",))


def test_why_it_is_not_ready_and_what_it_remarks(watched: Watched) -> None:
    send(watched.start("gateway-0"), counted(1, ready=False, says="disk full"))
    send(watched.start("keeper"), counted(1, says="reload refused"))
    watched.board.listen()
    assert watched.board.not_ready == ("gateway-0: disk full",)
    assert watched.board.remarks == ("keeper: reload refused",)


def test_a_reload_is_over_when_every_process_is_through_or_began_after_it(watched: Watched) -> None:
    first = watched.start("gateway-0")
    send(first, counted(1, reloads=1))
    send(watched.start("keeper"), counted(1, reloads=0))
    watched.board.listen()
    assert watched.board.reloads() == 0
    watched.start("keeper", reloads=1)
    assert watched.board.reloads() == 1


def test_a_report_too_large_comes_without_its_samples(watched: Watched) -> None:
    control = watched.start("gateway-0")
    send(control, Report(ready=True, samples=(Sample(metric="x" * MAX_REPORT, value=1),)))
    watched.board.listen()
    assert watched.board.not_ready == ()


def test_what_is_no_report_is_passed_over(watched: Watched) -> None:
    control = watched.start("gateway-0")
    send(control, counted(3))
    control.send(b"not a report")
    watched.board.listen()
    assert watched.value(HELD.name) == 3


async def test_a_supervisor_that_does_not_listen_stops_nobody(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.reports.EVERY_SECONDS", 0.0)
    sent = 0

    def report() -> Report:
        nonlocal sent
        sent += 1
        return counted(sent)

    task = asyncio.create_task(report_always(watched.start("gateway-0"), report))
    while sent < 5_000:
        await asyncio.sleep(0)
    task.cancel()
    watched.board.listen()
    assert watched.board.not_ready == ()
