"""`make crash`: every kill point, every failing call, every power cut; what was tried, and what was lost."""

import sys
import time
from collections.abc import Iterator
from contextlib import closing

from tests.crash.harness import Harness, Point, StraceMissing, error_points, kill_points, require_strace
from tests.crash.milter import MTAS, SENT, MilterHarness
from tests.crash.power import cut
from tests.crash.scenario import STEPS
from tests.postfix import PostfixMissing
from tests.sendmail import SendmailMissing


def main() -> int:
    try:
        require_strace()
    except StraceMissing as reason:
        print(f"Not here: {reason}")
        return 1
    begun = time.monotonic()
    faults = [*_gateway(), *(fault for kind in MTAS for fault in _milter(kind))]
    print("\n".join(faults))
    print(f"{len(faults)} faults; {time.monotonic() - begun:.0f} s")
    return int(bool(faults))


def _gateway() -> list[str]:
    with closing(Harness()) as harness:
        calls = harness.calls()
        kills, errors = kill_points(calls), error_points(calls)
        return [*_tried(harness, kills, "kill points"), *_tried(harness, errors, "failing calls"), *_cut(harness)]


def _milter(kind: str) -> list[str]:
    try:
        harness = MilterHarness(kind=kind)
    except (PostfixMissing, SendmailMissing) as reason:
        print(f"beside {kind}: not here: {reason}")
        return []
    with closing(harness):
        kills, errors = harness.points()
        acts = len(SENT)
        found = [*_tried(harness, kills, f"beside {kind}, kill points", acts)]
        return [*found, *_tried(harness, errors, f"beside {kind}, failing calls", acts)]


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
