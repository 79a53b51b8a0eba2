"""`mailward quarantine`: what it prints, what it records, and its exit codes."""

import json
import re
import shutil
import sqlite3
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway import clock_watch
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
HOSTILE = "Luck\x1b]0;owned\x07 \u202egnp.exe\r\n0 items"


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


def test_list_json_is_the_contract(office):
    item = office.hold("ann@city.example", "bob@city.example")
    (line,) = office.listed()
    assert line == {
        "id": item.id,
        "received": item.received.isoformat(),
        "state": "held",
        "quarantine": "policy",
        "mail_from": "zoe@elsewhere.example",
        "recipients": [
            {"address": "ann@city.example", "state": "held", "reply": ""},
            {"address": "bob@city.example", "state": "held", "reply": ""},
        ],
        "subject": "Luck",
        "size": len(OCTETS),
        "sha256": item.sha256,
        "findings": [
            {"rule": "chain-letter", "cites": ["C-1"], "action": "quarantine", "summary": "asks to be passed on"}
        ],
        "approvers": [],
        "legal_hold": None,
        "expires": None,
    }


def test_list_narrows(office):
    office.hold("ann@city.example")
    office.hold("bob@city.example")
    assert len(office.listed()) == 2
    assert len(office.listed("--recipient", "BOB@city.example")) == 1
    assert len(office.listed("--state", "held")) == 2
    assert office.listed("--state", "released") == []
    assert office.listed("--rule", "phishing") == []
    assert office.listed("--since", "2099-01-01") == [] == office.listed("--before", "2001-01-01")
    assert len(office.listed("--since", "2001-01-01", "--before", "2099-01-01")) == 2
    for sender in ("Zoe@elsewhere.example", "<zoe@elsewhere.example>"):
        assert len(office.listed("--sender", sender)) == 2
    assert office.listed("--sender", "<>") == []


def test_an_empty_quarantine_is_an_empty_list(office):
    assert office.run("list", "--json") == ""


def test_show_tells_rule_clause_and_evidence_with_the_match_marked(office):
    item = office.hold("ann@city.example")
    shown = office.run("show", item.id[:6])
    for words in ("chain-letter", "C-1", "»Forward« this to ten friends.", "ann@city.example: held", item.sha256):
        assert words in shown
    assert office.acts() == ["hold", "view"]


def test_show_json_holds_the_evidence_and_the_history(office):
    item = office.hold("ann@city.example")
    office.run("delete", item.id, "--reason", "advertising", "--by", "carl")
    shown = json.loads(office.run("show", "--json", item.id))
    assert [(event["after"], event["by"], event["reason"]) for event in shown["history"]] == [
        ("deleted", "carl", "advertising")
    ]
    (finding,) = shown["verdicts"][0]["findings"]
    assert finding == {"rule": "chain-letter", "cites": ["C-1"], "action": "quarantine", "observation": 0}


def test_nothing_of_a_message_acts_on_a_terminal(office):
    item = office.hold("ann@city.example", subject=HOSTILE)
    for output in (office.run("list"), office.run("list", "--json"), office.run("show", item.id)):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", output)


def test_release_is_done_when_the_next_hop_has_accepted(office):
    item = office.hold("ann@city.example", "bob@city.example")
    office.run("release", item.id[:8], "--reason", "asked for")
    assert office.sent == [("ann@city.example", "bob@city.example")]
    (line,) = office.listed()
    assert line["state"] == "released"
    assert {copy["reply"] for copy in line["recipients"]} == {"250 said so"}


@pytest.mark.parametrize(("says", "exit"), [(451, 75), (550, 1)])
def test_release_without_a_250_stays_held(office, says, exit):
    item = office.hold("ann@city.example")
    office.says = says
    office.run("release", item.id, "--reason", "asked for", exit=exit)
    (line,) = office.listed()
    assert (line["state"], line["recipients"][0]["reply"]) == ("held", f"{says} said so")


def test_release_of_one_recipient_and_to_another_address(office):
    item = office.hold("ann@city.example", "bob@city.example")
    office.run("release", item.id, "--recipient", "bob@city.example", "--to", "it@city.example", "--reason", "x")
    assert office.sent == [("bob@city.example",), ("it@city.example",)]
    assert [copy["state"] for copy in office.listed()[0]["recipients"]] == ["held", "released"]


def test_release_is_refused_for_a_rule_that_was_not_reviewed(office):
    item = office.hold("ann@city.example")
    office.rules = "executable-attachment"
    assert "executable-attachment" in office.run("release", item.id, "--reason", "x", exit=1)
    assert office.sent == []


