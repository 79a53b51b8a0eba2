"""`mailward audit`: shows every record, and names the first bad one."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from gateway.cli import main
from quarantine.audit import Audit, Record

CONFIG = """\
domains: [city.example]
policy: city-baseline
state: state
listeners: [{name: edge, kind: edge, next_hop: box}]
next_hops: [{name: box, maildir: box}]
"""


@pytest.fixture
def run(tmp_path):
    (tmp_path / "mailward.yaml").write_text(CONFIG)
    audit = Audit(folder=tmp_path / "state" / "audit")
    for act, item in (("hold", "4k2p"), ("view", "4k9z"), ("delete", "4k2p")):
        audit.append(Record(at=datetime.now(UTC), act=act, by="carl\x1b[2J", item=item, reason="because"))

    def run(*arguments, exit=0):
        command, *rest = arguments
        result = CliRunner().invoke(main, ["audit", command, "-c", str(tmp_path / "mailward.yaml"), *rest])
        assert result.exit_code == exit, (result.output, result.exception)
        assert "\x1b" not in result.output
        return result.output

    return run


def test_show_tells_who_did_what_to_which(run):
    assert [json.loads(line)["act"] for line in run("show", "--json").splitlines()] == ["hold", "view", "delete"]
    assert len(run("show", "--item", "4k2p").splitlines()) == 3


def test_many_recipients_do_not_make_every_line_long(run, tmp_path):
    many = tuple(f"p{number}@city.example" for number in range(30))
    record = Record(at=datetime.now(UTC), act="hold", by="carl", item="many0", reason="because", recipients=many)
    Audit(folder=tmp_path / "state" / "audit").append(record)
    assert "p0@city.example +29  because" in run("show", "--item", "many0")
    assert json.loads(run("show", "--item", "many0", "--json"))["recipients"] == list(many)


def test_verify_tells_head_and_count(run):
    assert "3 records in 1 chain, head " in run("verify")


def test_verify_names_the_first_bad_record(run, tmp_path):
    (chain,) = (tmp_path / "state" / "audit").iterdir()
    chain.write_bytes(chain.read_bytes().replace(b'"view"', b'"veiw"'))
    assert f"{chain.name}:2: does not match its hash" in run("verify", exit=1)


def test_no_record_at_all_is_no_fault(run, tmp_path):
    next((tmp_path / "state" / "audit").iterdir()).unlink()
    assert "0 records" in run("verify")


def test_verify_tells_scripts_the_same(run, tmp_path):
    (chain,) = (tmp_path / "state" / "audit").iterdir()
    sound = json.loads(run("verify", "--json"))
    assert (sound["records"], sound["faults"]) == (3, [])
    assert sound["chains"] == [{"name": chain.name, "records": 3, "head": sound["chains"][0]["head"], "fault": ""}]
    chain.write_bytes(chain.read_bytes().replace(b'"view"', b'"veiw"'))
    damaged = json.loads(run("verify", "--json", exit=1).splitlines()[0])
    assert damaged["faults"] == [f"{chain.name}:2: does not match its hash"]


def test_an_item_may_be_named_by_its_beginning(run):
    assert [json.loads(line)["item"] for line in run("show", "--json", "--item", " 4K2").splitlines()] == ["4k2p"] * 2


@pytest.mark.parametrize("item", ["zzzz", "", "4k"])
def test_an_item_without_record_or_named_ambiguously_is_exit_2(run, item):
    run("show", "--item", item, exit=2)


def test_a_record_that_another_account_keeps_is_told_without_a_traceback(run, monkeypatch):
    def kept(*_):
        raise PermissionError(13, "Permission denied", "/var/lib/mailward/audit")

    monkeypatch.setattr("gateway.cli.audit.records", kept)
    assert "/var/lib/mailward/audit: Permission denied; run this as the account" in run("show", exit=1)


@pytest.mark.parametrize("item", [[], ["--item", "4k2p"], ["--item", "4k9z"]])
def test_show_says_where_a_chain_can_no_longer_be_read(run, tmp_path, item):
    (chain,) = (tmp_path / "state" / "audit").iterdir()
    chain.write_bytes(chain.read_bytes().replace(b'"view"', b'"veiw"'))
    told = run("show", *item, exit=1)
    assert f"{chain.name}:2: does not match its hash; nothing from there on is shown" in told
    assert ("hold" in told) is (item != ["--item", "4k9z"])
