"""Nothing acknowledged is lost, whatever call it is cut off at or fails: a sample of `make crash`.

And the proof that this can fail: builds that are known to be bad are caught.
"""

from collections.abc import Iterator

import pytest

from tests.crash.bad_builds import Build
from tests.crash.harness import Harness, Point, StraceMissing, error_points, kill_points, not_here, require_strace
from tests.crash.power import cut

pytestmark = pytest.mark.real

# Shares of the whole that take some seconds. None divides the number of calls that one act makes, so that over all acts
# every kind of call is met.
KILLS_APART = 31
ERRORS_APART = 97
CUTS_APART = 17


@pytest.fixture(scope="module")
def good() -> Iterator[Harness]:
    yield from started(Build.GOOD)


def started(build: Build) -> Iterator[Harness]:
    try:
        require_strace()
    except StraceMissing as reason:
        not_here(str(reason))
    harness = Harness(build)
    yield harness
    harness.close()


def test_killed_at_some_system_calls(good: Harness) -> None:
    """Catalogue A01, A02, A04, A12."""
    points = kill_points(good.calls())
    assert len(points) > 200
    assert [fault for point in points[::KILLS_APART] for fault in good.faults(point)] == []


def test_some_calls_fail(good: Harness) -> None:
    """Catalogue A08, A10, A11: no answer of 250 for what is not kept, and no restart is needed."""
    points = error_points(good.calls())
    assert len(points) > 500
    assert [fault for point in points[::ERRORS_APART] for fault in good.faults(point)] == []


@pytest.mark.parametrize("empty", [False, True], ids=["at work", "at the first start"])
def test_the_power_is_cut(good: Harness, empty: bool) -> None:
    """Catalogue A06, A14."""
    states = list(cut(good, good.record(empty=empty), CUTS_APART))
    assert len(states) > 50
    assert [(state, faults) for state, faults in states if faults] == []


@pytest.mark.parametrize("build", [build for build in Build if build is not Build.GOOD])
def test_a_bad_build_is_caught_by_a_power_cut(build: Build) -> None:
    """Catalogue A07: the control."""
    for harness in started(build):
        states = cut(harness, harness.record(empty=False), CUTS_APART)
        assert next((faults for _, faults in states if faults), None)


def test_a_build_that_answers_too_early_is_caught_by_a_kill() -> None:
    for harness in started(Build.ANSWER_BEFORE_HOLD):
        found = [fault for number in (2, 3) for fault in harness.faults(Point("sendto", number))]
        assert any("acknowledged as held, the audit record names 0" in fault for fault in found)
        assert any("LOST" in fault for fault in found)
