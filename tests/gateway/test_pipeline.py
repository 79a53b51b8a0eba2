"""The one path of a message: the order of its steps, and who owns the mail after each way it can end."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.egress import Delivery, Shipment
from gateway.pipeline import Pipeline
from gateway.plan import Disposition
from gateway.relay.smtp_egress import UNCONFIRMED
from gateway.reply import ACCEPTED, CANNOT_JUDGE, STORE_AWAY, Reply
from gateway.workers import InspectionUnavailable
from quarantine.item import Cause, Outcome
from quarantine.ports import StoreUnavailable
from rules.address import parse_address
from rules.amendment import Amendment, Edit
from rules.detectors import organization_wide
from rules.directory import Directory, Person
from rules.finding import Action, Finding, Observation
from rules.identity import Identity, Rung
from rules.message import Message
from rules.policy import load_policy
from rules.shipped import find_policy
from rules.transaction import Client, Direction, Envelope, ListenerKind, Recipient, Transaction
from rules.verdict import Inspected, Judgement, Mailing, Verdict

CONTENT = b"Subject: s\r\n\r\nbody\r\n"
NO_SUCH_USER = Reply(code=550, status="5.1.1", text="No such user")
BUSY = Reply(code=451, status="4.3.2", text="Busy")


@dataclass
class Scene:
    """Everything around the pipeline, writing down what happens in the order in which it happens."""

    actions: dict[str, Action]
    replies: dict[str, Reply] = field(default_factory=dict)
    happened: list[str] = field(default_factory=list)
    shipments: list[Shipment] = field(default_factory=list)
    dispositions: Sequence[Disposition] = ()
    judge_fails: bool = False
    store_fails: bool = False
    store_seconds: float = 0.0
    begun_for: str = ""
    mailing: Mailing | None = None
    observations: tuple[Observation, ...] = ()
    reached: int = 0
    identifying: Any = None
    login: str | None = None
    judged: list[Transaction] = field(default_factory=list)
    amendment: Amendment | None = None
    amends: bool = True
    kind: ListenerKind = ListenerKind.INTERNAL
    message: Message = field(default_factory=lambda: Message(CONTENT))
    gone: int = 0  # people on the staff list without a live account

    async def inspect(self, transaction: Transaction) -> Judgement:
        self.happened.append("judge")
        self.judged.append(transaction)
        if self.judge_fails:
            raise InspectionUnavailable("no workers")
        finding = Finding(rule="rule", cites=("C1",), action=Action.TAG, observation=0)
        return Judgement(
            policy="p",
            policy_hash="00",
            observations=self.observations,
            verdicts=tuple(
                Verdict(
                    recipient=str(recipient.address),
                    direction=Direction.INTERNAL,
                    action=self.actions[recipient.address.local],
                    findings=() if self.actions[recipient.address.local] is Action.PASS else (finding,),
                )
                for recipient in transaction.envelope.recipients
            ),
            inspected=Inspected.FULLY,
            not_inspected=(),
            subject="s",
            preview="",
            mailing=self.mailing,
            amendment=self.amendment,
        )

    def hold(
        self, transaction: Transaction, judgement: Judgement, recipients: Any, *, cause: Cause, next_hop: str
    ) -> Any:
        if self.store_fails:
            raise StoreUnavailable("disk full")
        time.sleep(self.store_seconds)
        self.happened.append(f"hold {cause.value}: {names(recipients)}")

    async def send(self, envelope: Envelope, shipment: Shipment) -> Sequence[Delivery]:
        self.happened.append(f"send: {names(shipment.recipients)}")
        self.shipments.append(shipment)
        return [
            Delivery(
                recipient=recipient,
                reply=self.replies.get(recipient.address.local, ACCEPTED),
                in_doubt=self.replies.get(recipient.address.local) == UNCONFIRMED,
            )
            for recipient in shipment.recipients
        ]

    async def offer(self, envelope: Envelope, recipient: Recipient) -> Reply:
        return ACCEPTED

    async def close(self) -> None: ...

    def add(self, mailing: Mailing, at: datetime, window_seconds: int) -> int:
        self.happened.append("add")
        return self.reached

    def begun(self, transaction: Transaction, recipients: Sequence[Recipient]) -> None:
        self.begun_for = names(recipients)

    def done(self, transaction: Any, judgement: Any, dispositions: Sequence[Disposition], reply: Reply) -> None:
        self.happened.append("answer")
        self.dispositions = dispositions

    def undetermined(
        self, transaction: Transaction, reply: Reply, error: Exception, *, sent: Sequence[Recipient] = ()
    ) -> None:
        self.happened.append(f"undetermined, sent to {names(sent)}" if sent else "undetermined")

    async def process(self) -> Reply:
        people = {f"p{n}@city.example": Person(address=f"p{n}@city.example") for n in range(40)}
        people |= {f"x{n}@city.example": Person(address=f"x{n}@city.example", active=False) for n in range(self.gone)}
        self.policy = load_policy(find_policy("city-baseline"))
        self.directory = Directory(domains=frozenset({"city.example"}), people=people)
        with ThreadPoolExecutor(1) as store:
            pipeline = Pipeline(
                judging=lambda: self,
                quarantine=self,
                reach=self,
                journal=self,
                store=store,
                hostname="mx.city.example",
                domains=frozenset({"city.example"}),
                subject_tag="",
                next_hop="exchange",
                disclaimer_rules=frozenset({"rule"}),
                amends=self.amends,
                identifying=lambda: self.identifying,
            )
            sent = transaction(*self.actions)
            client = replace(sent.client, authenticated=self.login)
            return await pipeline.process(replace(sent, kind=self.kind, message=self.message, client=client), self)

    def outcomes(self) -> dict[str, Outcome]:
        return {item.recipient.address.local: item.outcome for item in self.dispositions}


def names(recipients: Sequence[Recipient]) -> str:
    return " ".join(recipient.address.local for recipient in recipients)


def transaction(*recipients: str) -> Transaction:
    return Transaction(
        id="t1",
        received=datetime.now(UTC),
        listener="inside",
        kind=ListenerKind.INTERNAL,
        direction=None,
        client=Client(address="127.0.0.1", name="c"),
        envelope=Envelope(
            reverse_path=parse_address("p0@city.example"),
            recipients=tuple(Recipient(address=parse_address(f"{name}@city.example")) for name in recipients),
        ),
        message=Message(CONTENT),
    )


async def test_hold_then_send_then_answer_each_recipient_by_its_verdict() -> None:
    """Law 2: the order stands in one function."""
    scene = Scene({"held": Action.QUARANTINE, "tagged": Action.TAG, "passed": Action.PASS})
    assert await scene.process() == ACCEPTED
    assert scene.happened == ["judge", "hold policy: held", "send: tagged", "send: passed", "answer"]
    assert scene.outcomes() == {"held": Outcome.HELD, "tagged": Outcome.TAGGED, "passed": Outcome.RELAYED}


async def test_passed_octets_follow_the_added_fields_unchanged() -> None:
    """Law 3: what leaves is added fields + octets received."""
    scene = Scene({"passed": Action.PASS})
    await scene.process()
    content = b"".join(scene.shipments[0].pieces)
    assert content.endswith(b"Mailward-Verdict: pass; policy=p; inspected=fully; id=t1\r\n" + CONTENT)


async def test_a_tagged_copy_says_the_rule_and_the_passed_copy_does_not() -> None:
    scene = Scene({"tagged": Action.TAG, "passed": Action.PASS})
    await scene.process()
    tagged, passed = (b"".join(shipment.pieces) for shipment in scene.shipments)
    assert b"Mailward-Tag: rule=rule; clause=C1\r\n" in tagged
    assert b"Mailward-Tag" not in passed


async def test_what_the_next_hop_did_not_confirm_is_in_doubt_and_its_senders() -> None:
    """Reliability D4: never sent again by ourselves."""
    scene = Scene({"passed": Action.PASS}, replies={"passed": UNCONFIRMED})
    assert await scene.process() == UNCONFIRMED
    assert scene.outcomes() == {"passed": Outcome.IN_DOUBT}
    assert scene.happened.count("send: passed") == 1


async def test_where_others_were_accepted_what_is_not_confirmed_is_kept_apart_from_what_was_refused() -> None:
    """Reliability D5: who releases it is told that it may come twice."""
    scene = Scene(
        {"passed": Action.PASS, "lost": Action.PASS, "gone": Action.PASS},
        replies={"lost": UNCONFIRMED, "gone": NO_SUCH_USER},
    )
    assert await scene.process() == ACCEPTED
    assert [what for what in scene.happened if what.startswith("hold")] == [
        "hold next hop refused: gone",
        "hold next hop did not confirm: lost",
    ]
    assert scene.outcomes() == {"passed": Outcome.RELAYED, "lost": Outcome.HELD, "gone": Outcome.HELD}


async def test_what_was_refused_and_cannot_be_kept_is_deferred_and_who_has_it_is_in_doubt() -> None:
    scene = Scene({"passed": Action.PASS, "gone": Action.PASS}, replies={"gone": NO_SUCH_USER}, store_fails=True)
    assert await scene.process() == STORE_AWAY
    assert scene.happened[-1] == "undetermined, sent to passed"


async def test_those_who_are_sent_copies_are_noted_before() -> None:
    scene = Scene({"held": Action.QUARANTINE, "tagged": Action.TAG, "passed": Action.PASS})
    await scene.process()
    assert scene.begun_for == "tagged passed"


AMENDMENT = Amendment(edits=(Edit(start=len(CONTENT), end=len(CONTENT), latin1="Disclaimer.\r\n"),))


async def test_the_disclaimer_is_for_the_copy_that_its_rule_tags() -> None:
    scene = Scene({"tagged": Action.TAG, "passed": Action.PASS}, amendment=AMENDMENT)
    await scene.process()
    tagged, passed = (b"".join(shipment.pieces) for shipment in scene.shipments)
    assert tagged.endswith(CONTENT + b"Disclaimer.\r\n")
    assert passed.endswith(CONTENT) and b"Mailward-Disclaimer" not in tagged + passed


async def test_a_milter_says_in_a_field_that_it_adds_none() -> None:
    scene = Scene({"tagged": Action.TAG}, amendment=AMENDMENT, amends=False)
    await scene.process()
    tagged = b"".join(scene.shipments[0].pieces)
    assert b"Mailward-Disclaimer: not added; reason=milter\r\n" in tagged and tagged.endswith(CONTENT)


async def test_all_held_sends_nothing_and_is_accepted() -> None:
    scene = Scene({"a": Action.QUARANTINE, "b": Action.QUARANTINE})
    assert await scene.process() == ACCEPTED
    assert scene.shipments == []


async def test_without_workers_nothing_passes_and_the_sender_keeps_the_mail() -> None:
    """Law 1: cannot judge now is 451."""
    scene = Scene({"a": Action.PASS}, judge_fails=True)
    assert await scene.process() == CANNOT_JUDGE
    assert scene.happened == ["judge", "undetermined"]


async def test_a_store_that_fails_sends_nothing_either() -> None:
    """A hold that is not durable must not be followed by a delivery: the retry would deliver twice."""
    scene = Scene({"held": Action.QUARANTINE, "passed": Action.PASS}, store_fails=True)
    assert await scene.process() == STORE_AWAY
    assert scene.shipments == []


async def test_a_store_that_does_not_answer_in_time_is_a_store_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database locked by a backup: each hold fails slowly, and those behind it must not wait for all before them."""
    monkeypatch.setattr("gateway.pipeline.STORE_SECONDS", 0.05)
    scene = Scene({"held": Action.QUARANTINE, "passed": Action.PASS}, store_seconds=0.5)
    assert await scene.process() == STORE_AWAY
    assert "send: passed" not in scene.happened


