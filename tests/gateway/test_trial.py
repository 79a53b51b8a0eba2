"""What is supposed of a message in a file, and that results keep the order of the files."""

import asyncio
from pathlib import Path

import pytest

from gateway.mailfiles import MailFile
from gateway.trial import Supposed, compared, in_order, transaction_of
from gateway.workers import WorkerPool, WorkerSettings
from rules.address import parse_address
from rules.finding import Action
from rules.shipped import find_policy
from rules.transaction import Direction, ListenerKind, Recipient

MAIL = b"From: ann@city.example\nTo: bo@city.example\nSubject: x\n\nHello.\n"
FILE = MailFile(name="a.eml", path=Path("a.eml"))


def test_a_message_speaks_for_itself_where_nothing_is_supposed() -> None:
    made = transaction_of(FILE, MAIL, Supposed(domain="city.example"))
    assert str(made.envelope.reverse_path) == "ann@city.example"
    assert [str(item.address) for item in made.envelope.recipients] == ["bo@city.example"]
    assert (made.id, made.kind, made.direction) == ("a.eml", ListenerKind.INTERNAL, None)


def test_what_is_supposed_counts_instead() -> None:
    recipient = Recipient(address=parse_address("cy@elsewhere.example"))
    supposed = Supposed(domain="city.example", direction=Direction.INBOUND, sender_given=True, recipients=(recipient,))
    made = transaction_of(FILE, MAIL, supposed)
    assert (made.envelope.reverse_path, made.envelope.recipients, made.kind) == (None, (recipient,), ListenerKind.EDGE)


@pytest.mark.parametrize(
    ("direction", "address"), [(None, "postmaster@city.example"), (Direction.OUTBOUND, "someone@elsewhere.example")]
)
def test_a_message_for_nobody_goes_to_somebody(direction: Direction | None, address: str) -> None:
    made = transaction_of(FILE, b"Subject: x\n\nHello.\n", Supposed(domain="city.example", direction=direction))
    assert [str(item.address) for item in made.envelope.recipients] == [address]


async def test_results_come_in_order_and_a_few_at_once() -> None:
    at_work, most = 0, 0

    async def act(number: int) -> int:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0.01 * (5 - number))
        at_work -= 1
        return number

    assert [found async for found in in_order(range(5), act, 2)] == [0, 1, 2, 3, 4]
    assert most == 2


async def test_each_message_is_judged_under_both_policies(tmp_path: Path) -> None:
    text = find_policy("city-baseline").read_text()
    (tmp_path / "policy.yaml").write_text(
        text.replace("- use: organization-wide\n", "- use: organization-wide\n    status: observe\n")
    )
    (tmp_path / "a.eml").write_bytes(MAIL.replace(b"bo@", b"all-staff@"))
    running = WorkerSettings(policy=find_policy("city-baseline"), domains=("city.example",), workers=1)
    candidate = WorkerSettings(policy=tmp_path / "policy.yaml", domains=("city.example",), workers=1)
    file = MailFile(name="a", path=tmp_path / "a.eml")
    async with WorkerPool(running) as first, WorkerPool(candidate) as second:
        (pair,) = [found async for found in compared([file], Supposed(domain="city.example"), first, second)]
    assert pair.before.verdicts[0].action is Action.QUARANTINE
    assert pair.after.verdicts[0].action is Action.PASS
