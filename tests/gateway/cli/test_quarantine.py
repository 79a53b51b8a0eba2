"""`mailward quarantine`: what it prints, what it records, and its exit codes."""

import json
import re
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from gateway import clock_watch
from gateway.cli import main
from quarantine import audit

HOSTILE = "Luck\x1b]0;owned\x07 \u202egnp.exe\r\n0 items"


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
        "size": len(office.octets),
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
    """Catalogue I09 and D11."""
    item = office.hold("ann@city.example", subject=HOSTILE)
    for output in (office.run("list"), office.run("list", "--json"), office.run("show", item.id)):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", output)


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
    assert (tmp_path / "out.eml").read_bytes() == office.octets
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


def test_one_mailing_is_one_case(office):
    pieces = [office.mailed(number) for number in range(3)]
    other = office.hold("ann@city.example")
    first, second = (json.loads(line) for line in office.run("list", "--cases", "--json").splitlines())
    assert (first["id"], first["items"]) == (pieces[0].id, [piece.id for piece in pieces])
    assert (first["people"], first["open"], second["items"]) == (3, 3, [other.id])
    assert "3 of 3" in office.run("list", "--cases")


def test_every_act_tells_scripts_what_became_of_the_item(office, tmp_path):
    item = office.hold("ann@city.example")

    def told(*arguments):
        return json.loads(office.run(*arguments, "--json"))

    assert told("hold", item.id, "--reason", "x") == {"id": item.id, "outcome": "under legal hold"}
    assert told("unhold", item.id, "--reason", "x") == {"id": item.id, "outcome": "legal hold lifted"}
    place = str(tmp_path / "out.eml")
    exported = {"id": item.id, "outcome": "exported", "output": place, "octets": len(office.octets)}
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


def test_delete_tells_scripts_each_item(office):
    item = office.hold("ann@city.example")
    told = json.loads(office.run("delete", item.id, "--reason", "x", "--json"))
    assert told == {"id": item.id, "outcome": "deleted", "recipients": []}


def test_a_name_that_no_rule_has_is_told_instead_of_an_empty_table(office):
    office.hold("ann@city.example")
    assert "no rule is called chain-leter; did you mean chain-letter?" in office.run(
        "list", "--rule", "chain-leter", exit=2
    )
    assert office.listed("--rule", "phishing") == office.listed("--rule", "not-inspected") == []
    assert len(office.listed("--rule", "chain-letter")) == 1
