"""`mailward ledger`: proves that every held copy is accounted for."""

from pathlib import Path

import click

from gateway.cli.opening import open_configured
from gateway.cli.options import config_option
from gateway.cli.terminal import fail, print_json
from quarantine.ledger import verify


@click.group(epilog="Example: mailward ledger verify")
def ledger() -> None:
    """Verify that every accepted recipient is accounted for."""


@ledger.command("verify", epilog="Example: mailward ledger verify --json")
@config_option
@click.option("--json", "as_json", is_flag=True, help="One object: items, copies by state, faults.")
def verify_(path: Path, as_json: bool) -> None:
    """Check that each copy is in the one state its history leads to, and that each held content is there and whole."""
    _, store = open_configured(path)
    found = verify(store.quarantine.index, store.quarantine.contents)
    if as_json:
        states = {state.value: number for state, number in found.totals}
        print_json({"items": found.items, "copies": found.copies, "states": states, "faults": found.faults})
    else:
        told = ", ".join(f"{number} {state.value}" for state, number in found.totals)
        click.echo(f"{found.items} items, {found.copies} copies: {told}")
    if found.faults:
        fail("\n".join(found.faults))
