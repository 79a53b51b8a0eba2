"""How commands find the configuration, and who is asking."""

import os
import pwd
import subprocess
import sys

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.cli.opening import login_name, open_configured

CONFIG = """\
domains: [city.example]
state: state
quarantine_days: 30
listeners: [{name: edge, kind: edge, next_hop: box}]
next_hops: [{name: box, maildir: box}]
"""


def test_the_store_is_beside_the_configuration_and_keeps_its_schedule(tmp_path):
    (tmp_path / "mailward.yaml").write_text(CONFIG)
    _, store = open_configured(tmp_path / "mailward.yaml", make=True)
    assert (tmp_path / "state" / "quarantine.sqlite").is_file()
    assert store.quarantine.keep_days == 30


def test_the_environment_may_name_the_configuration(tmp_path):
    (tmp_path / "mailward.yaml").write_text(CONFIG)
    environment = {"MAILWARD_CONFIG": str(tmp_path / "mailward.yaml")}
    result = CliRunner().invoke(main, ["quarantine", "list", "--json"], env=environment)
    assert (result.exit_code, result.stdout) == (0, "")


def test_an_empty_answer_is_no_proof_where_nothing_was_ever_kept(tmp_path):
    (tmp_path / "mailward.yaml").write_text(CONFIG)
    for command in (["ledger", "verify"], ["audit", "verify"]):
        result = CliRunner().invoke(main, [*command, "-c", str(tmp_path / "mailward.yaml")])
        assert result.exit_code == 0 and f"{tmp_path / 'state'}" in result.stderr
    open_configured(tmp_path / "mailward.yaml", make=True)
    again = CliRunner().invoke(main, ["ledger", "verify", "-c", str(tmp_path / "mailward.yaml")])
    assert again.stderr == ""


@pytest.mark.parametrize(
    "command",
    ["quarantine list", "quarantine show 4k2p", "quarantine expire", "digest show", "ledger verify", "policy stats"],
)
def test_a_command_that_reads_makes_nothing_where_nothing_was_kept(tmp_path, command):
    (tmp_path / "mailward.yaml").write_text(CONFIG)
    result = CliRunner().invoke(main, [*command.split(), "-c", str(tmp_path / "mailward.yaml")])
    assert result.exit_code in (0, 2), result.output
    assert [path.name for path in tmp_path.iterdir()] == ["mailward.yaml"]


def test_a_missing_configuration_is_told(tmp_path):
    result = CliRunner().invoke(main, ["quarantine", "list", "-c", str(tmp_path / "none.yaml")])
    assert result.exit_code == 2
    assert "none.yaml" in result.output


def test_the_login_name_is_the_persons_behind_sudo(monkeypatch):
    monkeypatch.delenv("SUDO_USER", raising=False)
    assert login_name() == pwd.getpwuid(os.getuid()).pw_name
    monkeypatch.setenv("SUDO_USER", "dora")
    assert login_name() == "dora"


def test_an_account_without_a_name_is_told_by_its_number(monkeypatch):
    """As in a container that runs under any number."""
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_242_424)
    assert login_name() == "uid 4242424"


@pytest.mark.parametrize(
    ("command", "spared"),
    [
        ("audit", {"sqlalchemy", "rules.detectors"}),
        ("directory", {"sqlalchemy", "rules.detectors"}),
        ("config", {"sqlalchemy", "rules.detectors"}),
        ("quarantine", {"rules.detectors", "gateway.workers"}),
        ("ledger", {"rules.detectors", "gateway.workers"}),
    ],
)
def test_a_command_does_not_load_what_most_of_its_uses_spare(command: str, spared: set[str]) -> None:
    program = f"import sys, gateway.cli.{command}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout.split()
    assert spared & set(loaded) == set()
