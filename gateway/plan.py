"""What is to be done with one message: recipients grouped by equal treatment; and what really was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from gateway.egress import Delivery
from gateway.reply import ACCEPTED, Reply
from quarantine.item import Outcome
from rules.finding import Action
from rules.transaction import Recipient
from rules.verdict import Judgement, Verdict

_Treatment = tuple[Action, tuple[tuple[str, tuple[str, ...]], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Recipients whose copies leave with the same octets."""

    recipients: tuple[Recipient, ...]
    verdict: Verdict  # of the first; the others' ask for the same marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    hold: tuple[Recipient, ...]
    send: tuple[Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    recipient: Recipient
    verdict: Verdict
    outcome: Outcome
    reply: Reply


def plan(recipients: tuple[Recipient, ...], judgement: Judgement) -> Plan:
    """Group by treatment: passed copies share one shipment, tagged ones share where their marks are the same."""
    hold: list[Recipient] = []
    groups: dict[_Treatment, tuple[list[Recipient], Verdict]] = {}
    for recipient, verdict in zip(recipients, judgement.verdicts, strict=True):
        match verdict.action:
            case Action.QUARANTINE:
                hold.append(recipient)
            case Action.PASS | Action.TAG:
                groups.setdefault(_treatment(verdict), ([], verdict))[0].append(recipient)
            case never:
                assert_never(never)
    return Plan(
        hold=tuple(hold),
        send=tuple(Group(recipients=tuple(who), verdict=verdict) for who, verdict in groups.values()),
    )


def _treatment(verdict: Verdict) -> _Treatment:
    """What the copy will say of itself: no recipient may read in his of a rule that concerned another's."""
    marks = ((finding.rule, finding.cites) for finding in verdict.findings)
    return verdict.action, tuple(dict.fromkeys(marks)) if verdict.action is Action.TAG else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What the deliveries come to: which refused recipients we must keep ourselves, and what the client is told."""

    keep: tuple[Delivery, ...]
    reply: Reply


def settle(plan: Plan, deliveries: Sequence[Delivery]) -> Settlement:
    """Once somebody was served the whole message is ours: nobody is served twice and nobody lost.

    When nobody was, the refusal goes up; a temporary one is stronger, because it costs no mail. Held copies wait
    for the retry, which finds them by their key.
    """
    failed = tuple(delivery for delivery in deliveries if not delivery.reply.accepted)
    if not failed:
        return Settlement(keep=(), reply=ACCEPTED)
    temporary = next((delivery.reply for delivery in failed if not delivery.reply.permanent), None)
    if len(failed) < len(deliveries) or (plan.hold and temporary is None):
        return Settlement(keep=failed, reply=ACCEPTED)
    return Settlement(keep=(), reply=temporary or failed[0].reply)
