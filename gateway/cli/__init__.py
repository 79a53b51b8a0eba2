"""`mailward`: the one program. Owns the list of its commands; a command's module is imported when it is asked for.

Judges nothing and holds no rules of the business: each command calls one of the layers below and prints.
"""

import importlib
from dataclasses import dataclass
from typing import Any

import click

from gateway.cli.terminal import explained, print_anywhere


@dataclass(frozen=True, slots=True)
class Command:
    """`gateway/cli/<name>.py` holds a click command or group called `<name>`."""

    name: str
    does: str


COMMANDS = (
    Command("serve", "Run the gateway."),
    Command("inspect", "Judge messages without sending anything."),
    Command("policy", "List, show, check and test policies."),
    Command("quarantine", "List, read, release and delete held mail."),
    Command("digest", "Show or send the daily report."),
    Command("audit", "Show and verify the record of what administrators did."),
    Command("ledger", "Verify that every accepted recipient is accounted for."),
    Command("directory", "Show the staff list, or make it anew from the directory server."),
    Command("config", "Check the configuration, or show it with all defaults."),
    Command("doctor", "Check whether this machine and what is around it are fit."),
)


class LazyGroup(click.Group):
    """Knows its commands from COMMANDS: importing them all would make each start several times as long."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's name)
        return [command.name for command in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if all(command.name != cmd_name for command in COMMANDS):
            return None
        found: click.Command = getattr(importlib.import_module(f"gateway.cli.{cmd_name}"), cmd_name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(command.name, command.does) for command in COMMANDS])

    def main(self, *args: Any, **kwargs: Any) -> Any:
        print_anywhere()
        return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; the errors that administrators meet are told in words and with their exit code."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            known = explained(error)
            if known is None:
                raise
            raise known from error


@click.group(
    name="mailward",
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: mailward inspect message.eml",
)
@click.version_option(package_name="mailward", message="mailward %(version)s")
def main() -> None:
    """Mailward reads each message against the city's policy, and passes, tags or holds it for each recipient.

    Exit codes: 0 done, 1 refused or failed for good, 2 wrong usage or no such item, 75 temporary, try again.
    """
