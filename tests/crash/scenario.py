"""What is played while the machine fails: mail held, relayed, partly refused and sent again; release, deletion, expiry.

Everything is the gateway's own but the judgement, which goes by the local part: `held` is quarantined, others pass. One
thread alone, so that the Nth system call is the same in each run.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.config import Config, Limits, Listener, MilterListener, NextHop, Tls
from gateway.courier import SmtpCourier
from gateway.journal import Journal
from gateway.milter.listener import RunningMilter, start_milter
from gateway.pipeline import Pipeline
from gateway.relay import NextHops
from gateway.smtp import data
from gateway.smtp.listener import RunningListener, start_listener
from gateway.smtp.reception import Reception
from gateway.smtp.spool import Spool
from quarantine.audit import GATEWAY
from quarantine.item import HeldMessage, State
from quarantine.ports import Busy, Refused, StoreUnavailable
from quarantine.quarantine import Store, open_store
from quarantine.release import LEASE, Order, Release
from rules.address import parse_address
from rules.finding import Action, Finding, Observation
from rules.message import Message
from rules.transaction import Client, Direction, Envelope, ListenerKind, Recipient, Transaction
from rules.verdict import Inspected, Judgement, Verdict

KEEP_DAYS = 30
SPOOLED_FROM = 16  # octets: every content goes to the disk while it comes in, in a few writes
NOT_HELD = "is not held any more"  # what an administrator reads who repeats an act that was done
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Mail:
    name: str
    to: tuple[str, ...]  # local parts; the next hop refuses `nobody`


MAILS = (
    Mail("first", ("held",)),
    Mail("second", ("ann",)),
    Mail("third", ("ann", "held")),
    Mail("fourth", ("bob", "nobody")),
)
AGAIN = "first again"  # the same mail once more: its client has not read our reply
ACTS = ("release first", "delete third", "expire fourth")
LISTENING = "listening"
STEPS = (*(mail.name for mail in MAILS), AGAIN, *ACTS)


class Inline(Executor):
    """Runs at once, in the caller's thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done


@dataclass(frozen=True, slots=True)
class ByLocalPart:
    """Judging and Review in one."""

    async def inspect(self, transaction: Transaction) -> Judgement:
        return replace(judged(transaction.envelope.recipients), subject=transaction.message.first("subject") or "")

    def rejudge(self, item: HeldMessage, octets: bytes, recipients: Sequence[Recipient]) -> Judgement:
        return judged(recipients)

    policy: Any = None
    directory: Any = None


def judged(recipients: Sequence[Recipient]) -> Judgement:
    finding = Finding(rule="rule", cites=("C-1",), action=Action.QUARANTINE, observation=0)
    return Judgement(
        policy="p",
        policy_hash="0" * 64,
        observations=(Observation(detector="d", detected=True, score=1.0, summary="seen", evidence=()),),
        verdicts=tuple(
            Verdict(
                recipient=str(one.address),
                direction=Direction.INBOUND,
                action=Action.QUARANTINE if one.address.local == "held" else Action.PASS,
                findings=(finding,) if one.address.local == "held" else (),
            )
            for one in recipients
        ),
        inspected=Inspected.FULLY,
        not_inspected=(),
        subject="s",
        preview="",
    )


def content(mail: Mail) -> bytes:
    return f"Subject: {mail.name}\r\n\r\n{mail.name} text\r\n".encode()


def configuration(state: Path, port: int) -> Config:
    hop = NextHop(name="next", host="127.0.0.1", port=port, tls=Tls.OFF)
    listener = Listener(name="edge", kind=ListenerKind.EDGE, next_hop="next")
    return Config(domains=("city.example",), listeners=(listener,), next_hops=(hop,), state=state)


def transaction(mail: Mail) -> Transaction:
    recipients = tuple(Recipient(address=parse_address(f"{local}@city.example")) for local in mail.to)
    return Transaction(
        id=mail.name,
        received=datetime.now(UTC),
        listener="edge",
        kind=ListenerKind.EDGE,
        direction=None,
        client=Client(address="192.0.2.7", name="mx.elsewhere.example"),
        envelope=Envelope(reverse_path=parse_address("zoe@elsewhere.example"), recipients=recipients),
        message=Message(content(mail)),
    )


def open_here(state: Path) -> Store:
    return open_store(state, keep_days=KEEP_DAYS)


