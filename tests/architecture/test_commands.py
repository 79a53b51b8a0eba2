"""Every command answers --help with an example, and is listed where people look for it."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from gateway.cli import COMMANDS, main


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """A command and all below it, each with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))


ALL = list(commands(main, ()))


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(("mailward", *path)) for path, _ in ALL])
def test_help_ends_with_an_example(path: tuple[str, ...], command: click.Command) -> None:
    result = CliRunner().invoke(main, [*path, "--help"], prog_name="mailward")
    words = " ".join(result.stdout.split())
    assert result.exit_code == 0
    assert f"Example: mailward {' '.join(path)}".strip() in words
    assert command.help


@pytest.mark.parametrize("path", [path for path, command in ALL if isinstance(command, click.Group)], ids=" ".join)
def test_a_list_of_commands_says_what_each_does_in_a_whole_sentence(path: tuple[str, ...]) -> None:
    assert "..." not in CliRunner().invoke(main, [*path, "--help"]).stdout.partition("Commands:")[2]


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(("mailward", *path)) for path, _ in ALL])
def test_every_option_says_what_it_does(path: tuple[str, ...], command: click.Command) -> None:
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert [option.opts for option in options if not option.help] == []


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(("mailward", *path)) for path, _ in ALL])
def test_what_prints_a_table_prints_json_too(path: tuple[str, ...], command: click.Command) -> None:
    if path and path[-1] in ("list", "show") and path != ("digest", "show"):  # which prints a letter
        assert ["--json"] in [parameter.opts for parameter in command.params]


def test_help_of_the_program_lists_every_command_without_importing_it() -> None:
    result = CliRunner().invoke(main, ["--help"])
    for command in COMMANDS:
        assert f"  {command.name} " in result.stdout and command.does.split()[0] in result.stdout


def test_an_unknown_command_is_wrong_usage() -> None:
    assert CliRunner().invoke(main, ["relay"]).exit_code == 2
