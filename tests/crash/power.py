"""Cuts the power at moments of one recorded life, and asks what each of the disks that it may leave still holds."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from quarantine.ports import StoreUnavailable
from tests.crash.disk import Kept, Moment, moments
from tests.crash.harness import Harness, Recording, left_faults


def cut(harness: Harness, recording: Recording, every: int = 1) -> Iterator[tuple[str, list[str]]]:
    """Each state of each such moment, in words, with what is wrong with it."""
    left = harness.folder / "left"
    for moment in moments(recording.trace, recording.start, recording.state):
        if moment.number % every:
            continue
        for kept in Kept:
            shutil.rmtree(left, ignore_errors=True)
            left.mkdir()
            moment.disk.leave(left, kept, random.Random(f"{moment.number} {kept}"))
            what = f"power cut before change {moment.number}, left of what was not synced: {kept.value}"
            yield what, list(_faults(left, moment))


def _faults(left: Path, moment: Moment) -> Iterator[str]:
    try:
        yield from left_faults(left, moment.said, None)
    except StoreUnavailable as error:
        yield f"does not start: {error}"
