"""Recipients grouped by equal treatment, and what the deliveries of the groups come to."""

from collections.abc import Callable

import pytest

from gateway.egress import Delivery
from gateway.plan import Plan, plan, settle
from gateway.reply import ACCEPTED, Reply
from rules.address import parse_address
from rules.finding import Action, Finding
from rules.transaction import Direction, Recipient
from rules.verdict import Inspected, Judgement, Verdict

REFUSED = Reply(code=550, status="5.1.1", text="No such mailbox")
BUSY = Reply(code=450, status="4.2.1", text="Try later")


def finding(rule: str, action: Action, *cites: str, observation: int = 0) -> Finding:
    return Finding(rule=rule, cites=cites, action=action, observation=observation)


def verdict(name: str, action: Action, *findings: Finding) -> Verdict:
    return Verdict(recipient=f"{name}@city.example", direction=Direction.INBOUND, action=action, findings=findings)


def judgement_of(*verdicts: Verdict) -> Judgement:
    return Judgement(
        policy="p",
        policy_hash="0",
        observations=(),
        verdicts=verdicts,
        inspected=Inspected.FULLY,
        not_inspected=(),
        subject="",
        preview="",
    )


def planned(*verdicts: Verdict) -> Plan:
    judgement = judgement_of(*verdicts)
    return plan(tuple(Recipient(address=parse_address(item.recipient)) for item in verdicts), judgement)


def names(recipients: tuple[Recipient, ...]) -> list[str]:
    return [recipient.address.local for recipient in recipients]


def groups(made: Plan) -> list[list[str]]:
    return [names(group.recipients) for group in made.send]


TAGGED = finding("disclaimer", Action.TAG, "A-1")


def test_held_copies_are_kept_apart_from_those_that_leave() -> None:
    held = verdict("b", Action.QUARANTINE, finding("program", Action.QUARANTINE))
    made = planned(verdict("a", Action.PASS), held, verdict("c", Action.PASS))
    assert names(made.hold) == ["b"]
    assert groups(made) == [["a", "c"]]


def test_passed_copies_share_one_shipment_whatever_was_recorded() -> None:
    recorded = verdict("b", Action.PASS, finding("note", Action.PASS))
    assert groups(planned(verdict("a", Action.PASS), recorded)) == [["a", "b"]]


def test_tagged_copies_never_share_with_passed_ones() -> None:
    assert groups(planned(verdict("a", Action.PASS), verdict("b", Action.TAG, TAGGED))) == [["a"], ["b"]]
    assert groups(planned(verdict("a", Action.PASS), verdict("b", Action.TAG))) == [["a"], ["b"]]


def test_tagged_copies_share_where_their_marks_are_the_same() -> None:
    again = finding("disclaimer", Action.TAG, "A-1", observation=3)
    made = planned(verdict("a", Action.TAG, TAGGED), verdict("b", Action.TAG, TAGGED, again))
    assert groups(made) == [["a", "b"]]


@pytest.mark.parametrize("other", [finding("disclaimer", Action.TAG, "A-2"), finding("advocacy", Action.TAG, "A-1")])
def test_a_copy_is_not_marked_with_a_rule_or_a_clause_of_anothers(other: Finding) -> None:
    assert groups(planned(verdict("a", Action.TAG, TAGGED), verdict("b", Action.TAG, other))) == [["a"], ["b"]]


def test_a_judgement_that_lacks_a_recipient_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        plan((Recipient(address=parse_address("a@city.example")),), judgement_of())


@pytest.fixture
def delivered() -> Callable[..., tuple[Delivery, ...]]:
    def make(*replies: Reply) -> tuple[Delivery, ...]:
        recipient = Recipient(address=parse_address("a@city.example"))
        return tuple(Delivery(recipient=recipient, reply=reply) for reply in replies)

    return make


NOTHING_HELD = Plan(hold=(), send=())
SOMETHING_HELD = Plan(hold=(Recipient(address=parse_address("h@city.example")),), send=())


@pytest.mark.parametrize(
    ("made", "replies", "kept", "answer"),
    [
        (NOTHING_HELD, (ACCEPTED, ACCEPTED), 0, ACCEPTED),
        (NOTHING_HELD, (ACCEPTED, REFUSED), 1, ACCEPTED),  # ours now: kept, never bounced
        (NOTHING_HELD, (ACCEPTED, BUSY), 1, ACCEPTED),
        (NOTHING_HELD, (REFUSED, REFUSED), 0, REFUSED),
        (NOTHING_HELD, (REFUSED, BUSY), 0, BUSY),  # a retry costs no mail
        (SOMETHING_HELD, (REFUSED,), 1, ACCEPTED),  # the held copy is ours already
        (SOMETHING_HELD, (BUSY,), 0, BUSY),  # the retry finds the hold by its key
        (SOMETHING_HELD, (), 0, ACCEPTED),
    ],
)
def test_what_deliveries_come_to(
    delivered: Callable[..., tuple[Delivery, ...]],
    made: Plan,
    replies: tuple[Reply, ...],
    kept: int,
    answer: Reply,
) -> None:
    settlement = settle(made, delivered(*replies))
    assert (len(settlement.keep), settlement.reply) == (kept, answer)