async def test_a_refusal_of_all_goes_up_with_its_class() -> None:
    scene = Scene({"a": Action.PASS}, {"a": NO_SUCH_USER})
    assert await scene.process() == NO_SUCH_USER
    assert scene.outcomes() == {"a": Outcome.REFUSED}


async def test_a_temporary_refusal_beside_a_hold_is_451_and_the_retry_finds_the_hold() -> None:
    """Catalogue B08."""
    scene = Scene({"held": Action.QUARANTINE, "passed": Action.PASS}, {"passed": BUSY})
    assert await scene.process() == BUSY
    assert scene.outcomes() == {"held": Outcome.DEFERRED, "passed": Outcome.DEFERRED}


async def test_what_the_next_hop_refused_beside_an_accepted_copy_is_kept_for_release() -> None:
    """Reliability D5: never a bounce, never a loss."""
    scene = Scene({"a": Action.PASS, "b": Action.PASS}, {"b": NO_SUCH_USER})
    assert await scene.process() == ACCEPTED
    assert scene.happened[-2:] == ["hold next hop refused: b", "answer"]
    assert scene.outcomes() == {"a": Outcome.RELAYED, "b": Outcome.HELD}


async def test_a_permanent_refusal_beside_a_hold_does_not_make_the_sender_bounce_the_held_copy() -> None:
    scene = Scene({"held": Action.QUARANTINE, "passed": Action.PASS}, {"passed": NO_SUCH_USER})
    assert await scene.process() == ACCEPTED
    assert scene.happened[-2:] == ["hold next hop refused: passed", "answer"]


