"""Mail to hold, a clock that is set by hand, a next hop and a review that do as they are told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quarantine.item import Cause, HeldMessage
from quarantine.ports import Attempt
from quarantine.quarantine import Store, open_store
from quarantine.release import Release
from rules.address import Address, parse_address
from rules.finding import Action, Evidence, Finding, Observation
from rules.message import Message
from rules.transaction import Client, Direction, Envelope, ListenerKind, Recipient, Transaction
from rules.verdict import Inspected, Judgement, Verdict

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


def a_recipient(text: str) -> Recipient:
    return Recipient(address=parse_address(text), notify="FAILURE", orcpt=f"rfc822;{text}")


def a_finding(rule: str, action: Action = Action.QUARANTINE, observation: int = 0) -> Finding:
    return Finding(rule=rule, cites=("C-1",), action=action, observation=observation)


def a_judgement(*recipients: str, rules: Sequence[str] = ("chain-letter",), subject: str = "Good luck") -> Judgement:
    text = "please forward this to ten friends"
    return Judgement(
        policy="city",
        policy_hash="f" * 64,
        observations=tuple(
            Observation(
                detector="chain_letter",
                detected=True,
                score=1.0,
                summary="asks to be passed on",
                evidence=(Evidence(part="1", text=text, start=0, end=len(text), mark=(7, len(text))),),
            )
            for _ in rules
        ),
        verdicts=tuple(
            Verdict(
                recipient=recipient,
                direction=Direction.INBOUND,
                action=Action.QUARANTINE if rules else Action.PASS,
                findings=tuple(a_finding(rule, observation=index) for index, rule in enumerate(rules)),
            )
            for recipient in recipients
        ),
        inspected=Inspected.FULLY,
        not_inspected=(),
        subject=subject,
        preview="Please forward this to ten friends.",
    )


def a_transaction(
    *recipients: str, body: bytes = b"Please forward this to ten friends.\r\n", now: datetime = START
) -> Transaction:
    return Transaction(
        id="t-1",
        received=now,
        listener="edge",
        kind=ListenerKind.EDGE,
        direction=None,
        client=Client(address="192.0.2.7", name="mx.elsewhere.example"),
        envelope=Envelope(
            reverse_path=parse_address("Zoe@elsewhere.example"),
            recipients=tuple(a_recipient(recipient) for recipient in recipients),
            body="8BITMIME",
            envid="QQ314159",
        ),
        message=Message(b"From: zoe@elsewhere.example\r\nSubject: Good luck\r\n\r\n" + body),
    )


ANN, BOB = "Ann@city.example", "bob@city.example"


@dataclass
class Keeping:
    """A store with its clock, and shorthands for what most tests begin with."""

    store: Store
    clock: Clock
    state: Path

    def hold(
        self,
        *recipients: str,
        body: bytes = b"Please forward this to ten friends.\r\n",
        cause: Cause = Cause.POLICY,
        envelope: Sequence[str] = (),
        judgement: Judgement | None = None,
    ) -> HeldMessage:
        transaction = a_transaction(*(envelope or recipients), body=body, now=self.clock())
        return self.store.quarantine.hold(
            transaction,
            judgement or a_judgement(*(envelope or recipients)),
            [a_recipient(recipient) for recipient in recipients],
            cause=cause,
            next_hop="exchange",
        )

    def get(self, id: str) -> HeldMessage:
        return self.store.quarantine.get(id)


@dataclass
class FakeCourier:
    """Says `says` of everyone; `before` runs while the message is on its way."""

    says: int = 250
    in_doubt: bool = False
    sent: list[tuple[str, tuple[str, ...], bytes]] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def send(self, item: HeldMessage, recipients: Sequence[Recipient], octets: bytes) -> Sequence[Attempt]:
        return self._send(item.next_hop, recipients, octets)

    def submit(
        self, next_hop: str, reverse_path: Address, recipients: Sequence[Recipient], octets: bytes
    ) -> Sequence[Attempt]:
        assert octets.startswith(f"From: Mailward <{reverse_path}>\r\n".encode())  # catalogue F09
        assert b"\r\nAuto-Submitted: auto-generated\r\n" in octets.partition(b"\r\n\r\n")[0]
        return self._send(next_hop, recipients, octets)

    def _send(self, next_hop: str, recipients: Sequence[Recipient], octets: bytes) -> Sequence[Attempt]:
        self.before()
        self.sent.append((next_hop, tuple(str(one.address) for one in recipients), octets))
        text = f"{self.says} said so"
        return [Attempt(recipient=one, code=self.says, text=text, in_doubt=self.in_doubt) for one in recipients]


@dataclass
class FakeReview:
    """Finds `rules` in everything."""

    rules: tuple[str, ...] = ("chain-letter",)

    def rejudge(self, item: HeldMessage, octets: bytes, recipients: Sequence[Recipient]) -> Judgement:
        return a_judgement(*(str(one.address) for one in recipients), rules=self.rules)


def a_keeping(state: Path, clock: Clock, keep_days: int = 0) -> Keeping:
    opened = open_store(state, keep_days=keep_days)
    store = replace(opened, quarantine=replace(opened.quarantine, clock=clock))
    store.ledger.clock = clock
    return Keeping(store=store, clock=clock, state=state)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keeping(tmp_path: Path, clock: Clock) -> Keeping:
    return a_keeping(tmp_path / "state", clock)


@pytest.fixture
def keep(tmp_path: Path, clock: Clock) -> Callable[..., Keeping]:
    """Open the store anew, as another process would."""
    return lambda **settings: a_keeping(tmp_path / "state", clock, **settings)


@pytest.fixture
def courier() -> FakeCourier:
    return FakeCourier()


@pytest.fixture
def review() -> FakeReview:
    return FakeReview()


@pytest.fixture
def release(keeping: Keeping, courier: FakeCourier, review: FakeReview) -> Release:
    return Release(quarantine=keeping.store.quarantine, courier=courier, review=review)


@pytest.fixture
def judgement_of() -> Callable[..., Judgement]:
    return a_judgement
