"""Releases held mail: what was reviewed is waived, every other rule is run again, and only the next hop's 250 counts.

The one place that moves a copy to RELEASING, RELEASED and back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from quarantine.approval import check_approval
from quarantine.audit import GATEWAY, Record
from quarantine.item import HeldMessage, HeldRecipient, State
from quarantine.ports import Attempt, Busy, Courier, Refused, Review
from quarantine.quarantine import Quarantine, held_copies
from rules.address import Address
from rules.finding import Action
from rules.transaction import Recipient
from rules.verdict import Judgement, Verdict

LEASE = timedelta(minutes=10)  # far beyond every time limit of one delivery; after it the releaser is dead
UNKNOWN = "unknown outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person asked for. Without `recipients` and `to`: every held copy. `to` are copies to other addresses."""

    by: str
    reason: str
    recipients: tuple[str, ...] = ()
    to: tuple[Address, ...] = ()
    approved_by: str = ""  # who approved it, where a rule names somebody (quarantine.approval)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    quarantine: Quarantine
    courier: Courier
    review: Review

    def release(self, id: str, order: Order) -> tuple[Attempt, ...]:
        """Send the copies to their recipients; what the next hop said of each, those accepted being RELEASED.

        Raises NoSuchItem, Refused (not held any more, content gone, another rule holds it), Busy, StoreUnavailable,
        ReviewUnavailable. After an exception nothing was sent, unless the store failed behind the sending: the copy
        then stays RELEASING until `resume`.
        """
        item = self.quarantine.get(id)
        check_approval(item, order.by, order.approved_by)
        octets = self.quarantine.content(item)
        copies = held_copies(item, order.recipients) if order.recipients or not order.to else ()
        others = tuple(Recipient(address=address) for address in order.to)
        self._judge_again(item, octets, copies, others, order)
        attempts: tuple[Attempt, ...] = ()
        if copies:
            attempts += self._send_held(item, octets, copies, order)
        if others:
            attempts += self._send_copies(item, octets, others, order)
        return attempts

    def resume(self, now: datetime) -> int:
        """Return to HELD what a crash left RELEASING longer than a lease ago; how many copies. Outcome unknown."""
        returned = 0
        for item in self.quarantine.index.list(states=(State.RELEASING,)):
            keys = [copy.recipient.address.key for copy in item.recipients if _abandoned(copy, now)]
            if keys:
                self._record(now, "release abandoned", item, keys, Order(by=GATEWAY, reason=UNKNOWN))
                reason = f"{UNKNOWN}: the release was cut short"
                change = self.quarantine.index.change
                returned += len(change(item.id, keys, State.HELD, at=now, by=GATEWAY, reason=reason))
        return returned

    def _judge_again(
        self,
        item: HeldMessage,
        octets: bytes,
        copies: Sequence[HeldRecipient],
        others: Sequence[Recipient],
        order: Order,
    ) -> None:
        """Raise Refused when a rule that no one reviewed for this item asks to hold it.

        What it found is added to the item, so that it is read, and waived by the next release.
        """
        recipients = [*(copy.recipient for copy in copies), *others]
        judgement = self.review.rejudge(item, octets, recipients)
        unwaived = _unwaived(item.judgement, judgement)
        if not unwaived:
            return
        now = self.quarantine.clock()
        rules = "; ".join(f"{rule} (for {', '.join(who)})" for rule, who in unwaived.items())
        reason = f"release refused, other rules hold it now: {rules}"
        self._record(now, "release refused", item, [str(r.address) for r in recipients], order, rules)
        self.quarantine.index.set_judgement(item.id, merge(item.judgement, judgement))
        self.quarantine.index.note(item.id, at=now, recipient="", by=order.by, reason=reason)
        raise Refused(f"{item.id}: {reason}; read it again before you release it")

    def _send_held(
        self, item: HeldMessage, octets: bytes, copies: Sequence[HeldRecipient], order: Order
    ) -> tuple[Attempt, ...]:
        index, now = self.quarantine.index, self.quarantine.clock()
        keys = [copy.recipient.address.key for copy in copies]
        self._record(now, "release", item, keys, order, item.sha256)
        moved = index.change(item.id, keys, State.RELEASING, at=now, by=order.by, reason=order.reason)
        if len(moved) < len(keys):
            index.change(item.id, moved, State.HELD, at=now, by=order.by, reason="someone else is at work on it")
            raise Busy(f"{item.id}: someone else is at work on it")
        attempts = self._attempts(item, octets, [copy.recipient for copy in copies])
        for attempt in attempts:
            self._settle(item, attempt, order)
        self._record(self.quarantine.clock(), "release ended", item, keys, order, _told(attempts))
        return attempts

    def _send_copies(
        self, item: HeldMessage, octets: bytes, others: Sequence[Recipient], order: Order
    ) -> tuple[Attempt, ...]:
        """To other addresses: the copies of the message's own recipients stay as they are."""
        now, names = self.quarantine.clock(), [str(recipient.address) for recipient in others]
        self._record(now, "copy to another address, recipients unchanged", item, names, order, item.sha256)
        attempts = self._attempts(item, octets, others)
        now = self.quarantine.clock()
        for attempt in attempts:
            said = "copy sent" if attempt.accepted else f"copy: {UNKNOWN}" if attempt.in_doubt else "copy not sent"
            address, reason = str(attempt.recipient.address), f"{said}: {order.reason}"
            self.quarantine.index.note(
                item.id, at=now, recipient=address, by=order.by, reason=reason, reply=attempt.text
            )
        self._record(now, "copy ended", item, names, order, _told(attempts))
        return attempts

    def _attempts(self, item: HeldMessage, octets: bytes, recipients: Sequence[Recipient]) -> tuple[Attempt, ...]:
        """One for each recipient, in order; in doubt where the courier broke or forgot one."""
        try:
            attempts = self.courier.send(item, recipients, octets)
        except Exception as error:
            # Whatever broke, the message may be out: said, and never taken for a refusal.
            return tuple(_in_doubt(recipient, f"{UNKNOWN}: {type(error).__name__}") for recipient in recipients)
        said = {attempt.recipient.address.key: attempt for attempt in attempts}
        return tuple(said.get(one.address.key) or _in_doubt(one, f"{UNKNOWN}: no reply") for one in recipients)

    def _settle(self, item: HeldMessage, attempt: Attempt, order: Order) -> None:
        now, key = self.quarantine.clock(), attempt.recipient.address.key
        to = State.RELEASED if attempt.accepted else State.HELD
        reason = order.reason if attempt.accepted else f"{UNKNOWN}: {attempt.text}" if attempt.in_doubt else "not sent"
        moved = self.quarantine.index.change(item.id, [key], to, at=now, by=order.by, reason=reason, reply=attempt.text)
        if not moved:
            reason = f"ended after its lease: {attempt.text}"
            self.quarantine.index.note(item.id, at=now, recipient=key, by=order.by, reason=reason, reply=attempt.text)

    def _record(
        self, now: datetime, act: str, item: HeldMessage, recipients: Sequence[str], order: Order, detail: str = ""
    ) -> None:
        self.quarantine.audit.append(
            Record(
                at=now,
                act=act,
                by=order.by,
                item=item.id,
                recipients=tuple(recipients),
                reason=order.reason,
                detail=detail,
            )
        )