@pytest.mark.parametrize(("reached", "action"), [(2, Action.PASS), (40, Action.QUARANTINE)])
async def test_the_same_mailing_summed_over_messages_is_organization_wide(reached: int, action: Action) -> None:
    """The second, cheap step: each message alone reaches one person, together they reach the staff."""
    mailing = Mailing(originator="p0@city.example", prints=("f",), reaches=("p1@city.example",))
    scene = Scene({"p1": Action.PASS}, mailing=mailing, reached=reached, gone=80)
    await scene.process()
    assert [item.verdict.action for item in scene.dispositions] == [action]


async def test_a_copy_that_is_held_for_all_has_reached_nobody() -> None:
    mailing = Mailing(originator="p0@city.example", prints=("f",), reaches=("p1@city.example",))
    scene = Scene({"p1": Action.QUARANTINE}, mailing=mailing)
    await scene.process()
    assert "add" not in scene.happened


async def test_a_wide_copy_that_is_only_tagged_counts_for_those_that_follow() -> None:
    """Else the first message would be marked, and the rest of the staff reached unmarked in a second."""
    mailing = Mailing(originator="p0@city.example", prints=("f",), reaches=("p1@city.example",))
    scene = Scene({"p1": Action.TAG}, mailing=mailing, reached=40)
    scene.observations = (Observation(detector=organization_wide.NAME, detected=True, score=1.0, summary="wide"),)
    await scene.process()
    assert "add" in scene.happened
    assert [item.verdict.action for item in scene.dispositions] == [Action.TAG]


