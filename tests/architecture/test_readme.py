"""What the README tells people to type and to write works."""

import re
from pathlib import Path

import click
import pytest

from gateway.cli import main
from rules.policy import load_policy
from rules.shipped import library_rules

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text()


def test_the_policy_to_copy_is_accepted(tmp_path: Path) -> None:
    found = re.search(r"^ {4}policy: .*?(?=^\S)", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None
    lines = [line.removeprefix("    ") for line in found.group().splitlines()]
    path = tmp_path / "policy.yaml"
    path.write_text("\n".join(line for line in lines if not line.startswith(("mailward ", "# mailward", "systemctl"))))
    assert load_policy(path).rules


@pytest.mark.parametrize("words", sorted(set(re.findall(r"\bmailward (?!mailward)([a-z]+(?: [a-z]+)?)", TEXT))))
def test_every_command_named_there_exists(words: str) -> None:
    command: click.Command | None = main
    for word in words.split():
        if not isinstance(command, click.Group):
            break  # what follows is an argument
        command = command.get_command(click.Context(command), word)
        assert command is not None


def test_every_rule_named_there_exists() -> None:
    table = [line for line in TEXT.splitlines() if line.startswith("|")]
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", "\n".join(table)))
    assert named and named <= set(library_rules())
