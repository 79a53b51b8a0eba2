"""Values of the quarantine: a held message and its states, its history, the ledger's entries, the reports' periods.

One table says which state may follow which.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rules.address import Address
from rules.transaction import Client, Recipient
from rules.verdict import Judgement


class State(StrEnum):
    """Of one recipient's copy."""

    HELD = "held"
    RELEASING = "releasing"
    RELEASED = "released"  # only ever after the next hop's 250
    DELETED = "deleted"
    EXPIRED = "expired"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.HELD: frozenset({State.RELEASING, State.DELETED, State.EXPIRED}),
    State.RELEASING: frozenset({State.RELEASED, State.HELD}),
    State.RELEASED: frozenset(),
    State.DELETED: frozenset(),
    State.EXPIRED: frozenset(),
}
LOOK_ALIKES = str.maketrans("ilo", "110")
OPEN = (State.HELD, State.RELEASING)  # nobody's decision on the copy is final yet


class Cause(StrEnum):
    """Why the message came to be held."""

    POLICY = "policy"
    NEXT_HOP_REFUSED = "next hop refused"  # other recipients of it had been accepted
    NOT_CONFIRMED = "next hop did not confirm"  # the same, and these may have been accepted too


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRecipient:
    """One recipient's copy. `reply`, `by`, `reason` and `changed` tell of the last change of state."""

    recipient: Recipient
    state: State = State.HELD
    changed: datetime | None = None
    by: str = ""
    reason: str = ""
    reply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMessage:
    """`id` is random (at least 80 bits), `key` the idempotency key, `sha256` names the content's file."""

    id: str
    key: str
    transaction: str
    received: datetime
    held: datetime  # when it was kept; digests go by this, as a slow upload may have begun long before
    listener: str
    next_hop: str
    client: Client
    reverse_path: Address | None
    body: str | None
    ret: str | None
    envid: str | None
    smtputf8: bool
    recipients: tuple[HeldRecipient, ...]
    size: int
    sha256: str
    cause: Cause
    judgement: Judgement
    legal_hold: str = ""  # why; empty when there is none
    expires: datetime | None = None
    purged: datetime | None = None  # when the content was given up; the rest is a tombstone

    @property
    def state(self) -> State:
        """The message's own state: held while any copy is, else what befell the last copy."""
        order = (State.HELD, State.RELEASING, State.RELEASED, State.EXPIRED, State.DELETED)
        states = {recipient.state for recipient in self.recipients}
        return next(state for state in order if state in states)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of an item's history. Without `after` it changed no state, and `reason` says what happened."""

    at: datetime
    item: str
    recipient: str  # as in the envelope; empty when the whole item is meant
    before: State | None
    after: State | None
    by: str
    reason: str
    reply: str


class Outcome(StrEnum):
    """What became of one recipient; the names in the journal and the digest."""

    RELAYED = "relayed"
    TAGGED = "tagged"
    HELD = "held"
    REFUSED = "refused"  # for good, by the next hop
    DEFERRED = "deferred"  # answered 4xx; the sender keeps it
    IN_DOUBT = "in_doubt"  # the same, but the next hop may have taken it: what its sender sends again may come twice


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A rule that found something and did nothing because of it, with its clauses: one in status `observe`, or one
    whose exemption of that key let the copy off."""

    rule: str
    cites: tuple[str, ...]
    exemption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What became of one recipient of one transaction. `rules` and `cites` are those of its verdict's findings."""

    at: datetime
    transaction: str
    listener: str
    reverse_path: str  # empty when null
    recipient: str
    outcome: Outcome
    rules: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    subject: str = ""
    reply: str = ""
    observed: tuple[Trial, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Recipients with one outcome on one listener, summed for the minute from `start`.

    With `observed`, only those for whom that rule found something; they are in the whole sum too.
    """

    start: datetime
    listener: str
    outcome: Outcome
    number: int
    observed: Trial | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What one digest reports: from `start` to before `end`."""

    start: datetime
    end: datetime


class ReportState(StrEnum):
    CLAIMED = "claimed"  # someone is writing it
    SENDING = "sending"  # it may be on its way: never sent again without being told to
    SENT = "sent"
    IN_DOUBT = "in doubt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    period: Period
    state: ReportState
    changed: datetime
    by: str


def typed_id(text: str) -> str:
    """An id, or the beginning of one, as a person typed it: without blanks and capitals, look-alikes forgiven."""
    return text.strip().lower().translate(LOOK_ALIKES)
