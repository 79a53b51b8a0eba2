"""Killed, or failed by a call, while an MTA waits for our answer: a sample of `make crash`, and its control."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.crash.bad_builds import Build
from tests.crash.harness import StraceMissing, not_here, require_strace
from tests.crash.milter import MTAS, MilterHarness
from tests.postfix import PostfixMissing
from tests.sendmail import SendmailMissing

pytestmark = pytest.mark.real

KILLS_APART = 53  # as in test_crash: shares that take some seconds
ERRORS_APART = 211
LAST = 16  # reads, of the last connections: how many octets come with each is not the same in every life


@contextmanager
def started(build: Build, kind: str) -> Iterator[MilterHarness]:
    try:
        require_strace()
        harness = MilterHarness(build, kind)
    except (StraceMissing, PostfixMissing, SendmailMissing) as reason:
        not_here(str(reason))
    try:
        yield harness
    finally:
        harness.close()


@pytest.mark.parametrize("kind", MTAS)
def test_killed_while_an_mta_waits(kind: str) -> None:
    """Catalogue G07: what is removed or discarded is durable before the MTA is told so."""
    with started(Build.GOOD, kind) as harness:
        kills, errors = harness.points()
        assert len(kills) > 150
        assert len(errors) > 300
        points = kills[::KILLS_APART] + errors[::ERRORS_APART]
        assert [fault for point in points for fault in harness.faults(point)] == []


@pytest.mark.parametrize("kind", MTAS)
def test_a_build_that_answers_too_early_is_caught(kind: str) -> None:
    with started(Build.ANSWER_BEFORE_HOLD, kind) as harness:
        kills, _ = harness.points()
        reads = [point for point in kills if point.call == "recvfrom"]
        assert any("LOST" in fault for point in reversed(reads[-LAST:]) for fault in harness.faults(point))