def merge(old: Judgement, new: Judgement) -> Judgement:
    """The old judgement with what the new one found beyond it, for the recipients that both know or only the new."""
    shift = len(old.observations)
    added = {verdict.recipient.casefold(): _shifted(verdict, shift) for verdict in new.verdicts}
    verdicts = tuple(_joined(verdict, added.pop(verdict.recipient.casefold(), None)) for verdict in old.verdicts)
    return replace(
        old,
        observations=(*old.observations, *new.observations),
        verdicts=(*verdicts, *added.values()),
        not_inspected=tuple(dict.fromkeys((*old.not_inspected, *new.not_inspected))),
    )


def _joined(old: Verdict, new: Verdict | None) -> Verdict:
    if new is None:
        return old
    known = {finding.rule for finding in old.findings}
    findings = (*old.findings, *(finding for finding in new.findings if finding.rule not in known))
    action = max(old.action, new.action, key=lambda action: action.rank)
    return replace(old, findings=findings, action=action)


def _shifted(verdict: Verdict, shift: int) -> Verdict:
    findings = tuple(replace(finding, observation=finding.observation + shift) for finding in verdict.findings)
    return replace(verdict, findings=findings, observed=())


def _unwaived(reviewed: Judgement, judgement: Judgement) -> Mapping[str, list[str]]:
    """Rules that ask for quarantine now and were not found for that recipient when the message was held.

    For an address that the message was not sent to, what was found for any recipient counts as reviewed.
    """
    waived = {v.recipient.casefold(): {finding.rule for finding in v.findings} for v in reviewed.verdicts}
    everything = {rule for rules in waived.values() for rule in rules}
    found: dict[str, list[str]] = {}
    for verdict in judgement.verdicts:
        rules = waived.get(verdict.recipient.casefold(), everything)
        asked = [finding.rule for finding in verdict.findings if finding.action is Action.QUARANTINE]
        for rule in dict.fromkeys(rule for rule in asked if rule not in rules):
            found.setdefault(rule, []).append(verdict.recipient)
    return found


def _abandoned(copy: HeldRecipient, now: datetime) -> bool:
    return copy.state is State.RELEASING and (copy.changed is None or copy.changed + LEASE <= now)


def _in_doubt(recipient: Recipient, text: str) -> Attempt:
    return Attempt(recipient=recipient, code=451, text=text, in_doubt=True)


def _told(attempts: Sequence[Attempt]) -> str:
    return "; ".join(f"{attempt.recipient.address}: {attempt.text}" for attempt in attempts)
