"""The keeper: what has its hour rather than its message. Returns abandoned releases, expires, sends the digest.

Does nothing that two keepers at once could do twice: each act is claimed in the store.
"""

import asyncio
import contextlib
import itertools
import logging
import shutil
import signal
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway import clock_watch
from gateway.config import Config, load_config
from gateway.courier import SmtpCourier
from gateway.loop import on_signals
from gateway.metrics import Meter
from gateway.processes import CannotStart
from gateway.reports import Report, report_always
from gateway.review import WorkerReview
from gateway.vitals import Kept, measure_audit, measure_kept, measure_process
from quarantine.adapters.stock import DATABASE, waiting
from quarantine.approval import Letters
from quarantine.audit import GATEWAY, folder_of, verify
from quarantine.digest_mail import DigestSender, Settings, sender_of
from quarantine.item import ReportState
from quarantine.ports import Refused, StoreUnavailable
from quarantine.quarantine import Store, open_store
from quarantine.release import Release
from rules.shipped import find_policy
from rules.yaml_nodes import DocumentError

if TYPE_CHECKING:
    from rules.policy import Policy

TURN_SECONDS = 30.0  # how late the digest, and how old an abandoned release beyond its lease, may be
TURNS_TO_COLLECT = 120  # an hour: it lists every stored content, and what a crash left behind hurts nobody

_log = logging.getLogger("mailward.keeper")


class KeptConfig:
    """The configuration the keeper goes by: read once, and again only when told; one with an error changes nothing."""

    def __init__(self, path: Path) -> None:
        """Raises DocumentError."""
        self._path = path
        self.config = load_config(path)
        self.reloads = 0

    def reload(self) -> None:
        self.reloads += 1
        try:
            self.config = load_config(self._path)
        except DocumentError as error:
            _log.error("reload refused, the keeper goes on with the old configuration: %s", error)


async def serve_keeper(path: Path, role: str, control: socket.socket) -> None:
    """The keeper process, until SIGTERM. The supervisor sends SIGHUP only for files that load."""
    ending, meter = asyncio.Event(), Meter()
    try:
        kept = KeptConfig(path)
    except DocumentError as error:
        raise CannotStart(f"cannot start: {error}") from error
    on_signals({signal.SIGTERM: ending.set, signal.SIGHUP: kept.reload})
    reporting = asyncio.create_task(report_always(control, lambda: _report(kept, meter, role)))
    await keep(kept, ending, meter)
    reporting.cancel()


def _report(kept: KeptConfig, meter: Meter, role: str) -> Report:
    measure_process(meter, role)
    return Report(ready=True, reloads=kept.reloads, samples=meter.samples())


async def keep(kept: KeptConfig, ending: asyncio.Event, meter: Meter) -> None:
    """A turn every TURN_SECONDS until told to end; `meter` learns what it found."""
    for number in itertools.count():
        if ending.is_set():
            return
        collect = number % TURNS_TO_COLLECT == 0
        found = await asyncio.to_thread(turn, kept.config, collect=collect)
        if found is not None:
            measure_kept(meter, found)
        if collect:
            await _verified(kept.config, meter)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ending.wait(), TURN_SECONDS)


async def _verified(config: Config, meter: Meter) -> None:
    try:
        measure_audit(meter, (await asyncio.to_thread(verify, folder_of(config.state))).faults)
    except (StoreUnavailable, OSError) as error:
        _log.warning("the audit record was not verified: %s", error)


def turn(config: Config, *, collect: bool = False) -> Kept | None:
    """Everything that is due now, and with `collect` also contents that no item needs. What fails is due again.

    Returns what is kept after it; None where that could not be counted.
    """
    try:
        store = open_store(config.state, keep_days=config.quarantine_days)
    except StoreUnavailable as error:
        _log.error("the keeper cannot work: %s", error)
        return None
    with contextlib.closing(store.quarantine.audit):
        _attempt("releases cut short", lambda: _resume(store, config))
        _attempt("daybooks left behind", store.ledger.recover)
        _attempt("expiry", lambda: _expire(store, config))
        if config.digest.next_hop:
            _attempt("letters to approvers", lambda: _ask_approvers(store, config))
        if collect:
            _attempt("contents left behind", store.quarantine.retention.collect)
        if config.digest.to:
            _attempt("digest", lambda: _send_digest(store, config))
        return _counted(store, config)


def _counted(store: Store, config: Config) -> Kept | None:
    """For monitors; that it cannot be counted now is no reason to keep it worse."""
    try:
        sent = (report.period.end for report in store.reports.list() if report.state is ReportState.SENT)
        return Kept(
            waiting=waiting(config.state / DATABASE),
            digest=max(sent, default=None),
            free=shutil.disk_usage(config.state).free,
        )
    except (StoreUnavailable, OSError) as error:
        _log.warning("what is held was not counted: %s", error)
        return None


def digest_settings(config: Config) -> Settings:
    """How this configuration wants its daily report."""
    return Settings(
        to=config.digest.to,
        sender=config.digest.sender,
        at=config.digest.at,
        zone=ZoneInfo(config.timezone),
        next_hop=config.digest.next_hop,
        hostname=config.hostname,
        policy=lambda: _policy_of(config),
    )


def _policy_of(config: Config) -> "Policy | None":
    """The policy whose exemptions the report looks after; a report is made without it too."""
    from rules.policy import load_policy  # and all detectors with it, of which the keeper needs none until then

    try:
        return load_policy(find_policy(config.policy))
    except DocumentError as error:
        _log.warning("the digest says nothing of exemptions: %s", error)
        return None


def _attempt(name: str, act: Callable[[], object]) -> None:
    try:
        act()
    except (StoreUnavailable, Refused) as error:
        _log.error("%s: %s", name, error)
    except Exception:
        _log.exception("%s failed", name)


def _resume(store: Store, config: Config) -> None:
    release = Release(quarantine=store.quarantine, courier=SmtpCourier(config), review=WorkerReview(config))
    returned = release.resume(datetime.now(UTC))
    if returned:
        _log.warning("%d copies are held again: their release was cut short", returned)


def _expire(store: Store, config: Config) -> None:
    now = datetime.now(UTC)
    found = clock_watch.note(config.state, now)
    if found.stepped is not None:
        if found.stepped == now:
            _log.error("the clock went on or back by more than a day: until tomorrow nothing expires by itself")
        return
    gone = store.quarantine.retention.expire(now, by=GATEWAY)
    if gone:
        _log.info("%d held messages expired", len(gone))


def _ask_approvers(store: Store, config: Config) -> None:
    letters = Letters(
        quarantine=store.quarantine,
        courier=SmtpCourier(config),
        sender=sender_of(digest_settings(config)),
        hostname=config.hostname,
        next_hop=config.digest.next_hop,
    )
    told = letters.send_due(datetime.now(UTC))
    if told:
        _log.info("%d letters to approvers sent", told)


def _send_digest(store: Store, config: Config) -> None:
    sender = DigestSender(store=store, courier=SmtpCourier(config), settings=digest_settings(config))
    for sending in sender.send_due(by=GATEWAY):
        replies = "; ".join(attempt.text for attempt in sending.attempts)
        level = logging.INFO if sending.accepted else logging.ERROR
        _log.log(level, "digest for %s: %s", sending.period.end.isoformat(), replies)
