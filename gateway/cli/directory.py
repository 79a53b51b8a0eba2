"""`mailward directory`: shows the staff list, and makes it anew from the directory server."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.opening import by_option, login_name, reason_option
from gateway.cli.options import config_option
from gateway.cli.terminal import Exit, escaped, fail, print_json, print_table
from gateway.config import Config, load_config
from gateway.directory_server import DirectoryUnavailable, fetch
from gateway.staff_list import Refused, Renewed, renew
from gateway.taking import accept_staff, is_in_force
from quarantine.display import counted
from rules.address import key_of
from rules.directory import Directory
from rules.directory_file import load_directory

MAX_SHOWN = 20  # groups in the table; --json has all
ACCEPTED_BY_SYNC = "directory sync --accept-fewer"  # in the record


@click.group(epilog="Example: mailward directory show desk@city.example")
def directory() -> None:
    """Show the staff list, accept one with fewer people, or make it anew from the directory server."""


@directory.command(epilog="Example: mailward directory show ann.lee@city.example")
@config_option
@click.option("--json", "as_json", is_flag=True, help="One object.")
@click.argument("address", required=False)
def show(path: Path, as_json: bool, address: str | None) -> None:
    """The staff list as a whole, or what it says of one address.

    Of a person: name, department and groups. Of a group: everyone who is reached through it.
    """
    config = load_config(path)
    listed, file = _listed(config)
    if address is not None:
        _show_one(listed, address, as_json=as_json)
        return
    told = _as_a_whole(listed, file)
    if as_json:
        print_json({**told, "groups": {name: len(members) for name, members in sorted(listed.groups.items())}})
        return
    people, groups = counted(len(listed.people), "person", "people"), counted(len(listed.groups), "group")
    click.echo(f"{file}: {people} ({told['active']} active), {groups}")
    click.echo(f"changed {told['modified']}, SHA-256 {str(told['sha256'])[:16]}…")
    largest = sorted(listed.groups.items(), key=lambda item: (-len(item[1]), item[0]))[:MAX_SHOWN]
    print_table(("group", "reaches"), ((name, str(len(members))) for name, members in largest))


def _listed(config: Config) -> tuple[Directory, Path]:
    if config.directory is None:
        fail("the configuration names no `directory`", Exit.USAGE)
    return load_directory(config.directory, frozenset(config.domains)), config.directory


def _as_a_whole(listed: Directory, file: Path) -> dict[str, object]:
    return {
        "path": str(file),
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "modified": datetime.fromtimestamp(int(file.stat().st_mtime), UTC).isoformat(),
        "people": len(listed.people),
        "active": sum(person.active for person in listed.people.values()),
        "aliases": len(listed.aliases),
    }


def _show_one(listed: Directory, address: str, *, as_json: bool) -> None:
    key = key_of(address)
    person, members = listed.person(key), listed.groups.get(key)
    if person is None and members is None:
        fail(f"{address} is not on the list", Exit.USAGE)
    if as_json:
        print_json(
            {
                "address": person.address if person else key,
                "name": person.name if person else None,
                "department": person.department if person else None,
                "active": person.active if person else None,
                "groups": sorted(
                    name for name, reached in listed.groups.items() if person and person.address in reached
                ),
                "members": None if members is None else sorted(members),
            }
        )
    elif person is not None:
        groups = sorted(name for name, reached in listed.groups.items() if person.address in reached)
        state = "active" if person.active else "no live account"
        click.echo(escaped(f"{person.name or person.address}, {person.department or 'no department'}: {state}"))
        click.echo(escaped(f"belongs to {', '.join(groups) or 'no group'}"))
    else:
        click.echo(f"{escaped(key)} reaches {counted(len(members or ()), 'person', 'people')}")
        for name in sorted(members or ()):
            click.echo(f"  {escaped(name)}")


@directory.command(epilog="Example: mailward directory accept --reason 'the water works are a company now'")
@config_option
@by_option
@reason_option
@click.option("--json", "as_json", is_flag=True, help="One object.")
def accept(path: Path, by: str, reason: str, as_json: bool) -> None:
    """Let the staff list come into force, however many are gone.

    A reload refuses a list that has lost more than a fifth of the people, and a start goes on with the one before.
    """
    config = load_config(path)
    listed, file = _listed(config)
    if not listed.people:
        fail(f"{file} names nobody")
    if not is_in_force(config):
        fail("no list is in force yet: the first start takes any", Exit.USAGE)
    accept_staff(config, listed, by=by, reason=reason)
    if as_json:
        print_json(_as_a_whole(listed, file))
    else:
        click.echo(f"{file}: {counted(len(listed.people), 'person', 'people')}, accepted; reload the service")


@directory.command(epilog="Example: mailward directory sync --json")
@config_option
@click.option("--accept-fewer", is_flag=True, help="Also a list with more than a fifth of the people gone.")
@click.option("--json", "as_json", is_flag=True, help="One object.")
def sync(path: Path, accept_fewer: bool, as_json: bool) -> None:
    """Make the staff list anew from the directory server.

    The server is that of `ldap` in the configuration; the gateway takes the list at its next reload. A list that names
    nobody, or much fewer people than before, is refused: the old one stays.
    """
    config = load_config(path)
    if config.ldap is None or config.directory is None:
        fail("the configuration names no `ldap` server and `directory` file", Exit.USAGE)
    try:
        renewed = renew(config.directory, fetch(config.ldap), config.domains, accept_fewer=accept_fewer)
    except DirectoryUnavailable as error:
        fail(str(error), Exit.TEMPORARY)
    except Refused as error:
        fail(str(error))
    if accept_fewer and is_in_force(config):
        accept_staff(config, renewed.directory, by=login_name(), reason=ACCEPTED_BY_SYNC)
    _tell(config.directory, renewed, as_json=as_json)


def _tell(file: Path, renewed: Renewed, *, as_json: bool) -> None:
    conflicts = [f"{conflict.dn}: {conflict.expected}" for conflict in renewed.conflicts]
    if as_json:
        print_json({**_as_a_whole(renewed.directory, file), "before": renewed.before, "passed_over": conflicts})
        return
    for conflict in conflicts:
        click.echo(escaped(f"passed over: {conflict}"), err=True)
    before = "" if renewed.before is None else f" (before: {renewed.before})"
    people = counted(len(renewed.directory.people), "person", "people")
    click.echo(f"{file}: {people}{before}, {counted(len(renewed.directory.groups), 'group')}")
