"""`mailward ledger verify`: exit 0 when the books agree, 1 and the item's id when not."""

import json
import sqlite3

from click.testing import CliRunner

from gateway.cli import main
from quarantine.quarantine import open_store

CONFIG = """\
domains: [city.example]
policy: city-baseline
state: state
listeners: [{name: edge, kind: edge, next_hop: box}]
next_hops: [{name: box, maildir: box}]
"""


def test_agreement_and_its_loss(tmp_path):
    (tmp_path / "mailward.yaml").write_text(CONFIG)
    arguments = ["ledger", "verify", "-c", str(tmp_path / "mailward.yaml")]
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, result.stdout[:17]) == (0, "0 items, 0 copies")
    sound = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).stdout)
    nothing = {"items": 0, "copies": 0, "acknowledged": 0, "noted": 0, "open": 0, "unsynced": 0, "faults": []}
    assert sound == {**nothing, "states": sound["states"], "recipients": sound["recipients"]}
    open_store(tmp_path / "state")
    with sqlite3.connect(tmp_path / "state" / "quarantine.sqlite") as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(items)")]
        row = dict.fromkeys(columns, "2026-11-24T00:00:00+00:00") | {
            "id": "lost",
            "client": '{"address": "", "name": ""}',
            "cause": "policy",
            "judgement": '{"policy": "", "policy_hash": "", "observations": [], "verdicts": [], "inspected": "fully",'
            ' "not_inspected": [], "subject": "", "preview": ""}',
            "purged": None,
            "size": 1,
            "smtputf8": 0,
        }
        names = ", ".join(f":{name}" for name in columns)
        connection.execute(f"INSERT INTO items ({', '.join(columns)}) VALUES ({names})", row)
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert "lost: no recipient" in result.output
    assert "lost: content missing" in result.output
    told = CliRunner().invoke(main, [*arguments, "--json"])
    assert told.exit_code == 1
    assert json.loads(told.stdout)["faults"] == ["lost: no recipient", "lost: content missing"]
