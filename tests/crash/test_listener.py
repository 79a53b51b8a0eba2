"""Killed, or failed by a call, while clients wait for our answer by SMTP: a sample of `make crash`, and its control."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.crash.bad_builds import Build
from tests.crash.harness import StraceMissing, not_here, require_strace
from tests.crash.listener import ListenerHarness

pytestmark = pytest.mark.real

KILLS_APART = 41  # as in test_crash: shares that take some seconds
ERRORS_APART = 127
LAST = 12  # reads, of the last connections: how many octets come with each is not the same in every life


@contextmanager
def started(build: Build) -> Iterator[ListenerHarness]:
    try:
        require_strace()
    except StraceMissing as reason:
        not_here(str(reason))
    with closing(ListenerHarness(build)) as harness:
        yield harness


def test_killed_between_the_clients_connection_and_its_250() -> None:
    """Catalogue A01 and A08 behind the real listener: what is answered is kept or sent, what is kept is kept once."""
    with started(Build.GOOD) as harness:
        kills, errors = harness.points()
        assert len(kills) > 200
        assert len(errors) > 300
        points = kills[::KILLS_APART] + errors[::ERRORS_APART]
        assert [fault for point in points for fault in harness.faults(point)] == []


@pytest.mark.parametrize(("build", "word"), [(Build.ANSWER_BEFORE_HOLD, "LOST"), (Build.NO_KEY, "held for")])
def test_a_bad_build_is_caught(build: Build, word: str) -> None:
    with started(build) as harness:
        kills, _ = harness.points()
        reads = [point for point in kills if point.call == "recvfrom"]
        assert any(word in fault for point in reversed(reads[-LAST:]) for fault in harness.faults(point))
