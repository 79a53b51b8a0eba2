"""`mailward quarantine`: lists, shows, releases, deletes and exports held mail."""

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from gateway import clock_watch
from gateway.cli.aside import exemptions_by_key
from gateway.cli.item import case_object, case_row, item_lines, item_object, item_row, shown_object
from gateway.cli.opening import by_option, open_configured, reason_option
from gateway.cli.options import config_option
from gateway.cli.terminal import Exit, escaped, fail, print_json, print_table
from gateway.config import Config
from quarantine.cases import Case, cases_of
from quarantine.item import State
from quarantine.ports import Attempt, Busy, NoSuchItem, Refused, ReviewUnavailable, StoreUnavailable
from quarantine.quarantine import Quarantine
from quarantine.release import Order, Release
from rules.address import Address, AddressError, parse_address
from rules.document import DocumentError
from rules.policy import Policy, find_policy, load_policy
from rules.policy_file import Clause, Exemption

_ids = click.argument("ids", metavar="ID…", nargs=-1, required=True)
_id = click.argument("id", metavar="ID")
_recipients = click.option("--recipient", "recipients", multiple=True, help="Only this recipient's copy.")
_case = click.option("--case", "whole_case", is_flag=True, help="And every held message of the same mailing.")
_json = click.option("--json", "as_json", is_flag=True, help="One object an item, one line each.")


@click.group(epilog="Example: mailward quarantine list --state held")
def quarantine() -> None:
    """List, read, release and delete held mail. An ID may be shortened to its unambiguous beginning."""


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
    for line in item_lines(item, history, _clauses(config), zone, missing=missing):
        click.echo(line)


@quarantine.command(epilog="Example: mailward quarantine release 4k2p --reason 'ordered by the clerk' --json")
@config_option
@by_option
@reason_option
@click.option("--json", "as_json", is_flag=True, help="One object a copy, one line each.")
@_recipients
@_case
@click.option("--approved-by", default="", help="Who approved it, where a rule names somebody for that.")
@click.option("--to", "others", multiple=True, help="Send a copy to another address; the recipients' stay as they are.")
@_ids
def release(
    path: Path,
    by: str,
    reason: str,
    as_json: bool,
    recipients: tuple[str, ...],
    whole_case: bool,
    approved_by: str,
    others: tuple[str, ...],
    ids: tuple[str, ...],
) -> None:
    """Send held mail on. Every rule that was not reviewed is run again under the policy in force now.

    Exit code 0 only when the next hop has accepted every copy.
    """
    from gateway.courier import SmtpCourier
    from gateway.review import WorkerReview

    config, store = open_configured(path)
    to = tuple(_parsed(other) for other in others)
    told = f"{reason} (approved by {approved_by})" if approved_by else reason
    order = Order(by=by, reason=told, recipients=recipients, to=to, approved_by=approved_by)
    found = _chosen(store.quarantine, ids, whole_case)
    releasing = Release(quarantine=store.quarantine, courier=SmtpCourier(config), review=WorkerReview(config))
    # Sorted by what a script should do: try again, while anything may yet succeed.
    exits = {_release(releasing, id, order, as_json=as_json) for id in found}
    sys.exit(next((code for code in (Exit.TEMPORARY, Exit.USAGE, Exit.FAILED) if code in exits), Exit.DONE))


@quarantine.command(epilog="Example: mailward quarantine delete 4k2p --reason 'advertising' --json")
@config_option
@by_option
@reason_option
@_json
@_recipients
@_case
@_ids
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
    found = _chosen(store.quarantine, ids, whole_case)
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
@_ids
def hold(path: Path, by: str, reason: str, as_json: bool, ids: tuple[str, ...]) -> None:
    """Put a legal hold on items.

    Neither deletion nor expiry touches them until it is lifted.
    """
    _, store = open_configured(path)
    for id in _found(store.quarantine, ids):
        store.quarantine.set_legal_hold(id, by=by, reason=reason)
        _tell_act(id, "under legal hold", as_json=as_json)


