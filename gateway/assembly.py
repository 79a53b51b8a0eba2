"""Puts one gateway process together from its configuration: workers, next hops, store, pipeline, listeners.

The explicit wiring: every collaborator is made here and handed to a constructor.
"""

import asyncio
import errno
import logging
import os
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from gateway.certificates import listener_tls
from gateway.config import Config, Listener, MilterListener, load_config
from gateway.identity import CannotIdentify
from gateway.identity.stamp import VARIABLE as STAMP_VARIABLE
from gateway.journal import Journal
from gateway.metrics import REFUSALS, Meter
from gateway.milter.listener import RunningMilter, start_milter
from gateway.pipeline import Identifying, Pipeline
from gateway.processes import CannotStart
from gateway.relay import NextHops
from gateway.reports import Report
from gateway.smtp.listener import RunningListener, start_listener
from gateway.smtp.reception import Reception
from gateway.smtp.spool import Spool
from gateway.vitals import full, measure_hops, measure_judging, measure_listeners, measure_process
from gateway.workers import InspectionUnavailable, WorkerPool, worker_settings
from quarantine.fact_files import FOLDER, FactFiles
from quarantine.item import Entry
from quarantine.ports import StoreUnavailable
from quarantine.quarantine import Store, open_store
from rules.directory import Directory
from rules.directory_file import load_directory
from rules.policy import Policy
from rules.stored import Asked, StoredFact, asked_by
from rules.transaction import Transaction
from rules.verdict import Judgement
from rules.yaml_nodes import DocumentError

MEGABYTE = 1_000_000  # octets
KEPT_POLICIES = 5  # messages in hand may have been judged by an earlier one
FEW = 20  # named in one line of the log

_log = logging.getLogger("mailward.assembly")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """What is swapped as a whole at a reload: workers with their policy, and the directory they know.

    `written`: when its staff list was, None without one.
    """

    pool: WorkerPool
    directory: Directory
    written: datetime | None

    @property
    def policy(self) -> Policy:
        return self.pool.policy

    async def inspect(self, transaction: Transaction) -> Judgement:
        return await self.pool.inspect(transaction)


