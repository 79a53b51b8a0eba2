"""What a process says of itself."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway.config import load_config
from gateway.metrics import (
    AUDIT,
    CONNECTIONS,
    DIGEST,
    DIRECTORY_PEOPLE,
    DIRECTORY_TIME,
    FREE_OCTETS,
    HELD,
    HOP_CONNECTIONS,
    HOP_FAILURES,
    IN_HAND,
    OLDEST_HELD,
    POLICY,
    RESIDENT_OCTETS,
    Meter,
)
from gateway.relay.pool import Health
from gateway.vitals import (
    Kept,
    full,
    measure_audit,
    measure_hops,
    measure_judging,
    measure_kept,
    measure_listeners,
    measure_process,
)
from quarantine.adapters.stock import Waiting
from rules.directory import Directory, Person
from rules.policy import load_policy
from rules.shipped import find_policy


def found(meter: Meter) -> dict[tuple[str, ...], float]:
    return {(sample.metric, *sample.labels): sample.value for sample in meter.samples()}


def test_memory_is_told_in_octets() -> None:
    meter = Meter()
    measure_process(meter, "gateway-0")
    assert 2**20 < found(meter)[(RESIDENT_OCTETS.name, "gateway-0")] < 2**36


class Listening(NamedTuple):
    connections: int
    commits_in_flight: int


def test_listeners_and_next_hops_by_their_names() -> None:
    meter = Meter()
    measure_listeners(meter, {"edge": Listening(5, 2)})  # type: ignore[dict-item]
    measure_hops(meter, {"exchange": Health(in_use=3, idle=1, connects=9, failures=4, last_failure="x")})
    numbers = found(meter)
    assert (numbers[(CONNECTIONS.name, "edge")], numbers[(IN_HAND.name, "edge")]) == (5, 2)
    assert numbers[(HOP_CONNECTIONS.name, "exchange", "in use")] == 3
    assert numbers[(HOP_FAILURES.name, "exchange")] == 4


def test_of_two_policies_one_after_the_other_the_second_is_told() -> None:
    meter = Meter()
    policies = [load_policy(find_policy(name)) for name in ("city-baseline", "city-baseline")]
    staff = Directory(domains=frozenset(), people={"a@x": Person(address="a@x")})
    for policy in policies:
        measure_judging(meter, policy, staff, None)
    told = [key for key in found(meter) if key[0] == POLICY.name]
    assert told == [(POLICY.name, "city-baseline", policies[1].hash[:12])]
    assert found(meter)[(DIRECTORY_PEOPLE.name,)] == 1


def test_the_age_of_the_staff_list_goes_with_it() -> None:
    meter, policy, staff = Meter(), load_policy(find_policy("city-baseline")), Directory(domains=frozenset())
    measure_judging(meter, policy, staff, datetime(2026, 1, 1, tzinfo=UTC))
    assert found(meter)[(DIRECTORY_TIME.name,)] == 1_767_225_600
    measure_judging(meter, policy, staff, None)
    assert (DIRECTORY_TIME.name,) not in found(meter)


@pytest.mark.parametrize(("oldest", "moment"), [(None, 0), (datetime(2026, 1, 1, tzinfo=UTC), 1_767_225_600)])
def test_what_is_kept(oldest: datetime | None, moment: float) -> None:
    meter = Meter()
    measure_kept(meter, Kept(waiting=Waiting(items=2, oldest=oldest), digest=oldest, free=77))
    assert found(meter) == {
        (HELD.name,): 2,
        (OLDEST_HELD.name,): moment,
        (DIGEST.name,): moment,
        (FREE_OCTETS.name,): 77,
    }


@pytest.mark.parametrize(("faults", "sound"), [((), 1), (("chain 1: record 3",), 0)])
def test_an_audit_record_that_was_changed(faults: tuple[str, ...], sound: int) -> None:
    meter = Meter()
    measure_audit(meter, faults)
    assert found(meter) == {(AUDIT.name,): sound}


class Usage(NamedTuple):
    free: int


@pytest.mark.parametrize(("free", "ready"), [(1_048_576, True), (1_048_575, False)])
def test_a_process_without_room_for_one_message_is_not_ready(
    free: int, ready: bool, config_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(config_file("limits: {message_octets: 1048576}\n"))
    assert "No such file" in full(config)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free))
    assert (full(config) == "") is ready
