"""A held message and its states. One table says which state may follow which."""

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


class Cause(StrEnum):
    """Why the message came to be held."""

    POLICY = "policy"
    NEXT_HOP_REFUSED = "next hop refused"  # other recipients of it had been accepted (reliability D5)


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
    legal_hold: str = ""
    expires: datetime | None = None

    @property
    def state(self) -> State:
        """The message's own state: held while any copy is, else what befell the last copy."""
        order = (State.HELD, State.RELEASING, State.RELEASED, State.EXPIRED, State.DELETED)
        states = {recipient.state for recipient in self.recipients}
        return next(state for state in order if state in states)
