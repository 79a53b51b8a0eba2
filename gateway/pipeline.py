"""The one path of a message: judge, plan, hold, send, answer, in that order and nowhere else.

250 is only ever answered when each recipient was accepted by the next hop or is durably held.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from gateway.egress import Delivery, Egress, Shipment
from gateway.fields import disclaimer_field, edited, edits, seen_from, trace_field, verdict_fields
from gateway.identity.ladder import known_user
from gateway.plan import Disposition, Group, Plan, Settlement, plan, settle
from gateway.reply import CANNOT_JUDGE, NO_DNS, STORE_AWAY, Reply
from gateway.workers import InspectionUnavailable
from quarantine.item import Cause, HeldMessage, Outcome
from quarantine.ports import Reach, StoreUnavailable
from rules.amendment import Amendment, Kept
from rules.detectors import organization_wide
from rules.directory import Directory
from rules.engine import add_observation
from rules.finding import Action
from rules.message import Octets
from rules.policy import Policy
from rules.transaction import Recipient, Transaction
from rules.verdict import Judgement, Mailing, Verdict, is_tagged_by

T = TypeVar("T")

STORE_SECONDS = 20.0  # twice what a locked database may keep one act; our answer has to come within 90 s


class Holding(Protocol):
    """What the pipeline needs of the quarantine (quarantine.quarantine.Quarantine)."""

    def hold(
        self,
        transaction: Transaction,
        judgement: Judgement,
        recipients: Sequence[Recipient],
        *,
        cause: Cause,
        next_hop: str,
    ) -> HeldMessage: ...


class Judging(Protocol):
    """Inspection with the policy and the directory it goes by, swapped as one at a reload."""

    async def inspect(self, transaction: Transaction) -> Judgement: ...

    @property
    def policy(self) -> Policy: ...

    @property
    def directory(self) -> Directory: ...


class Identifying(Protocol):
    """What the pipeline needs of gateway.identity; absent where nothing of it is configured."""

    async def identify(self, transaction: Transaction) -> Transaction: ...

    def must_wait(self, transaction: Transaction) -> bool: ...

    def results(self, transaction: Transaction) -> bytes: ...

    async def signed(
        self, transaction: Transaction, pieces: Sequence[Octets | memoryview], *, changed: bool
    ) -> Sequence[Octets | memoryview]: ...

    async def close(self) -> None: ...


class Journal(Protocol):
    """What the pipeline needs of the record of what happened (gateway.journal)."""

    def begun(self, transaction: Transaction, recipients: Sequence[Recipient]) -> None: ...

    def done(
        self, transaction: Transaction, judgement: Judgement, dispositions: Sequence[Disposition], reply: Reply
    ) -> None: ...

    def undetermined(
        self, transaction: Transaction, reply: Reply, error: Exception, *, sent: Sequence[Recipient] = ()
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """`next_hop` is the name that held mail is released to. `store` runs what blocks on disk, one thing at a time."""

    judging: Callable[[], Judging]  # the one in force; a transaction keeps the one it began with
    quarantine: Holding
    reach: Reach
    journal: Journal
    store: Executor
    hostname: str
    domains: frozenset[str]  # ours, lower case
    subject_tag: str
    next_hop: str
    disclaimer_rules: frozenset[str] = frozenset()  # copies that one of these tags get the disclaimer
    amends: bool = True  # the body may be changed
    identifying: Callable[[], Identifying | None] = lambda: None

    async def process(self, transaction: Transaction, egress: Egress) -> Reply:
        """The reply to the final dot; never raises for what disk, workers, DNS or next hop do."""
        identifying = self.identifying()
        if identifying is None:
            if transaction.client.authenticated is not None:
                transaction = replace(transaction, identity=known_user(transaction.kind, transaction.client))
        else:
            try:
                transaction = await identifying.identify(transaction)
            except OSError as error:
                self.journal.undetermined(transaction, STORE_AWAY, error)
                return STORE_AWAY
            if identifying.must_wait(transaction):
                self.journal.undetermined(transaction, NO_DNS, TimeoutError("the DNS did not answer"))
                return NO_DNS
        try:
            judgement = await self._judge(transaction)
        except InspectionUnavailable as error:
            self.journal.undetermined(transaction, CANNOT_JUDGE, error)
            return CANNOT_JUDGE
        except StoreUnavailable as error:
            self.journal.undetermined(transaction, STORE_AWAY, error)
            return STORE_AWAY
        treatment = plan(transaction.envelope.recipients, judgement)
        deliveries: Sequence[Delivery] = ()
        try:
            await self._hold(transaction, judgement, treatment.hold, Cause.POLICY)
            if treatment.send:
                self.journal.begun(transaction, [one for group in treatment.send for one in group.recipients])
            deliveries = await self._send(transaction, judgement, treatment, egress, identifying)
            settlement = settle(treatment, deliveries)
            for cause in (Cause.NEXT_HOP_REFUSED, Cause.NOT_CONFIRMED):
                await self._hold(transaction, judgement, _kept(settlement, cause), cause)
        except StoreUnavailable as error:
            # What could not be kept has been refused; its sender sends all of it again, also to those who have it.
            sent = [delivery.recipient for delivery in deliveries if delivery.reply.accepted]
            self.journal.undetermined(transaction, STORE_AWAY, error, sent=sent)
            return STORE_AWAY
        dispositions = _dispositions(transaction, judgement, treatment, deliveries, settlement)
        self.journal.done(transaction, judgement, dispositions, settlement.reply)
        return settlement.reply

    async def _judge(self, transaction: Transaction) -> Judgement:
        judging = self.judging()
        judgement = await judging.inspect(transaction)
        if not self.amends and judgement.amendment is not None and judgement.amendment.edits:
            judgement = replace(judgement, amendment=Amendment(kept=Kept.MILTER))
        if judgement.mailing is None or _held_for_all(judgement):  # what is held has reached nobody
            return judgement
        return await self._judge_sum(transaction, judgement, judgement.mailing, judging)

    async def _judge_sum(
        self, transaction: Transaction, judgement: Judgement, mailing: Mailing, judging: Judging
    ) -> Judgement:
        """The second, cheap step: how many people the same mailing has reached with its earlier copies."""
        policy = judging.policy
        probes = {rule.when for rule in policy.rules if rule.when.detector == organization_wide.NAME}
        seen = any(o.detector == organization_wide.NAME and o.detected for o in judgement.observations)
        for probe in probes:
            window = probe.parameters.window_seconds
            reached = await self._in_store(self.reach.add, mailing, transaction.received, window)
            if seen:  # said already of this message alone; its people count for those that follow
                continue
            staff = organization_wide.staff_size(judging.directory)
            observation = organization_wide.observe_sum(
                reached, staff, mailing, probe.parameters, [copy.address for copy in transaction.envelope.recipients]
            )
            if observation is not None:
                reverse_path = transaction.envelope.reverse_path
                judgement = add_observation(judgement, policy, probe, observation, reverse_path, transaction.received)
        return judgement

    async def _hold(
        self, transaction: Transaction, judgement: Judgement, recipients: Sequence[Recipient], cause: Cause
    ) -> None:
        if recipients:
            await self._in_store(
                lambda: self.quarantine.hold(transaction, judgement, recipients, cause=cause, next_hop=self.next_hop)
            )

    async def _send(
        self,
        transaction: Transaction,
        judgement: Judgement,
        treatment: Plan,
        egress: Egress,
        identifying: Identifying | None,
    ) -> tuple[Delivery, ...]:
        deliveries: list[Delivery] = []
        trace = trace_field(transaction, self.hostname, datetime.now(UTC))
        if identifying is not None:
            trace += identifying.results(transaction)
        for group in treatment.send:
            shipment = self._shipment(transaction, judgement, group, trace)
            if identifying is not None:
                amended = judgement.amendment is not None and bool(judgement.amendment.edits)
                changed = group.verdict.action is Action.TAG and (amended or bool(self.subject_tag))
                pieces = await identifying.signed(transaction, shipment.pieces, changed=changed)
                shipment = replace(shipment, pieces=tuple(pieces))
            deliveries += await egress.send(transaction.envelope, shipment)
        return tuple(deliveries)

    def _shipment(self, transaction: Transaction, judgement: Judgement, group: Group, trace: bytes) -> Shipment:
        added = trace + verdict_fields(transaction.id, judgement, group.verdict)
        tag = self.subject_tag if group.verdict.action is Action.TAG else ""
        if tag.casefold() in judgement.subject.casefold():  # also where it stands in an encoded word
            tag = ""
        amendment = judgement.amendment if is_tagged_by(group.verdict, self.disclaimer_rules) else None
        added += disclaimer_field(amendment)
        outside = seen_from(transaction.kind, self.domains)
        changes = edits(transaction.message, self.hostname, tag, outside=outside)
        pieces = edited(transaction.message, added, changes, amendment)
        return Shipment(recipients=group.recipients, pieces=pieces, edits=changes)

    async def _in_store(self, call: Callable[..., T], *arguments: object) -> T:
        """Raises StoreUnavailable also when it takes too long: what has not begun by then is not done any more."""
        try:
            async with asyncio.timeout(STORE_SECONDS):
                return await asyncio.get_running_loop().run_in_executor(self.store, call, *arguments)
        except TimeoutError:
            raise StoreUnavailable(f"the store did not answer within {STORE_SECONDS:.0f} s") from None


def _held_for_all(judgement: Judgement) -> bool:
    return all(verdict.action is Action.QUARANTINE for verdict in judgement.verdicts)


def _kept(settlement: Settlement, cause: Cause) -> tuple[Recipient, ...]:
    in_doubt = cause is Cause.NOT_CONFIRMED
    return tuple(delivery.recipient for delivery in settlement.keep if delivery.in_doubt is in_doubt)


def _dispositions(
    transaction: Transaction,
    judgement: Judgement,
    treatment: Plan,
    deliveries: Sequence[Delivery],
    settlement: Settlement,
) -> tuple[Disposition, ...]:
    answer = settlement.reply
    told = {delivery.recipient: delivery for delivery in deliveries}
    held = {*treatment.hold, *(delivery.recipient for delivery in settlement.keep)}
    return tuple(
        Disposition(
            recipient=recipient,
            verdict=verdict,
            outcome=_outcome(recipient in held, verdict, told.get(recipient), answer),
            reply=told[recipient].reply if recipient in told else answer,
        )
        for recipient, verdict in zip(transaction.envelope.recipients, judgement.verdicts, strict=True)
    )


def _outcome(held: bool, verdict: Verdict, delivery: Delivery | None, answer: Reply) -> Outcome:
    if held:
        return Outcome.HELD if answer.accepted else Outcome.DEFERRED  # the sender still owns it and will come again
    if delivery is not None and delivery.in_doubt:
        return Outcome.IN_DOUBT
    reply = delivery.reply if delivery is not None else answer
    if reply.accepted and answer.accepted:
        return Outcome.TAGGED if verdict.action is Action.TAG else Outcome.RELAYED
    return Outcome.REFUSED if reply.permanent else Outcome.DEFERRED
