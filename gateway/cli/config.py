"""`mailward config`: checks the configuration, and shows it with every default filled in."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from gateway.certificates import check_certificates
from gateway.cli.options import config_option
from gateway.cli.terminal import escaped, print_json, print_table
from gateway.config import Config, load_config
from rules.directory_file import load_directory
from rules.document import lines_of, to_json
from rules.policy import find_policy, load_policy

DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value of the configuration and where it came from: `file:line`, or `default`."""

    key: str
    value: object
    origin: str


@click.group(epilog="Example: mailward config check -c /etc/mailward/mailward.yaml")
def config() -> None:
    """Check the configuration, or show it with every default filled in."""


@config.command(epilog="Example: mailward config check -c mailward.yaml")
@config_option
def check(path: Path) -> None:
    """Read the configuration, its certificates, policy and directory, and tell every fault with file and line."""
    found = load_config(path)
    check_certificates(path, found)
    policy = load_policy(find_policy(found.policy))
    directory = load_directory(found.directory, frozenset(found.domains)) if found.directory is not None else None
    click.echo(escaped(f"{path}: no fault"))
    click.echo(escaped(f"policy: {policy.name}, {len(policy.rules)} rules, {policy.hash[:12]}"))
    if directory is not None:
        click.echo(f"directory: {len(directory.people)} people, {len(directory.groups)} groups")


@config.command(epilog="Example: mailward config show -c mailward.yaml --json")
@config_option
@click.option("--json", "as_json", is_flag=True, help="One object a value, one line each.")
def show(path: Path, as_json: bool) -> None:
    """Every value with every default filled in, and where it came from."""
    settings = settings_of(path, load_config(path))
    if as_json:
        for setting in settings:
            print_json({"key": setting.key, "value": setting.value, "from": setting.origin})
        return
    rows = [(setting.key, json.dumps(setting.value, ensure_ascii=False), setting.origin) for setting in settings]
    print_table(("key", "value", "from"), rows)


def settings_of(path: Path, found: Config) -> tuple[Setting, ...]:
    """Every value of a configuration that was read from `path`, in the order of its dataclasses."""
    leaves = tuple(_leaves(json.loads(to_json(found, Config)), ()))
    lines = lines_of(path, [place for place, _ in leaves])
    return tuple(
        Setting(
            key=".".join(str(step) for step in place),
            value=value,
            origin=DEFAULT if line is None else f"{path}:{line}",
        )
        for (place, value), line in zip(leaves, lines, strict=True)
    )


def _leaves(value: object, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Each value that has no values within; a list of plain values counts as one."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*place, key))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(item, (*place, index))
    else:
        yield place, value