class Gateway:
    """One gateway process. A transaction keeps the judging it began with."""

    def __init__(self, path: Path, config: Config, judging: Judging, store: Store, executor: Executor) -> None:
        self._path = path
        self._config = config
        self._judging = judging
        self._store = store
        self._executor = executor
        self._identifying: Identifying | None = None
        self._hops = NextHops(config.next_hops, config.hostname, config.routes)
        self._meter = Meter()
        self._facts = FactFiles(folder=config.state / FOLDER, limit=config.stored_facts_megabytes * MEGABYTE)
        self._asked: dict[str, Asked] = {}  # by the hash of the policy: that in force, and those before it
        self._journal = Journal(
            store.ledger, executor, self._meter, self._keep if config.stored_facts_megabytes else None
        )
        self._asks(judging.policy)
        self._spool = Spool(config.state / "spool")
        self._listeners: list[RunningListener] = []
        self._reloads = 0
        self._says = ""  # of the last reload
        self._milters: list[RunningMilter] = []
        self._retiring: set[asyncio.Task[None]] = set()  # pools of earlier policies, closing
        self._greeting: asyncio.Task[None] | None = None  # of the next hops, which no client waits for

    @classmethod
    async def start(cls, path: Path, executor: Executor) -> Self:
        """Raises CannotStart with a sentence for the administrator."""
        try:
            config = load_config(path)
            store = open_store(config.state, keep_days=config.quarantine_days)
            in_doubt = store.ledger.recover()
            if in_doubt:
                _log.error("cut short while it was sent, so that it may come twice: %s", _told(in_doubt))
            gateway = cls(path, config, await start_judging(config), store, executor)
            await gateway._open()
        except (DocumentError, StoreUnavailable, InspectionUnavailable, CannotIdentify, OSError) as error:
            raise CannotStart(f"cannot start: {error}") from error
        gateway._greeting = asyncio.create_task(gateway._hops.greet())
        return gateway

    async def _open(self) -> None:
        """What needs more than the workers, which end with the rest when one of these cannot be had."""
        try:
            self._identifying = await identification(self._config)
            for listener in self._config.listeners:
                self._listeners.append(await self._opened(listener))
            for milter in self._config.milters:
                self._milters.append(await self._opened_milter(milter))
        except BaseException:
            await self.end(0)
            raise

    async def _opened(self, listener: Listener) -> RunningListener:
        """Raises CannotStart that names the listener, which the error of the system does not."""
        try:
            return await self._listen(listener)
        except OSError as error:
            place = f"{listener.name}: {listener.address}:{listener.port}"
            raise CannotStart(f"cannot start: {_unopened(place, error)}") from error

    async def _opened_milter(self, milter: MilterListener) -> RunningMilter:
        """Raises CannotStart, as _opened."""
        try:
            return await start_milter(
                milter,
                limits=self._config.limits,
                domain=self._config.domains[0],
                spool=self._spool,
                process=self._pipeline(milter.next_hop, amends=False).process,
                open_onward=lambda: self._hops.egress(milter.next_hop),
                busy=lambda: self._judging.pool.busy,
                reuse_port=self._config.processes > 1,
            )
        except OSError as error:
            place = f"{milter.name}: {milter.socket or f'{milter.address}:{milter.port}'}"
            raise CannotStart(f"cannot start: {_unopened(place, error)}") from error

    def _asks(self, policy: Policy) -> None:
        self._asked[policy.hash] = asked_by(policy)
        for earlier in tuple(self._asked)[:-KEPT_POLICIES]:
            del self._asked[earlier]

    def _keep(self, policy_hash: str, fact: StoredFact) -> None:
        asked = self._asked.get(policy_hash)
        if asked is not None:
            self._facts.keep(asked, fact)

    @property
    def places(self) -> tuple[str, ...]:
        """Name, address and port of each listener; or the name of its socket."""
        listeners = zip(self._config.listeners, self._listeners, strict=True)
        milters = zip(self._config.milters, self._milters, strict=True)
        return (
            *(f"{listener.name} {listener.address}:{running.port}" for listener, running in listeners),
            *(f"{milter.name} {running.place}" for milter, running in milters),
        )

    async def reload(self) -> None:
        """Build a complete new judging and swap it in, or keep the old one. Listeners stay as they are."""
        try:
            config = load_config(self._path)
            identifying = await identification(config)
            offers = {listener.name: listener_tls(listener) for listener in config.listeners}
            judging = await start_judging(config)
        except (DocumentError, InspectionUnavailable, CannotIdentify, OSError) as error:
            _log.error("reload refused, the old policy stays: %s", error)
            self._says = f"reload refused: {error}"
            return
        except Exception as error:  # as in the supervisor: what was in force goes on
            _log.exception("reload failed")
            self._says = f"reload refused: it cannot be read ({type(error).__name__})"
            return
        finally:
            self._reloads += 1
        self._says = ""
        for listener, running in zip(self._config.listeners, self._listeners, strict=True):
            running.renew(offers.get(listener.name))
        old, self._judging = self._judging, judging
        self._asks(judging.policy)
        # The earlier one ends with its last message; its questions and threads end by themselves.
        self._identifying = identifying
        _log.info("policy %s %s is in force", judging.pool.policy.name, judging.pool.policy.hash[:12])
        # Its messages in hand may take as long as one may; meanwhile SIGTERM must be heard.
        closing = asyncio.create_task(old.pool.close())
        self._retiring.add(closing)
        closing.add_done_callback(self._retiring.discard)

    def report(self, role: str) -> Report:
        """How this process stands, for whoever watches it."""
        meter, judging = self._meter, self._judging
        names = (entrance.name for entrance in self._config.entrances)
        measure_process(meter, role)
        measure_listeners(meter, dict(zip(names, (*self._listeners, *self._milters), strict=True)))
        measure_hops(meter, self._hops.health())
        measure_judging(meter, judging.policy, judging.directory, judging.written)
        lacking = full(self._config)
        return Report(ready=not lacking, says=lacking or self._says, reloads=self._reloads, samples=meter.samples())

    async def end(self, seconds: float) -> None:
        """Stop listening, let what is in hand end within `seconds`, and close everything."""
        doors: tuple[RunningListener | RunningMilter, ...] = (*self._listeners, *self._milters)
        await asyncio.gather(*(door.drain(seconds) for door in doors))
        for door in doors:
            door.close()
        await asyncio.gather(self._judging.pool.close(), *self._retiring)
        if self._greeting is not None:
            self._greeting.cancel()
        await self._hops.close()
        if self._identifying is not None:
            await self._identifying.close()
        self._flush()
        self._facts.close()

    def _flush(self) -> None:
        try:
            self._store.ledger.close()
        except StoreUnavailable as error:
            _log.error("the last second's count stays in the daybook for the next start: %s", error)

    async def _listen(self, listener: Listener) -> RunningListener:
        pipeline = self._pipeline(listener.next_hop)
        return await start_listener(
            Reception(
                listener=listener,
                limits=self._config.limits,
                hostname=self._config.hostname,
                domains=frozenset(self._config.domains),
                postmaster_domain=self._config.domains[0],
                spool=self._spool,
                open_egress=lambda: self._hops.egress(listener.next_hop),
                process=pipeline.process,
                busy=lambda: self._judging.pool.busy,
                refused=lambda stage, reply_class: self._meter.count(REFUSALS, listener.name, stage, reply_class),
                abilities=lambda: self._hops.abilities(listener.next_hop),
            ),
            reuse_port=self._config.processes > 1,
        )

    def _pipeline(self, next_hop: str, *, amends: bool = True) -> Pipeline:
        """`amends`: the body may be changed, which a milter never does."""
        return Pipeline(
            judging=lambda: self._judging,
            quarantine=self._store.quarantine,
            reach=self._store.reach,
            journal=self._journal,
            store=self._executor,
            hostname=self._config.hostname,
            domains=frozenset(self._config.domains),
            subject_tag=self._config.subject_tag,
            disclaimer_rules=frozenset(self._config.disclaimer.rules if self._config.disclaimer.text else ()),
            amends=amends,
            next_hop=next_hop,
            identifying=lambda: self._identifying,
        )


