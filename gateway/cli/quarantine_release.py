"""`mailward quarantine release`: sends held mail on, and tells of each copy what the next hop said."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from gateway.cli.choosing import case_option, chosen, ids_argument, recipients_option
from gateway.cli.opening import by_option, open_configured, reason_option
from gateway.cli.options import config_option
from gateway.cli.terminal import Exit, escaped, fail, print_json
from quarantine.ports import Attempt, Busy, NoSuchItem, Refused, ReviewUnavailable, StoreUnavailable
from quarantine.release import Order, Release
from rules.address import Address, AddressError, parse_address


@click.command(epilog="Example: mailward quarantine release 4k2p --reason 'ordered by the clerk' --json")
@config_option
@by_option
@reason_option
@click.option("--json", "as_json", is_flag=True, help="One object a copy, one line each.")
@recipients_option
@case_option
@click.option("--approved-by", default="", help="Who approved it, where a rule names somebody for that.")
@click.option("--to", "others", multiple=True, help="Send a copy to another address; the recipients' stay as they are.")
@ids_argument
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
    found = chosen(store.quarantine, ids, whole_case)
    releasing = Release(quarantine=store.quarantine, courier=SmtpCourier(config), review=WorkerReview(config))
    # Sorted by what a script should do: try again, while anything may yet succeed.
    exits = {_release(releasing, id, order, as_json=as_json) for id in found}
    sys.exit(next((code for code in (Exit.TEMPORARY, Exit.USAGE, Exit.FAILED) if code in exits), Exit.DONE))


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
