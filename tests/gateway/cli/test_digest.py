"""`mailward digest`: shown without a trace, sent with one, and to a Maildir that a person can open."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from gateway.cli import main
from quarantine.quarantine import open_store

CONFIG = """\
domains: [city.example]
policy: city-baseline
state: state
timezone: America/Chicago
listeners: [{name: edge, kind: edge, next_hop: box}]
next_hops: [{name: box, maildir: box}]
digest: {to: [it@city.example], next_hop: box}
"""


@pytest.fixture
def run(tmp_path):
    (tmp_path / "mailward.yaml").write_text(CONFIG)
    open_store(tmp_path / "state")

    def run(*arguments, exit=0):
        command, *rest = arguments
        result = CliRunner().invoke(main, ["digest", command, "-c", str(tmp_path / "mailward.yaml"), *rest])
        assert result.exit_code == exit, (result.output, result.exception)
        return result.output

    return run


def mails(tmp_path):
    return list((tmp_path / "box" / "new").glob("*"))


def test_show_prints_and_marks_nothing(run, tmp_path):
    assert "0 held" in run("show")
    assert "<html" in run("show", "--html")
    shown = json.loads(run("show", "--json"))
    assert (shown["totals"]["held"], shown["held"]) == (0, [])
    assert open_store(tmp_path / "state").reports.list() == []
    assert mails(tmp_path) == []


def test_send_without_a_due_report_sends_the_time_so_far(run, tmp_path):
    assert "sent: it@city.example: 250" in run("send", "--by", "carl")
    (mail,) = mails(tmp_path)
    assert b"Auto-Submitted: auto-generated" in mail.read_bytes()
    assert open_store(tmp_path / "state").reports.list() == []


def test_send_tells_scripts_who_has_it(run, tmp_path):
    told = json.loads(run("send", "--json"))
    assert (told["sent"], told["recipients"][0]["address"], told["recipients"][0]["accepted"]) == (
        True,
        "it@city.example",
        True,
    )
    assert told["start"] < told["end"]


def test_send_with_a_date_sends_that_day(run, tmp_path):
    yesterday = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%d")
    run("send", "--date", yesterday)
    assert len(mails(tmp_path)) == 1


def test_a_day_that_has_not_begun_is_exit_2(run):
    run("send", "--date", "2999-01-01", exit=2)
    run("show", "--date", "yesterday", exit=2)


def test_without_anyone_to_get_it_it_is_refused(run, tmp_path):
    text = (tmp_path / "mailward.yaml").read_text()
    (tmp_path / "mailward.yaml").write_text(text.replace("digest: {to: [it@city.example], next_hop: box}\n", ""))
    assert "digest: to" in run("send", exit=1)
