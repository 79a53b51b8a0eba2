"""Whether this machine, its surroundings and the configuration can be trusted with mail. Looks, and changes nothing.

A check is a function that yields notes; the two tuples here are all of them, in the order in which they are told. What
cannot be found out is told as unsafe: undetermined is never well.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gateway.config import Config, load_config
from gateway.doctor.certificates import check_listeners
from gateway.doctor.judging import check_directory, check_identity, check_inspection, check_policy
from gateway.doctor.machine import check_clock, check_descriptors, check_versions
from gateway.doctor.mta import check_mta
from gateway.doctor.names import check_names
from gateway.doctor.next_hops import check_next_hops
from gateway.doctor.note import Grade, Note, good, unsafe
from gateway.doctor.records import check_audit, check_database
from gateway.doctor.storage import (
    check_clock_steps,
    check_durability,
    check_file_system,
    check_permissions,
    check_space,
)
from rules.yaml_nodes import DocumentError

__all__ = ["CONFIGURED", "MACHINE", "Check", "Finding", "Grade", "examine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`name`: one or two words for the table; `run` may take seconds and may raise."""

    name: str
    run: Callable[[Config], Iterable[Note]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    check: str
    note: Note


# Asked even when there is no configuration to be had.
MACHINE: tuple[tuple[str, Callable[[], Iterable[Note]]], ...] = (
    ("version", check_versions),
    ("clock", check_clock),
)
CONFIGURED = (
    Check(name="open files", run=check_descriptors),
    Check(name="file system", run=check_file_system),
    Check(name="space", run=check_space),
    Check(name="permissions", run=check_permissions),
    Check(name="durability", run=check_durability),
    Check(name="time", run=check_clock_steps),
    Check(name="database", run=check_database),
    Check(name="audit record", run=check_audit),
    Check(name="policy", run=check_policy),
    Check(name="staff list", run=check_directory),
    Check(name="inspection", run=check_inspection),
    Check(name="certificates", run=check_listeners),
    Check(name="identity", run=check_identity),
    Check(name="dns", run=check_names),
    Check(name="next hops", run=check_next_hops),
    Check(name="mail server", run=check_mta),
)


def examine(path: Path) -> Iterator[Finding]:
    """Everything that the checks say, as they say it."""
    config, faults = _configuration(path)
    yield from (Finding(check="configuration", note=note) for note in faults)
    for name, run in MACHINE:
        yield from _asked(name, run)
    if config is not None:
        for check in CONFIGURED:
            yield from _asked(check.name, partial(check.run, config))


def _configuration(path: Path) -> tuple[Config | None, tuple[Note, ...]]:
    try:
        config = load_config(path)
    except DocumentError as error:
        return None, tuple(unsafe(str(fault), "mailward config check tells what is expected") for fault in error.faults)
    return config, (good(f"{path} has no fault"),)


def _asked(name: str, run: Callable[[], Iterable[Note]]) -> Iterator[Finding]:
    """What one check says; one that fails says that, and takes no other with it."""
    try:
        for note in run():
            yield Finding(check=name, note=note)
    except Exception as error:  # whatever it is: the other checks are still worth asking
        says = f"could not be checked: {type(error).__name__}: {error}"
        yield Finding(check=name, note=unsafe(says, "mend that first; if it makes no sense, report it as a defect"))
