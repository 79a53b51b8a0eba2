"""What one process says of itself each second: its gauges, and whether it can do its work. Changes nothing.

The keeper measures too, and loads neither listeners nor detectors for it: here they are no more than types.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.config import Config
from gateway.metrics import (
    AUDIT,
    CONNECTIONS,
    DIGEST,
    DIRECTORY_PEOPLE,
    DIRECTORY_TIME,
    FREE_OCTETS,
    HELD,
    HOP_CONNECTIONS,
    HOP_CONNECTS,
    HOP_DOWN,
    HOP_FAILURES,
    IN_HAND,
    OLDEST_HELD,
    POLICY,
    RESIDENT_OCTETS,
    Meter,
)
from quarantine.adapters.stock import Waiting
from rules.directory import Directory

if TYPE_CHECKING:
    from gateway.milter.listener import RunningMilter
    from gateway.relay.pool import Health
    from gateway.smtp.listener import RunningListener
    from rules.policy import Policy

STATM = Path("/proc/self/statm")  # proc(5): the second number is of resident pages


def measure_process(meter: Meter, role: str) -> None:
    meter.set(RESIDENT_OCTETS, int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"), role)


def measure_listeners(meter: Meter, listeners: "Mapping[str, RunningListener | RunningMilter]") -> None:
    for name, listener in listeners.items():
        meter.set(CONNECTIONS, listener.connections, name)
        meter.set(IN_HAND, listener.commits_in_flight, name)


def measure_hops(meter: Meter, hops: "Mapping[str, Health]") -> None:
    for name, health in hops.items():
        meter.set(HOP_CONNECTIONS, health.in_use, name, "in use")
        meter.set(HOP_CONNECTIONS, health.idle, name, "idle")
        meter.set(HOP_CONNECTS, health.connects, name)
        meter.set(HOP_FAILURES, health.failures, name)
        meter.set(HOP_DOWN, health.down, name)


def measure_judging(meter: Meter, policy: "Policy", directory: Directory, written: datetime | None) -> None:
    """`written`: when the staff list was, None without one."""
    meter.clear(POLICY)
    meter.set(POLICY, 1, policy.name, policy.hash[:12])
    meter.set(DIRECTORY_PEOPLE, len(directory.people))
    meter.clear(DIRECTORY_TIME)
    if written is not None:
        meter.set(DIRECTORY_TIME, written.timestamp())


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the keeper finds at each of its turns. `digest`: the end of the last period that was reported."""

    waiting: Waiting
    digest: datetime | None
    free: int  # octets


def measure_kept(meter: Meter, kept: Kept) -> None:
    oldest = kept.waiting.oldest
    meter.set(HELD, kept.waiting.items)
    meter.set(OLDEST_HELD, oldest.timestamp() if oldest is not None else 0)
    meter.set(DIGEST, kept.digest.timestamp() if kept.digest is not None else 0)
    meter.set(FREE_OCTETS, kept.free)


def measure_audit(meter: Meter, faults: Sequence[str]) -> None:
    meter.set(AUDIT, 0 if faults else 1)


def full(config: Config) -> str:
    """Why no message could be kept now; empty when one could."""
    try:
        free = shutil.disk_usage(config.state).free
    except OSError as error:
        return f"{config.state}: {error.strerror}"
    return "" if free >= config.limits.message_octets else f"{free} octets are free in {config.state}"
