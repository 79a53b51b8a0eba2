"""`mailward config`: checks the configuration, and shows it with every default filled in."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from gateway.certificates import check_certificates
from gateway.cli.options import config_option
from gateway.cli.terminal import escaped, print_json, print_table
from gateway.config import Config, load_config
from quarantine.display import counted
from rules.directory import Directory
from rules.directory_file import load_directory
from rules.document import to_json
from rules.shipped import find_policy
from rules.yaml_nodes import DocumentError, Fault, lines_of

if TYPE_CHECKING:
    from rules.policy import Policy

T = TypeVar("T")
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


@config.command(epilog="Example: mailward config check -c mailward.yaml --json")
@config_option
@click.option("--json", "as_json", is_flag=True, help="One object: policy, directory, faults.")
def check(path: Path, as_json: bool) -> None:
    """Tell every fault of the configuration, with file and line.

    Its certificates, its policy and its staff list are read too.
    """
    checked = _checked(path)
    if as_json:
        print_json(_checked_object(path, checked))
    if checked.faults:
        raise DocumentError(checked.faults)
    if not as_json:
        _tell(path, checked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """What could be read of a configuration and of what it names, and every fault of all that."""

    policy: "Policy | None" = None
    directory: Directory | None = None
    faults: tuple[Fault, ...] = ()


def _checked(path: Path) -> _Checked:
    """Whatever is not there or bad keeps nothing else from being looked at."""
    from rules.policy import load_policy  # and all detectors with it, which showing a configuration spares

    found, faults = _attempted(lambda: load_config(path))
    if found is None:
        return _Checked(faults=faults)
    _, unfit = _attempted(lambda: check_certificates(path, found))
    policy, misruled = _attempted(lambda: load_policy(find_policy(found.policy)))
    staff = found.directory
    directory, misread = _attempted(lambda: load_directory(staff, frozenset(found.domains)) if staff else None)
    return _Checked(policy=policy, directory=directory, faults=(*unfit, *misruled, *misread))


def _attempted(read: Callable[[], T]) -> tuple[T | None, tuple[Fault, ...]]:
    try:
        return read(), ()
    except DocumentError as error:
        return None, error.faults


def _checked_object(path: Path, checked: _Checked) -> dict[str, object]:
    policy, directory = checked.policy, checked.directory
    return {
        "path": str(path),
        "policy": {"name": policy.name, "rules": len(policy.rules), "hash": policy.hash} if policy else None,
        "directory": {"people": len(directory.people), "groups": len(directory.groups)} if directory else None,
        "faults": [asdict(fault) for fault in checked.faults],
    }


def _tell(path: Path, checked: _Checked) -> None:
    policy, directory = checked.policy, checked.directory
    click.echo(escaped(f"{path}: no fault"))
    if policy is not None:
        click.echo(escaped(f"policy: {policy.name}, {counted(len(policy.rules), 'rule')}, {policy.hash[:12]}"))
    if directory is not None:
        people, groups = counted(len(directory.people), "person", "people"), counted(len(directory.groups), "group")
        click.echo(f"directory: {people}, {groups}")


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