def test_one_bad_item_does_not_keep_the_others(office):
    one, two = office.hold("ann@city.example"), office.hold("bob@city.example")
    office.run("release", one.id, "--reason", "x")
    office.run("release", one.id, two.id, "--reason", "x", exit=1)
    assert {line["state"] for line in office.listed()} == {"released"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "zzzzzzzz"),
        ("release", "zzzzzzzz", "--reason", "x"),
        ("delete", "zzzzzzzz", "--reason", "x"),
        ("hold", "zzzzzzzz", "--reason", "x"),
        ("export", "zzzzzzzz", "-o", "never"),
        ("release", "--reason", "x"),
        ("list", "--state", "lost"),
    ],
)
def test_a_wrong_id_or_usage_is_exit_2(office, arguments):
    office.run(*arguments, exit=2)


@pytest.mark.parametrize("command", ["release", "delete", "hold", "unhold"])
def test_nothing_is_done_without_a_reason(office, command):
    item = office.hold("ann@city.example")
    office.run(command, item.id, exit=2)
    assert office.acts() == ["hold"]


@pytest.mark.parametrize("command", ["release", "delete", "hold", "unhold"])
@pytest.mark.parametrize("said", [("--reason", ""), ("--reason", " \t"), ("--reason", "x", "--by", " ")])
def test_blanks_are_neither_a_reason_nor_a_person(office, command, said):
    item = office.hold("ann@city.example")
    assert "must say something" in office.run(command, item.id, *said, exit=2)
    assert (office.acts(), office.sent) == (["hold"], [])


def test_of_several_ids_one_wrong_one_stops_all(office):
    item = office.hold("ann@city.example")
    office.run("delete", item.id, "zzzzzzzz", "--reason", "x", exit=2)
    assert office.listed()[0]["state"] == "held"


def test_an_unknown_recipient_is_exit_2(office):
    item = office.hold("ann@city.example")
    office.run("release", item.id, "--recipient", "bob@city.example", "--reason", "x", exit=2)
    office.run("delete", item.id, "--recipient", "bob@city.example", "--reason", "x", exit=2)


def test_legal_hold_stands_in_the_way_until_lifted(office):
    item = office.hold("ann@city.example")
    office.run("hold", item.id, "--reason", "request 114")
    assert office.listed()[0]["legal_hold"] == "request 114"
    assert "request 114" in office.run("delete", item.id, "--reason", "x", exit=1)
    office.run("unhold", item.id, "--reason", "answered")
    office.run("delete", item.id, "--reason", "x")
    assert office.listed()[0]["state"] == "deleted"


def test_export_writes_the_octets_for_one_person_only(office, tmp_path):
    item = office.hold("ann@city.example")
    office.run("export", item.id, "-o", str(tmp_path / "out.eml"))
    assert (tmp_path / "out.eml").read_bytes() == OCTETS
    assert (tmp_path / "out.eml").stat().st_mode & 0o777 == 0o600
    assert office.acts() == ["hold", "export"]


def test_what_could_not_be_exported_is_recorded_nowhere(office, tmp_path):
    item = office.hold("ann@city.example")
    (tmp_path / "out.eml").write_text("there before")
    office.run("export", item.id, "-o", str(tmp_path / "out.eml"), exit=2)
    office.run("export", item.id, "-o", str(tmp_path / "none" / "out.eml"), exit=2)
    assert (tmp_path / "out.eml").read_text() == "there before"
    assert office.acts() == ["hold"]


def test_an_export_that_fails_leaves_no_empty_file(office, tmp_path):
    item = office.hold("ann@city.example")
    office.run("delete", item.id, "--reason", "x")
    office.run("export", item.id, "-o", str(tmp_path / "out.eml"), exit=1)
    assert not (tmp_path / "out.eml").exists()


def test_who_did_it_is_the_login_name_behind_sudo(office, monkeypatch):
    item = office.hold("ann@city.example")
    monkeypatch.setenv("SUDO_USER", "dora")
    office.run("delete", item.id, "--reason", "x")
    assert list(audit.records(office.folder / "state" / "audit"))[-1].by == "dora"


def test_a_store_that_cannot_be_opened_is_exit_75(office):
    shutil.rmtree(office.folder / "state")
    (office.folder / "state").write_text("in the way")
    assert "try again later" in office.run("list", exit=75)


def test_a_content_that_is_gone_is_said_without_a_traceback(office):
    item = office.hold("ann@city.example")
    next((office.folder / "state" / "content").rglob(f"{item.sha256}*")).unlink()
    assert "content missing" in office.run("show", item.id)
    office.run("release", item.id, "--reason", "x", exit=1)