@quarantine.command(epilog="Example: mailward quarantine unhold 4k2p --reason 'request answered'")
@config_option
@by_option
@reason_option
@_json
@_ids
def unhold(path: Path, by: str, reason: str, as_json: bool, ids: tuple[str, ...]) -> None:
    """Lift a legal hold."""
    _, store = open_configured(path)
    for id in _found(store.quarantine, ids):
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


def _clauses(config: Config) -> Mapping[str, Clause]:
    """What the clauses say, of the policy in force."""
    policy = _policy(config)
    return policy.clauses if policy else {}


def _exemptions(config: Config) -> Mapping[str, Exemption]:
    policy = _policy(config)
    return exemptions_by_key(policy) if policy else {}


def _policy(config: Config) -> Policy | None:
    """None when it cannot be read: that must not hide held mail."""
    try:
        return load_policy(find_policy(config.policy))
    except DocumentError:
        return None


def _found(quarantine: Quarantine, ids: Sequence[str]) -> tuple[str, ...]:
    """Every id before anything is done to the first."""
    return tuple(dict.fromkeys(quarantine.find(id) for id in ids))


def _chosen(quarantine: Quarantine, ids: Sequence[str], whole_case: bool) -> tuple[str, ...]:
    """These items, and with `whole_case` whatever else is held of the same mailings."""
    found = _found(quarantine, ids)
    if not whole_case:
        return found
    cases = (case for case in cases_of(quarantine.list()) if any(item.id in found for item in case.items))
    held = [item.id for case in cases for item in case.items if item.state is State.HELD]
    return tuple(dict.fromkeys((*found, *held)))


def _list_cases(cases: Sequence[Case], zone: ZoneInfo, *, as_json: bool) -> None:
    if as_json:
        for case in cases:
            print_json(case_object(case))
        return
    headings = ("id", "held", "messages", "open", "people", "from", "subject")
    print_table(headings, (case_row(case, zone) for case in cases))


def _parsed(text: str) -> Address:
    try:
        return parse_address(text)
    except AddressError:
        fail(f"{text} is no address", Exit.USAGE)


def _release(releasing: Release, id: str, order: Order, *, as_json: bool) -> Exit:
    """Release one item and tell how it went; one that fails does not keep the others from being tried."""
    try:
        attempts = releasing.release(id, order)
    except Refused as error:
        return _not_released(id, "refused", str(error), Exit.FAILED, as_json=as_json)
    except NoSuchItem as error:
        return _not_released(id, "no such item", str(error), Exit.USAGE, as_json=as_json)
    except (Busy, StoreUnavailable, ReviewUnavailable) as error:
        told = f"{id}: try again later: {error}"
        return _not_released(id, "try again later", told, Exit.TEMPORARY, as_json=as_json)
    for attempt in attempts:
        _tell_attempt(id, attempt, as_json=as_json)
    return _exit_of(attempts)


def _not_released(id: str, outcome: str, told: str, exit: Exit, *, as_json: bool) -> Exit:
    if as_json:
        print_json({"id": id, "recipient": None, "outcome": outcome, "reply": ""})
    click.echo(escaped(told), err=True)
    return exit


def _tell_attempt(id: str, attempt: Attempt, *, as_json: bool) -> None:
    outcome = "accepted" if attempt.accepted else "outcome unknown" if attempt.in_doubt else "not sent"
    recipient = str(attempt.recipient.address)
    if as_json:
        print_json({"id": id, "recipient": recipient, "outcome": outcome, "reply": attempt.text})
    if not as_json or not attempt.accepted:
        click.echo(escaped(f"{id}: {recipient}: {outcome}: {attempt.text}"), err=not attempt.accepted)


def _exit_of(attempts: Sequence[Attempt]) -> Exit:
    missed = [attempt for attempt in attempts if not attempt.accepted]
    if not missed:
        return Exit.DONE
    return Exit.FAILED if all(attempt.permanent for attempt in missed) else Exit.TEMPORARY
