"""`make crash`: every kill point, every failing call, every power cut; what was tried, and what was lost."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

from tests.crash.harness import Harness, Point, StraceMissing, error_points, kill_points, require_strace
from tests.crash.listener import ListenerHarness
from tests.crash.milter import MTAS, MilterHarness
from tests.crash.power import cut
from tests.crash.scenario import STEPS
from tests.crash.served import ServedHarness
from tests.postfix import PostfixMissing
from tests.sendmail import SendmailMissing


def main() -> int:
    try:
        require_strace()
    except StraceMissing as reason:
        print(f"Not here: {reason}")
        return 1
    begun = time.monotonic()
    served: dict[str, Callable[[], ServedHarness]] = {"by SMTP": ListenerHarness}
    served |= {f"beside {kind}": partial(MilterHarness, kind=kind) for kind in MTAS}
    faults = [*_gateway(), *(fault for how, make in served.items() for fault in _served(how, make))]
    print("\n".join(faults))
    print(f"{len(faults)} faults; {time.monotonic() - begun:.0f} s")
    return int(bool(faults))


def _gateway() -> list[str]:
    with closing(Harness()) as harness:
        calls = harness.calls()
        kills, errors = kill_points(calls), error_points(calls)
        return [*_tried(harness, kills, "kill points"), *_tried(harness, errors, "failing calls"), *_cut(harness)]


def _served(how: str, make: Callable[[], ServedHarness]) -> list[str]:
    try:
        harness = make()
    except (PostfixMissing, SendmailMissing) as reason:
        print(f"{how}: not here: {reason}")
        return []
    with closing(harness):
        kills, errors = harness.points()
        acts = len(harness.steps())
        found = [*_tried(harness, kills, f"{how}, kill points", acts)]
        return [*found, *_tried(harness, errors, f"{how}, failing calls", acts)]


def _tried(harness: Harness, points: list[Point], what: str, acts: int = len(STEPS)) -> Iterator[str]:
    found, lost, acknowledged = 0, 0, 0
    for number, point in enumerate(points, 1):
        faults = harness.faults(point)
        lost += sum("LOST" in fault for fault in faults)
        acknowledged += acts  # by the end of the second life
        found += len(faults)
        yield from faults
        if sys.stderr.isatty():
            print(f"\r{what}: {number} of {len(points)}", end="", file=sys.stderr)
    print(f"{what}: {len(points)} tried, {acknowledged} acts acknowledged, {lost} lost, {found} faults in all")


def _cut(harness: Harness) -> Iterator[str]:
    number = 0
    for empty in (False, True):
        for state, faults in cut(harness, harness.record(empty=empty)):
            number += 1
            yield from (f"{state}: {fault}" for fault in faults)
    print(f"power cuts: {number} states tried")


if __name__ == "__main__":
    sys.exit(main())