def _told(in_doubt: Sequence[Entry]) -> str:
    """The transactions, a few of them by name."""
    ids = list(dict.fromkeys(entry.transaction for entry in in_doubt))
    return f"{len(ids)} messages ({', '.join(ids[:FEW])}{', …' if len(ids) > FEW else ''})"


def _unopened(place: str, error: OSError) -> str:
    place = f"listener {place}"
    match error.errno:
        case errno.EADDRINUSE:
            return f"{place} is in use"
        case errno.EACCES:
            return f"{place} is not permitted to this account"
        case _:
            return f"{place}: {error}"


async def identification(config: Config) -> Identifying | None:
    """Who proves senders, or None where nothing of it is configured. Raises CannotIdentify."""
    if not config.identity.enabled and not os.environ.get(STAMP_VARIABLE):
        return None
    from gateway.identity.identification import start_identification  # 0.2 s of imports that most sites spare

    return start_identification(config)


async def start_judging(config: Config) -> Judging:
    """Workers warm under the configured policy. Raises DocumentError, InspectionUnavailable or OSError."""
    settings = worker_settings(config, rehearse=True)
    file = settings.directory
    directory = load_directory(file, frozenset(settings.domains))
    written = datetime.fromtimestamp(file.stat().st_mtime, UTC) if file is not None else None
    pool = WorkerPool(settings)
    await pool.start()
    return Judging(pool=pool, directory=directory, written=written)
