"""Checks of what judges mail: policy, staff list, inspection and its confinement, who proves senders."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace

from gateway.assembly import identification
from gateway.config import DAY_SECONDS, Config
from gateway.doctor.note import Note, advice, good, unsafe
from gateway.identity import CannotIdentify
from gateway.sandbox.layers import Refusal
from gateway.snapshot import FILE, FOLDER
from gateway.staff_list import Refused
from gateway.taking import check_staff, is_in_force
from gateway.workers import InspectionUnavailable, WorkerPool, canary, worker_settings
from quarantine.display import counted
from rules.coverage import unapproved
from rules.directory_file import load_directory
from rules.policy import load_policy
from rules.shipped import find_policy
from rules.verdict import Inspected
from rules.yaml_nodes import DocumentError

STALE_DAYS = 30  # of a staff list: people come and go every month
CHECK = "mailward policy check tells what is expected"


def check_policy(config: Config) -> Iterator[Note]:
    """It is read as the service reads it."""
    try:
        policy = load_policy(find_policy(config.policy))
    except DocumentError as error:
        yield from (unsafe(str(fault), CHECK) for fault in error.faults)
        return
    yield good(f"{policy.name}: {counted(len(policy.rules), 'rule')}, {policy.hash[:12]}")
    for name in unapproved(policy):
        remedy = "set `approver:` at its entry in the policy; until then whoever may release decides"
        yield advice(f"{name} holds mail to everybody and names nobody who permits it", remedy)


def check_directory(config: Config) -> Iterator[Note]:
    """Who is ours, and which addresses are groups."""
    if config.directory is None:
        yield advice("no staff list", "set `directory`: organization-wide mail and former staff are then known")
        return
    try:
        directory = load_directory(config.directory, frozenset(config.domains))
    except DocumentError as error:
        yield from (
            unsafe(str(fault), "mend the list; the service goes on with the last good one") for fault in error.faults
        )
        return
    days = (time.time() - config.directory.stat().st_mtime) / DAY_SECONDS
    people, groups = counted(len(directory.people), "person", "people"), counted(len(directory.groups), "group")
    says = f"{people}, {groups}, {days:.0f} days old"
    yield good(says) if days <= STALE_DAYS else advice(says, "export it again, best by a timer")
    yield from _not_taken(config)


def _not_taken(config: Config) -> Iterator[Note]:
    """That the service goes on with another list than the one there."""
    if not is_in_force(config):
        return
    try:
        check_staff(config, config.state / FOLDER / FILE)
    except Refused as refused:
        yield unsafe(f"the service does not take it: {refused}", "find out why people are missing from it")
    except (DocumentError, OSError):  # of an earlier version, or of another account
        return


def check_inspection(config: Config) -> Iterator[Note]:
    """A worker is started as the service does, and a message is judged in it."""
    try:
        inspected, refused = asyncio.run(_tried(config))
    except (InspectionUnavailable, DocumentError) as error:
        yield unsafe(f"no message can be inspected: {error}", "until that is mended all mail is deferred (451)")
        return
    if inspected is not Inspected.FULLY:
        yield unsafe(f"a plain message was inspected {inspected.value}", "see the log of the service")
    for refusal in sorted(refused, key=lambda one: one.layer.value):
        remedy = "sandbox: required in the configuration refuses to start without it; SECURITY.md says what it guards"
        yield advice(f"inspection goes without {refusal.layer.value}: {refusal.reason}", remedy)
    if inspected is Inspected.FULLY and not refused:
        yield good("a message was inspected, with every layer of confinement")


async def _tried(config: Config) -> tuple[Inspected, frozenset[Refusal]]:
    async with WorkerPool(replace(worker_settings(config), workers=1)) as pool:
        judgement = await pool.inspect(canary())
        return judgement.inspected, pool.refused


def check_identity(config: Config) -> Iterator[Note]:
    """Keys and secrets are read as the service reads them."""
    try:
        found = asyncio.run(_identified(config))
    except CannotIdentify as error:
        yield unsafe(str(error), "the service does not start, or refuses its reload, until that is mended")
        return
    yield good("keys and secrets can be used" if found else "no proof of senders is configured")


async def _identified(config: Config) -> bool:
    identifying = await identification(config)
    if identifying is not None:
        await identifying.close()
    return identifying is not None
