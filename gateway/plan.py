"""What is to be done with one message: recipients grouped by equal treatment; and what really was done."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from gateway.reply import Reply
from rules.finding import Action
from rules.transaction import Recipient
from rules.verdict import Judgement, Verdict


class Outcome(StrEnum):
    """What became of one recipient; the names in the journal and the digest."""

    RELAYED = "relayed"
    TAGGED = "tagged"
    HELD = "held"
    REFUSED = "refused"  # for good, by the next hop
    DEFERRED = "deferred"  # answered 4xx; the sender keeps it


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Recipients whose copies leave with the same octets."""

    recipients: tuple[Recipient, ...]
    verdict: Verdict  # of the first; the others' have the same findings


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
    """Group by treatment: passed copies share one shipment, tagged ones share where their findings are the same."""
    hold: list[Recipient] = []
    groups: dict[tuple[str, ...], tuple[list[Recipient], Verdict]] = {}
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


def _treatment(verdict: Verdict) -> tuple[str, ...]:
    if verdict.action is Action.PASS:
        return ()
    return tuple(f"{finding.rule}:{finding.observation}" for finding in verdict.findings)
