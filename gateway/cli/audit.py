"""`mailward audit`: shows and verifies the record of what was done to held mail."""

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

import click

from gateway.cli.options import config_option
from gateway.cli.terminal import SHORT, Exit, escaped, fail, print_json, print_table
from gateway.config import load_config
from quarantine.audit import Record, Standing, folder_of, records, verify
from quarantine.display import counted, one_line
from quarantine.item import typed_id


@click.group(epilog="Example: mailward audit verify")
def audit() -> None:
    """Show and verify the record of what was done to held mail."""


@audit.command(epilog="Example: mailward audit show --item 4k2p")
@config_option
@click.option("--json", "as_json", is_flag=True, help="One object a record, one line each.")
@click.option("--item", help="Only the records of this item; its ID, or the beginning of it.")
def show(path: Path, as_json: bool, item: str | None) -> None:
    """Every record, oldest first.

    Of a chain with a bad record, those before it; then the bad one is named, and the exit code is 1.
    """
    folder = _chains(path)
    found = tuple(records(folder))
    faults = verify(folder).faults
    if item is not None:
        found = _of_item(found, item, faults)
    _print(found, as_json=as_json)
    if faults:
        fail("\n".join(f"{fault}; nothing from there on is shown" for fault in faults))


def _print(found: Sequence[Record], *, as_json: bool) -> None:
    if as_json:
        for one in found:
            print_json(
                {
                    "at": one.at.astimezone(UTC).isoformat(),
                    "act": one.act,
                    "by": one.by,
                    "item": one.item,
                    "recipients": one.recipients,
                    "reason": one.reason,
                    "detail": one.detail,
                }
            )
        return
    print_table(
        ("at", "act", "by", "item", "recipients", "reason"),
        (
            (f"{one.at:%Y-%m-%d %H:%M:%S}Z", one.act, one.by, one.item, _shortly(one.recipients), one.reason)
            for one in found
        ),
    )


def _chains(path: Path) -> Path:
    """The folder of the record under the configured state folder."""
    folder = folder_of(load_config(path).state)
    if not folder.exists():
        click.echo(f"{folder}: nothing has been recorded there yet", err=True)
    return folder


def _of_item(found: Sequence[Record], item: str, faults: Sequence[str]) -> tuple[Record, ...]:
    """Asked of the record itself, not of the store: it may name what the store has lost.

    Where the record has faults, what is missing may stand behind them: then nothing is claimed.
    """
    wanted = typed_id(item)
    ids = {one.item for one in found if one.item.startswith(wanted)}
    if not wanted or not (ids or faults):
        fail(f"no record of an item {item}", Exit.USAGE)
    if len(ids) > 1:
        fail(f"more than one item begins with {item}", Exit.USAGE)
    return tuple(one for one in found if one.item in ids)


def _shortly(recipients: Sequence[str]) -> str:
    """The first of them and how many more: --json has them all."""
    more = f" +{len(recipients) - 1}" if len(recipients) > 1 else ""
    return one_line(recipients[0], SHORT) + more if recipients else ""


@audit.command("verify", epilog="Example: mailward audit verify --json")
@config_option
@click.option("--json", "as_json", is_flag=True, help="One object: counts, heads and faults, chain by chain.")
def verify_(path: Path, as_json: bool) -> None:
    """Check that no record was changed, removed, inserted or moved.

    The first bad one of each chain is named. Compare count and head with those of the last report: a record cut off at
    its end can only be seen there.
    """
    standing = verify(_chains(path))
    if as_json:
        print_json(_standing_object(standing))
    else:
        for chain in standing.chains:
            click.echo(escaped(f"{chain.name}: {counted(chain.count, 'record')}, head {chain.head}"))
        click.echo(
            f"{counted(standing.count, 'record')} in {counted(len(standing.chains), 'chain')}, head {standing.head}"
        )
    if standing.faults:
        fail("\n".join(standing.faults))


def _standing_object(standing: Standing) -> dict[str, object]:
    chains = [
        {"name": chain.name, "records": chain.count, "head": chain.head, "fault": chain.fault}
        for chain in standing.chains
    ]
    return {"records": standing.count, "head": standing.head, "chains": chains, "faults": standing.faults}
