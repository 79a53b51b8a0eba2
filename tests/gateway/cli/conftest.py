"""An office with held mail, and the command line that it types into."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from quarantine import audit
from quarantine.item import Cause, HeldMessage
from quarantine.ports import Attempt
from quarantine.quarantine import open_store
from rules.address import parse_address
from rules.finding import Action, Evidence, Finding, Observation
from rules.message import Message
from rules.transaction import Client, Direction, Envelope, ListenerKind, Recipient, Transaction
from rules.verdict import Inspected, Judgement, Mailing, Verdict

CONFIG = """\
domains: [city.example]
policy: city-baseline
state: state
listeners: [{name: edge, kind: edge, next_hop: box}]
next_hops: [{name: box, maildir: box}]
"""


OCTETS = b"From: zoe@elsewhere.example\r\nSubject: Luck\r\n\r\nForward this to ten friends.\r\n"


def a_judgement(*recipients: str, rule: str = "chain-letter", subject: str = "Luck") -> Judgement:
    text = "Forward this to ten friends."
    finding = Finding(rule=rule, cites=("C-1",), action=Action.QUARANTINE, observation=0)
    return Judgement(
        policy="city",
        policy_hash="f" * 64,
        observations=(
            Observation(
                detector="chain_letter",
                detected=True,
                score=1.0,
                summary="asks to be passed on",
                evidence=(Evidence(part="1", text=text, start=0, end=7, mark=(0, 7)),),
            ),
        ),
        verdicts=tuple(
            Verdict(recipient=one, direction=Direction.INBOUND, action=Action.QUARANTINE, findings=(finding,))
            for one in recipients
        ),
        inspected=Inspected.FULLY,
        not_inspected=(),
        subject=subject,
        preview="Forward this to ten friends.\n\x1b[2J",
    )


@dataclass
class Office:
    """A configuration with a store of its own, and the command line."""

    folder: Path
    says: int = 250
    rules: str = "chain-letter"
    sent: list[tuple[str, ...]] = field(default_factory=list)
    octets: bytes = OCTETS  # of what it holds

    def hold(
        self, *recipients: str, subject: str = "Luck", octets: bytes = OCTETS, mailing: Mailing | None = None
    ) -> HeldMessage:
        people = tuple(Recipient(address=parse_address(one)) for one in recipients)
        transaction = Transaction(
            id="t-1",
            received=datetime.now(UTC),
            listener="edge",
            kind=ListenerKind.EDGE,
            direction=None,
            client=Client(address="192.0.2.7", name="mx"),
            envelope=Envelope(reverse_path=parse_address("zoe@elsewhere.example"), recipients=people),
            message=Message(octets),
        )
        return open_store(self.folder / "state").quarantine.hold(
            transaction,
            replace(a_judgement(*recipients, subject=subject), mailing=mailing),
            people,
            cause=Cause.POLICY,
            next_hop="box",
        )

    def mailed(self, number: int) -> HeldMessage:
        """A piece of one mailing that reaches somebody else each time."""
        who = f"p{number}@city.example"
        mailing = Mailing(originator="zoe@city.example", prints=("aa", f"b{number}"), reaches=(who,))
        return self.hold(who, octets=OCTETS + str(number).encode(), mailing=mailing)

    def run(self, *arguments: str, exit: int = 0) -> str:
        command, *rest = arguments
        result = CliRunner().invoke(main, ["quarantine", command, "-c", str(self.folder / "mailward.yaml"), *rest])
        assert result.exit_code == exit, (result.output, result.exception)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.output

    def listed(self, *arguments: str) -> list[dict]:
        return [json.loads(line) for line in self.run("list", "--json", *arguments).splitlines()]

    def acts(self) -> list[str]:
        return [record.act for record in audit.records(self.folder / "state" / "audit")]

    # The two ways out of the store, in place of a next hop and of inspection workers.
    def send(self, item, recipients, octets):
        self.sent.append(tuple(str(one.address) for one in recipients))
        return [Attempt(recipient=one, code=self.says, text=f"{self.says} said so") for one in recipients]

    def rejudge(self, item, octets, recipients):
        return a_judgement(*(str(one.address) for one in recipients), rule=self.rules)


@pytest.fixture
def office(tmp_path, monkeypatch):
    (tmp_path / "mailward.yaml").write_text(CONFIG)
    open_store(tmp_path / "state")
    office = Office(folder=tmp_path)
    monkeypatch.setattr("gateway.courier.SmtpCourier", lambda *_: office)
    monkeypatch.setattr("gateway.review.WorkerReview", lambda *_: office)
    return office