class Play:
    """One life of a gateway over a state folder, from start to end or to where it is cut off."""

    def __init__(self, state: Path, port: int, say: Say, quarantine: Callable[[Store], Any] | None = None) -> None:
        self._config = configuration(state, port)
        self._say = say
        try:
            self._store = open_here(state)
        except StoreUnavailable:  # the process ends, and its supervisor starts another
            self._store = open_here(state)
        self._executor = Inline()
        self._journal = Journal(self._store.ledger, self._executor)
        self._holding = quarantine(self._store) if quarantine is not None else self._store.quarantine

    def run(self, done: Collection[str] = (), *, first: bool = True) -> None:
        """Every step that is not done; what meets a failure is tried once more, when it is over."""
        if not first:
            self._recover()
        asyncio.run(self._mail(done))
        for act in ACTS:
            if act not in done and not (self._act(act) or self._act(act)):
                raise RuntimeError(f"not recovered: {act}")
        self._close()

    def serve_mta(self, place: Path, group: str, *, first: bool = True) -> None:
        """Be the milter of an MTA, at that socket, until SIGTERM; says LISTENING when it can be asked."""
        self._serve(lambda hops: self._milter(place, group, hops), first=first)

    def serve_clients(self, port: int, *, first: bool = True) -> None:
        """Be the SMTP server at that port, likewise."""
        self._serve(lambda hops: self._listener(port, hops), first=first)

    def _serve(self, start: Callable[[NextHops], Awaitable[Any]], *, first: bool) -> None:
        if not first:
            self._recover()
        asyncio.run(self._until_told(start))
        self._close()

    async def _until_told(self, start: Callable[[NextHops], Awaitable[Any]]) -> None:
        ending = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
        hops = NextHops(self._config.next_hops, self._config.hostname)
        running = await start(hops)
        self._say(LISTENING)
        await ending.wait()
        await running.drain(10)
        await hops.close()

    async def _milter(self, place: Path, group: str, hops: NextHops) -> RunningMilter:
        return await start_milter(
            MilterListener(name="mta", kind=ListenerKind.EDGE, next_hop="next", socket=place, socket_group=group),
            limits=Limits(),
            domain="city.example",
            spool=Spool(self._config.state / "spool"),
            process=self._pipeline().process,
            open_onward=lambda: hops.egress("next"),
        )

    async def _listener(self, port: int, hops: NextHops) -> RunningListener:
        data.BLOCK = SPOOLED_FROM
        (listener,) = self._config.listeners
        return await start_listener(
            Reception(
                listener=replace(listener, port=port),
                limits=Limits(),
                hostname=self._config.hostname,
                domains=frozenset(self._config.domains),
                spool=Spool(self._config.state / "spool"),
                open_egress=lambda: hops.egress("next"),
                process=self._pipeline().process,
            )
        )

    def _close(self) -> None:
        with suppress(StoreUnavailable):
            self._store.ledger.flush()
        self._store.ledger.close()
        self._store.quarantine.audit.close()

    def _recover(self) -> None:
        """What keeper and gateway do when they start, long after."""
        with suppress(StoreUnavailable):
            self._release().resume(datetime.now(UTC) + LEASE + timedelta(hours=1))
        with suppress(StoreUnavailable):
            self._store.ledger.recover()
        with suppress(StoreUnavailable):
            self._store.quarantine.retention.collect()  # lists some hundred folders: not under strace, where it is slow

    def _release(self) -> Release:
        return Release(quarantine=self._store.quarantine, courier=SmtpCourier(self._config), review=ByLocalPart())

    async def _mail(self, done: Collection[str]) -> None:
        hops = NextHops(self._config.next_hops, self._config.hostname)
        steps = [(mail.name, mail) for mail in MAILS] + [(AGAIN, MAILS[0])]
        failed = [step for step in steps if step[0] not in done and not await self._send(hops, *step)]
        again = [name for name, mail in failed if not await self._send(hops, name, mail)]
        await hops.close()
        if again:
            raise RuntimeError(f"not recovered: {again}")

    async def _send(self, hops: NextHops, name: str, mail: Mail) -> bool:
        egress = hops.egress("next")
        reply = await self._pipeline().process(transaction(mail), egress)
        await egress.close()
        if reply.accepted:
            self._say(name)
        return reply.accepted

    def _pipeline(self) -> Pipeline:
        judging: Any = ByLocalPart()
        return Pipeline(
            judging=lambda: judging,
            quarantine=self._holding,
            reach=self._store.reach,
            journal=self._journal,
            store=self._executor,
            hostname="mx.city.example",
            domains=frozenset({"city.example"}),
            subject_tag="",
            next_hop="next",
        )

    def _act(self, act: str) -> bool:
        """Whether it is done now: by us, or by an earlier life that did not come to say it."""
        try:
            self._do(act)
        except Refused as error:
            if NOT_HELD not in str(error) and "given up" not in str(error):
                raise
        except (StoreUnavailable, Busy):
            with suppress(StoreUnavailable):
                self._release().resume(datetime.now(UTC) + LEASE + timedelta(hours=1))
            return False
        self._say(act)
        return True

    def _do(self, act: str) -> None:
        verb, name = act.split()
        ids = [item.id for item in self._store.quarantine.list() if item.transaction == name]
        match verb:
            case "release":
                for id in ids:
                    attempts = self._release().release(id, Order(by="it", reason="harmless"))
                    if not all(attempt.accepted for attempt in attempts):
                        raise StoreUnavailable("not accepted")
            case "delete":
                self._store.quarantine.delete(ids, by="it", reason="unwanted")
            case _:
                later = datetime.now(UTC) + timedelta(days=KEEP_DAYS + 1)
                self._store.quarantine.retention.expire(later, by=GATEWAY)


def held(store: Store, mail: Mail) -> list[tuple[str, State]]:
    """Address and state of each held copy of a mail, whatever items they are in.

    An MTA's mail has an id of ours and is known by its subject; what is purged has no subject any more.
    """
    items = [item for item in store.quarantine.list() if mail.name in (item.transaction, item.judgement.subject)]
    return [(copy.recipient.address.local, copy.state) for item in items for copy in item.recipients]
