"""`mailward ledger`: proves that every acknowledged recipient is accounted for."""

from pathlib import Path

import click

from gateway.cli.opening import open_configured
from gateway.cli.options import config_option
from gateway.cli.terminal import fail, print_json
from quarantine.display import counted
from quarantine.ledger import Verification


@click.group(epilog="Example: mailward ledger verify")
def ledger() -> None:
    """Verify that every accepted recipient is accounted for."""


@ledger.command("verify", epilog="Example: mailward ledger verify --json")
@config_option
@click.option("--json", "as_json", is_flag=True, help="One object: items, copies by state, recipients, faults.")
def verify_(path: Path, as_json: bool) -> None:
    """Check that all books agree.

    No more recipients were acknowledged as held than the audit record names, each of those is there, each copy is in
    the one state that its history leads to, and each held content is whole. Counts also what a process that was killed
    has noted, which the next start brings into the books. Lines that a power cut took are told and are no fault. A
    damaged daybook is one, also after a start has set it aside as NAME.bad, until that is removed from the state
    folder.
    """
    _, store = open_configured(path)
    found = store.verify()
    if as_json:
        print_json(_object(found))
    else:
        told = ", ".join(f"{number} {state.value}" for state, number in found.totals)
        click.echo(f"{counted(found.items, 'item')}, {counted(found.copies, 'copy', 'copies')}: {told}")
        told = ", ".join(f"{number} {outcome.value}" for outcome, number in found.outcomes)
        click.echo(f"{counted(found.accepted, 'recipient')} acknowledged; of all that came: {told}")
        if found.open:
            click.echo(f"{found.open} being sent to now, or in doubt until the next start")
        if found.unsynced:
            click.echo(f"{found.unsynced} lines of daybooks were not on the disk yet when the power was cut")
    if found.faults:
        fail("\n".join(found.faults))


def _object(found: Verification) -> dict[str, object]:
    return {
        "items": found.items,
        "copies": found.copies,
        "states": {state.value: number for state, number in found.totals},
        "acknowledged": found.accepted,
        "recipients": {outcome.value: number for outcome, number in found.outcomes},
        "noted": found.noted,
        "open": found.open,
        "unsynced": found.unsynced,
        "faults": found.faults,
    }
