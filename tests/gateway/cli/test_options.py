"""Where a command finds its configuration."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from gateway.cli.options import ENVIRONMENT, config_option, configured

TEXT = """domains: [city.example]
listeners: [{name: edge, kind: edge, next_hop: box}]
next_hops: [{name: box, maildir: box}]
"""


@click.command()
@config_option
def command(path: Path) -> None:
    click.echo(path)


def test_the_usual_place_the_environment_and_the_option_in_that_order() -> None:
    run = CliRunner().invoke
    assert run(command).stdout == "/etc/mailward/mailward.yaml\n"
    assert run(command, env={ENVIRONMENT: "/a.yaml"}).stdout == "/a.yaml\n"
    assert run(command, ["-c", "/b.yaml"], env={ENVIRONMENT: "/a.yaml"}).stdout == "/b.yaml\n"


def test_some_commands_do_without_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = tmp_path / "mailward.yaml"
    monkeypatch.setattr("gateway.cli.options.DEFAULT_PATH", usual)
    assert configured(None) is None
    usual.write_text(TEXT)
    found = configured(None)
    assert found is not None and found.domains == ("city.example",)
    assert configured(usual) == found
