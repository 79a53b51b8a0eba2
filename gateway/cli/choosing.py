"""Which held items a command is about: the ids that a person typed, and with them all of a mailing."""

from collections.abc import Sequence

import click

from quarantine.cases import cases_of
from quarantine.item import State
from quarantine.quarantine import Quarantine

ids_argument = click.argument("ids", metavar="ID…", nargs=-1, required=True)
recipients_option = click.option("--recipient", "recipients", multiple=True, help="Only this recipient's copy.")
case_option = click.option("--case", "whole_case", is_flag=True, help="And every held message of the same mailing.")


def found_ids(quarantine: Quarantine, ids: Sequence[str]) -> tuple[str, ...]:
    """The whole ids, all of them before anything is done to the first. Raises NoSuchItem."""
    return tuple(dict.fromkeys(quarantine.find(id) for id in ids))


def chosen(quarantine: Quarantine, ids: Sequence[str], whole_case: bool) -> tuple[str, ...]:
    """These items, and with `whole_case` whatever else is held of the same mailings. Raises NoSuchItem."""
    found = found_ids(quarantine, ids)
    if not whole_case:
        return found
    cases = (case for case in cases_of(quarantine.list()) if any(item.id in found for item in case.items))
    held = [item.id for case in cases for item in case.items if item.state is State.HELD]
    return tuple(dict.fromkeys((*found, *held)))
