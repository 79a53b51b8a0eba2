"""Checks of the machine itself: versions, clock, limits of open files."""

import ctypes
import platform
import resource
import sqlite3
import ssl
from collections.abc import Iterator
from importlib.metadata import version

from gateway.config import Config
from gateway.doctor.note import Note, advice, good, unsafe

OLDEST_SQLITE = (3, 37, 0)  # of 2021; nothing older has been tried
STA_UNSYNC = 0x0040  # linux/timex.h
TIME_ERROR = 5
TIMEX_OCTETS = 256  # struct timex has 208 on 64-bit Linux
TIMEX_STATUS = 40  # where `status` stands in it, in octets (adjtimex(2))
OWN_DESCRIPTORS = 200  # a gateway process: next hops, workers, database, logs, questions to the DNS


def check_versions() -> Iterator[Note]:
    """What a report of a defect should say, and what is too old for us."""
    yield good(
        f"Mailward {version('mailward')}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{ssl.OPENSSL_VERSION}, {platform.system()} {platform.release()}"
    )
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        yield unsafe(f"SQLite {sqlite3.sqlite_version} is older than {oldest}", "use a Python built with a newer one")
    if platform.system() != "Linux":
        yield unsafe(f"{platform.system()} has no sandbox for inspection", "run Mailward on Linux")


def check_clock() -> Iterator[Note]:
    """Expiry, digest and signatures go by the clock."""
    match clock_state():
        case None:
            yield advice("whether the clock is synchronised cannot be asked here", "ask timedatectl outside")
        case True:
            yield good("the clock is synchronised")
        case False:
            yield advice("the clock is not synchronised", "apt install systemd-timesyncd or chrony, then timedatectl")


def clock_state() -> bool | None:
    """Whether the kernel's clock follows a time source (adjtimex(2)); None where the kernel does not say."""
    timex = ctypes.create_string_buffer(TIMEX_OCTETS)  # modes = 0: asks, changes nothing
    state = ctypes.CDLL(None, use_errno=True).adjtimex(timex)
    if state == -1:
        return None
    status = int.from_bytes(timex.raw[TIMEX_STATUS : TIMEX_STATUS + 4], "little")
    return state != TIME_ERROR and not status & STA_UNSYNC


def check_descriptors(config: Config) -> Iterator[Note]:
    """The service raises its own limit as far as it may (the hard limit)."""
    needed = descriptors_needed(config)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard == resource.RLIM_INFINITY or hard >= needed:
        yield good(f"{needed} open files are needed at most, and allowed")
    else:
        yield unsafe(
            f"{needed} open files may be needed, {hard} are allowed to this account",
            f"LimitNOFILE={needed} in the unit, or fewer limits.connections",
        )


def descriptors_needed(config: Config) -> int:
    """Of one gateway process: a connection has one, its spooled message another."""
    hops = sum(hop.connections for hop in config.next_hops)
    return 2 * config.limits.connections + hops + OWN_DESCRIPTORS
