"""A transaction, a judgement and a configuration for tests of what stands around the pipeline."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rules.address import parse_address
from rules.finding import Action, Finding
from rules.message import Message
from rules.transaction import Client, Direction, Envelope, ListenerKind, Recipient, Transaction
from rules.verdict import Inspected, Judgement, Verdict

CONTENT = b"From: a@elsewhere.example\r\nSubject: papers\r\n\r\nSecret body words.\r\n"


@pytest.fixture
def transaction() -> Transaction:
    return Transaction(
        id="t1",
        received=datetime(2026, 11, 2, 9, 0, tzinfo=UTC),
        listener="inside",
        kind=ListenerKind.INTERNAL,
        direction=None,
        client=Client(address="127.0.0.1", name="client.example"),
        envelope=Envelope(
            reverse_path=parse_address("a@elsewhere.example"),
            recipients=(Recipient(address=parse_address("b@city.example"), notify="NEVER"),),
            envid="QQ",
        ),
        message=Message(CONTENT),
    )


@pytest.fixture
def judgement() -> Judgement:
    finding = Finding(rule="rule-one", cites=("C1", "C2"), action=Action.QUARANTINE, observation=0)
    return Judgement(
        policy="p",
        policy_hash="0123456789abcdef0123",
        observations=(),
        verdicts=(
            Verdict(
                recipient="b@city.example", direction=Direction.INBOUND, action=Action.QUARANTINE, findings=(finding,)
            ),
        ),
        inspected=Inspected.FULLY,
        not_inspected=(),
        subject="papers",
        preview="Secret body words.",
    )


@pytest.fixture
def config_file(tmp_path: Path) -> Callable[..., Path]:
    """`config_file(extra)` writes a configuration with a Maildir next hop below the test's folder."""

    def write(extra: str = "", next_hop: str = "maildir: delivered") -> Path:
        path = tmp_path / "mailward.yaml"
        path.write_text(
            f"""domains: [city.example]
hostname: mx.city.example
state: state
next_hops: [{{name: onward, {next_hop}}}]
listeners: [{{name: inside, kind: internal, port: 0, next_hop: onward}}]
{extra}"""
        )
        return path

    return write
