"""`mailward quarantine`: lists, shows, deletes, exports and keeps held mail."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from gateway import clock_watch
from gateway.cli.aside import exemptions_by_key
from gateway.cli.choosing import case_option, chosen, found_ids, ids_argument, recipients_option
from gateway.cli.item import case_object, case_row, item_lines, item_object, item_row, shown_object
from gateway.cli.opening import by_option, open_configured, reason_option
from gateway.cli.options import config_option
from gateway.cli.quarantine_release import release
from gateway.cli.terminal import Exit, escaped, fail, print_json, print_table
from gateway.config import Config
from quarantine.cases import Case, cases_of
from quarantine.item import State
from rules.policy_file import NOT_INSPECTED_RULE, Exemption
from rules.shipped import find_policy, library_rules
from rules.yaml_nodes import DocumentError

if TYPE_CHECKING:
    from rules.policy import Policy

_id = click.argument("id", metavar="ID")
_json = click.option("--json", "as_json", is_flag=True, help="One object an item, one line each.")


@click.group(epilog="Example: mailward quarantine list --state held")
def quarantine() -> None:
    """List, read, release and delete held mail. An ID may be shortened to its unambiguous beginning."""


quarantine.add_command(release)


@quarantine.command("list", epilog="Example: mailward quarantine list --state held --since 2026-11-01 --json")
@config_option
@_json
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in State]),
    help="Only items with a copy in this state.",
)
@click.option("--since", type=click.DateTime(), help="Only items held since then, in the configured time zone.")
@click.option("--before", type=click.DateTime(), help="Only items held before then.")
@click.option("--rule", help="Only items that this rule was found for.")
@click.option("--sender", help="Only items from this address; <> for none.")
@click.option("--recipient", help="Only items with this recipient.")
@click.option("--cases", "as_cases", is_flag=True, help="One row a case: the messages of one mailing together.")
def list_(
    path: Path,
    as_json: bool,
    states: tuple[str, ...],
    since: datetime | None,
    before: datetime | None,
    rule: str | None,
    sender: str | None,
    recipient: str | None,
    as_cases: bool,
) -> None:
    """Held messages, oldest first."""
    config, store = open_configured(path)
    zone = ZoneInfo(config.timezone)
    items = store.quarantine.list(
        states=[State(state) for state in states],
        since=since.replace(tzinfo=zone) if since is not None else None,
        until=before.replace(tzinfo=zone) if before is not None else None,
        rule=rule,
        sender=None if sender is None else sender.removeprefix("<").removesuffix(">"),
        recipient=recipient,
    )
    if rule is not None and not items:
        _refuse_unknown(rule, config)
    if as_cases:
        _list_cases(cases_of(items), zone, as_json=as_json)
        return
    if as_json:
        for item in items:
            print_json(item_object(item))
        return
    print_table(("id", "held", "state", "rule", "from", "to", "subject"), (item_row(item, zone) for item in items))


@quarantine.command(epilog="Example: mailward quarantine show 4k2p")
@config_option
@by_option
@_json
@_id
def show(path: Path, by: str, as_json: bool, id: str) -> None:
    """Why a message is held, on what evidence, and its history.

    Each rule with its clauses and the evidence, the match marked; the message's text, and what was done with it.
    """
    config, store = open_configured(path)
    item, history = store.quarantine.view(store.quarantine.find(id), by=by)
    missing = item.purged is None and not store.quarantine.contents.has(item.sha256)
    if as_json:
        print_json({**shown_object(item, history, _exemptions(config)), "content_missing": missing})
        return
    zone = ZoneInfo(config.timezone)
    for line in item_lines(item, history, _policy(config), zone, missing=missing):
        click.echo(line)


@quarantine.command(epilog="Example: mailward quarantine delete 4k2p --reason 'advertising' --json")
@config_option
@by_option
@reason_option
@_json
@recipients_option
@case_option
@ids_argument
def delete(
    path: Path,
    by: str,
    reason: str,
    as_json: bool,
    recipients: tuple[str, ...],
    whole_case: bool,
    ids: tuple[str, ...],
) -> None:
    """Delete held mail; hash, size, rules and dates stay. Refused under legal hold."""
    _, store = open_configured(path)
    found = chosen(store.quarantine, ids, whole_case)
    store.quarantine.delete(found, recipients, by=by, reason=reason)
    for id in found:
        _tell_act(id, "deleted", as_json=as_json, recipients=recipients)


@quarantine.command(epilog="Example: mailward quarantine export 4k2p -o message.eml")
@config_option
@by_option
@click.option("--reason", default="", help="Why, for the record.")
@_json
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to make."
)
@_id
def export(path: Path, by: str, reason: str, as_json: bool, output: Path, id: str) -> None:
    """Write a message, as it was received, to a new file.

    Only you can read the file.
    """
    _, store = open_configured(path)
    found = store.quarantine.find(id)
    _make(output)  # before the act is recorded, which would else be of a file that there never was
    try:
        octets = store.quarantine.export(found, by=by, reason=reason)
        output.write_bytes(octets)
    except Exception:
        output.unlink()
        raise
    if as_json:
        print_json({"id": found, "outcome": "exported", "output": str(output), "octets": len(octets)})
    else:
        click.echo(escaped(f"{output}: {len(octets)} octets"))


@quarantine.command(epilog="Example: mailward quarantine hold 4k2p --reason 'records request 2026-114'")
@config_option
@by_option
@reason_option
@_json
@ids_argument
def hold(path: Path, by: str, reason: str, as_json: bool, ids: tuple[str, ...]) -> None:
    """Put a legal hold on items.

    Neither deletion nor expiry touches them until it is lifted.
    """
    _, store = open_configured(path)
    for id in found_ids(store.quarantine, ids):
        store.quarantine.set_legal_hold(id, by=by, reason=reason)
        _tell_act(id, "under legal hold", as_json=as_json)


@quarantine.command(epilog="Example: mailward quarantine unhold 4k2p --reason 'request answered'")
@config_option
@by_option
@reason_option
@_json
@ids_argument
def unhold(path: Path, by: str, reason: str, as_json: bool, ids: tuple[str, ...]) -> None:
    """Lift a legal hold."""
    _, store = open_configured(path)
    for id in found_ids(store.quarantine, ids):
        store.quarantine.lift_legal_hold(id, by=by, reason=reason)
        _tell_act(id, "legal hold lifted", as_json=as_json)


@quarantine.command(epilog="Example: mailward quarantine expire --yes")
@config_option
@by_option
@_json
@click.option("--yes", is_flag=True, help="Also when it is unusually much at once, or the clock made a step.")
def expire(path: Path, by: str, as_json: bool, yes: bool) -> None:
    """Expire what is past its date.

    Contents that no item needs are removed, too. The service does both by itself.
    """
    config, store = open_configured(path)
    retention = store.quarantine.retention
    if not yes and clock_watch.stepped(config.state, store.quarantine.clock()):
        fail("the clock went on or back by more than a day of late; see that it is right, then add --yes")
    for item in retention.expire(store.quarantine.clock(), by=by, confirmed=yes):
        _tell_act(item.id, "expired", as_json=as_json)
    orphans = retention.collect()
    click.echo(f"{len(orphans)} contents that no item needs removed", err=True)


def _make(output: Path) -> None:
    try:
        output.touch(mode=0o600, exist_ok=False)
    except FileNotFoundError:
        fail(f"{output}: no such folder", Exit.USAGE)
    except FileExistsError:
        fail(f"{output} is there already", Exit.USAGE)
    except OSError as error:
        fail(f"{output}: {error.strerror}")


def _tell_act(id: str, outcome: str, *, as_json: bool, **more: object) -> None:
    if as_json:
        print_json({"id": id, "outcome": outcome, **more})
    else:
        click.echo(f"{id}: {outcome}")


def _exemptions(config: Config) -> Mapping[str, Exemption]:
    policy = _policy(config)
    return exemptions_by_key(policy) if policy else {}


def _refuse_unknown(rule: str, config: Config) -> None:
    """An empty table would say that the rule held nothing: a name that no rule has is told instead."""
    policy = _policy(config)
    used = () if policy is None else (entry.name for entry in policy.rules)
    known = {*library_rules(), *used, NOT_INSPECTED_RULE}
    if rule not in known:
        near = get_close_matches(rule, known, n=1)
        fail(f"no rule is called {rule}" + (f"; did you mean {near[0]}?" if near else ""), Exit.USAGE)


def _policy(config: Config) -> "Policy | None":
    """None when it cannot be read: that must not hide held mail."""
    from rules.policy import load_policy  # and all detectors with it, which a list needs not: a sixth of its time

    try:
        return load_policy(find_policy(config.policy))
    except DocumentError:
        return None


def _list_cases(cases: Sequence[Case], zone: ZoneInfo, *, as_json: bool) -> None:
    if as_json:
        for case in cases:
            print_json(case_object(case))
        return
    headings = ("id", "held", "messages", "open", "people", "from", "subject")
    print_table(headings, (case_row(case, zone) for case in cases))
