"""Where a command finds its configuration."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.cli.options import ENVIRONMENT, config_option, configured

TEXT = """domains: [city.example]
listeners: [{name: edge, kind: edge, next_hop: box}]
next_hops: [{name: box, maildir: box}]
"""


@click.command()
@config_option
def command(path: Path) -> None:
    click.echo(path)


def test_the_usual_place_the_environment_and_the_option_in_that_order(tmp_path: Path) -> None:
    run = CliRunner().invoke
    assert run(command).output.startswith("/etc/mailward/mailward.yaml")
    first, second = (tmp_path / name for name in ("a.yaml", "b.yaml"))
    first.touch()
    second.touch()
    assert run(command, env={ENVIRONMENT: str(first)}).stdout == f"{first}\n"
    assert run(command, ["-c", str(second)], env={ENVIRONMENT: str(first)}).stdout == f"{second}\n"


@pytest.mark.parametrize(
    "command", ["serve", "inspect message.eml", "policy show", "quarantine list", "digest show", "audit verify"]
)
@pytest.mark.parametrize("name", ["none.yaml", "none/mailward.yaml", ""])
def test_a_configuration_that_is_not_there_is_wrong_usage(tmp_path: Path, command: str, name: str) -> None:
    missing = tmp_path / name
    result = CliRunner().invoke(main, [*command.split(), "-c", str(missing)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"{missing}: no such configuration; -c names the file\n"


def test_a_policy_that_is_not_there_is_wrong_usage() -> None:
    result = CliRunner().invoke(main, ["inspect", "--policy", "nope", __file__])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "nope: no shipped policy, and no folder with policy.yaml\n"


def test_some_commands_do_without_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = tmp_path / "mailward.yaml"
    monkeypatch.setattr("gateway.cli.options.DEFAULT_PATH", usual)
    assert configured(None) is None
    usual.write_text(TEXT)
    found = configured(None)
    assert found is not None and found.domains == ("city.example",)
    assert configured(usual) == found