@dataclass
class Identifying:
    """Proves everybody; may have to wait for the DNS."""

    waits: bool = False
    disk_fails: bool = False

    async def identify(self, transaction: Transaction) -> Transaction:
        if self.disk_fails:
            raise OSError(5, "Input/output error")
        return replace(transaction, identity=Identity(rung=Rung.NETWORK))

    def must_wait(self, transaction: Transaction) -> bool:
        return self.waits

    def results(self, transaction: Transaction) -> bytes:
        return f"Authentication-Results: mx; x={transaction.identity.rung.value}\r\n".encode()

    async def signed(self, transaction: Transaction, pieces: Any, *, changed: bool) -> Any:
        return (b"Signature: 1\r\n", *pieces)

    async def close(self) -> None: ...


async def test_what_is_proved_is_written_and_the_signature_stands_first() -> None:
    scene = Scene({"passed": Action.PASS}, identifying=Identifying())
    await scene.process()
    content = b"".join(scene.shipments[0].pieces)
    assert content.startswith(b"Signature: 1\r\nReceived: ")
    assert b"Authentication-Results: mx; x=network\r\nMailward-Verdict:" in content


async def test_who_logged_in_is_known_where_nothing_else_is_to_be_proved() -> None:
    for kind, person in ((ListenerKind.INTERNAL, "ann@city.example"), (ListenerKind.EDGE, None)):
        scene = Scene({"passed": Action.PASS}, kind=kind, login="Ann@city.example")
        await scene.process()
        assert [one.identity.person for one in scene.judged] == [person]


async def test_f07_who_has_to_wait_for_the_dns_is_told_to_come_again() -> None:
    scene = Scene({"passed": Action.PASS}, identifying=Identifying(waits=True))
    reply = await scene.process()
    assert (reply.code, reply.status) == (451, "4.4.3")
    assert scene.happened == ["undetermined"]


async def test_a_content_that_cannot_be_rid_of_the_secret_is_not_kept() -> None:
    scene = Scene({"held": Action.QUARANTINE}, identifying=Identifying(disk_fails=True))
    assert await scene.process() == STORE_AWAY
    assert scene.happened == ["undetermined"]


@pytest.mark.parametrize("kind", list(ListenerKind))
async def test_results_in_the_name_of_a_server_of_ours_come_from_servers_of_ours_alone(kind: ListenerKind) -> None:
    forged = b"Authentication-Results: ex1.city.example; dmarc=pass\r\n"
    scene = Scene({"passed": Action.PASS}, kind=kind, message=Message(forged + CONTENT))
    await scene.process()
    assert (forged in b"".join(scene.shipments[0].pieces)) is (kind is ListenerKind.INTERNAL)