def test_expire_says_what_it_did(office):
    office.hold("ann@city.example")
    assert "0 contents" in office.run("expire")


def mailed(office, number: int) -> HeldMessage:
    """A piece of one mailing that reaches somebody else each time."""
    who = f"p{number}@city.example"
    mailing = Mailing(originator="zoe@city.example", prints=("aa", f"b{number}"), reaches=(who,))
    return office.hold(who, octets=OCTETS + str(number).encode(), mailing=mailing)


def test_one_mailing_is_one_case(office):
    pieces = [mailed(office, number) for number in range(3)]
    other = office.hold("ann@city.example")
    first, second = (json.loads(line) for line in office.run("list", "--cases", "--json").splitlines())
    assert (first["id"], first["items"]) == (pieces[0].id, [piece.id for piece in pieces])
    assert (first["people"], first["open"], second["items"]) == (3, 3, [other.id])
    assert "3 of 3" in office.run("list", "--cases")


def test_a_case_is_released_or_deleted_as_one(office):
    pieces = [mailed(office, number) for number in range(3)]
    other = office.hold("ann@city.example")
    office.run("release", pieces[2].id, "--reason", "x")
    told = office.run("delete", pieces[0].id, "--case", "--reason", "x")
    assert told.splitlines() == [f"{pieces[0].id}: deleted", f"{pieces[1].id}: deleted"]
    states = {item["id"]: item["state"] for item in office.listed()}
    assert [states[one.id] for one in (*pieces, other)] == ["deleted", "deleted", "released", "held"]


def test_every_act_tells_scripts_what_became_of_the_item(office, tmp_path):
    item = office.hold("ann@city.example")

    def told(*arguments):
        return json.loads(office.run(*arguments, "--json"))

    assert told("hold", item.id, "--reason", "x") == {"id": item.id, "outcome": "under legal hold"}
    assert told("unhold", item.id, "--reason", "x") == {"id": item.id, "outcome": "legal hold lifted"}
    place = str(tmp_path / "out.eml")
    exported = {"id": item.id, "outcome": "exported", "output": place, "octets": len(OCTETS)}
    assert told("export", item.id, "-o", place) == exported
    assert told("delete", item.id, "--reason", "x") == {"id": item.id, "outcome": "deleted", "recipients": []}


def test_expire_asks_whether_a_clock_that_jumped_is_right(office):
    office.hold("ann@city.example")
    clock_watch.note(office.folder / "state", datetime.now(UTC) - timedelta(days=2))
    assert "add --yes" in office.run("expire", exit=1)
    office.run("expire", "--yes")


def test_expire_tells_scripts_each_item(office):
    item = office.hold("ann@city.example")
    with sqlite3.connect(office.folder / "state" / "quarantine.sqlite") as connection:
        connection.execute("UPDATE items SET expires = ?", ("2026-01-01T00:00:00.000000+00:00",))
    lines = [line for line in office.run("expire", "--yes", "--json").splitlines() if line.startswith("{")]
    assert [json.loads(line) for line in lines] == [{"id": item.id, "outcome": "expired"}]


@pytest.mark.parametrize("command", ["list", "show", "release", "delete", "export", "hold", "unhold", "expire"])
def test_every_command_has_help_with_an_example(office, command):
    result = CliRunner().invoke(main, ["quarantine", command, "--help"])
    assert result.exit_code == 0
    assert f"Example: mailward quarantine {command}" in result.output


def test_release_tells_scripts_each_copy_with_its_reply(office):
    item = office.hold("ann@city.example", "bob@city.example")
    told = office.run("release", item.id, "--reason", "x", "--json")
    assert [json.loads(line) for line in told.splitlines()] == [
        {"id": item.id, "recipient": address, "outcome": "accepted", "reply": "250 said so"}
        for address in ("ann@city.example", "bob@city.example")
    ]


def test_release_tells_scripts_what_was_refused(office):
    item = office.hold("ann@city.example")
    office.run("delete", item.id, "--reason", "x")
    told = office.run("release", item.id, "--reason", "x", "--json", exit=1).splitlines()[0]
    assert json.loads(told) == {"id": item.id, "recipient": None, "outcome": "refused", "reply": ""}


def test_delete_tells_scripts_each_item(office):
    item = office.hold("ann@city.example")
    told = json.loads(office.run("delete", item.id, "--reason", "x", "--json"))
    assert told == {"id": item.id, "outcome": "deleted", "recipients": []}
