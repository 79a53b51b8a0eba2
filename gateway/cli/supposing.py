"""What `inspect` and `policy replay` have in common: the messages that paths name, and what is supposed of them."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import click

from gateway.cli.options import configured, existing_policy
from gateway.cli.terminal import Exit, escaped, fail
from gateway.config import DEFAULT_POLICY
from gateway.mailfiles import MailFile, messages_in
from gateway.trial import Supposed
from gateway.workers import WorkerSettings, worker_settings
from rules.address import Address, AddressError, parse_address
from rules.transaction import Direction, Recipient

DEFAULT_DOMAINS = ("city.example",)  # so that it runs before anything is configured
NULL: Final = "<>"  # the reverse-path of bounces (RFC 5321 section 4.5.5)

ReversePath = Address | Literal["<>"]
C = TypeVar("C", bound=Callable[..., Any])


class AddressType(click.ParamType[Address]):
    name = "address"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        try:
            return value if isinstance(value, Address) else parse_address(str(value))
        except AddressError as error:
            self.fail(f"{escaped(str(value))}: {error}", param, ctx)


class ReversePathType(click.ParamType[ReversePath]):
    """An address, or NULL as it is."""

    name = "address"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> ReversePath:
        return NULL if value in ("", NULL) else AddressType().convert(value, param, ctx)


def supposing(command: C) -> C:
    """The options that say what is supposed of each message."""
    for option in (
        click.option("--rcpt-to", type=AddressType(), multiple=True, help="Repeatable. Default: To, Cc and Bcc."),
        click.option(
            "--mail-from",
            type=ReversePathType(),
            help="Reverse-path; <> for none. Default: Return-Path or From of the message.",
        ),
        click.option(
            "--direction", type=click.Choice([item.value for item in Direction]), help="Default: from the addresses."
        ),
    ):
        command = option(command)
    return command


def supposed_of(
    settings: WorkerSettings, direction: str | None, mail_from: ReversePath | None, rcpt_to: tuple[Address, ...]
) -> Supposed:
    """What the options of `supposing` ask for; our own side is the first domain of `settings`."""
    return Supposed(
        domain=settings.domains[0],
        direction=Direction(direction) if direction else None,
        sender_given=mail_from is not None,
        reverse_path=mail_from if isinstance(mail_from, Address) else None,
        recipients=tuple(Recipient(address=address) for address in rcpt_to),
    )


def settings_for(path: Path | None, policy: str | None) -> WorkerSettings:
    """How workers judge under the configuration at `path`, or without one; by `policy` where it is named."""
    config = configured(path)
    if config is None:
        return WorkerSettings(policy=existing_policy(policy or DEFAULT_POLICY), domains=DEFAULT_DOMAINS)
    settings = worker_settings(config)
    return replace(settings, policy=existing_policy(policy)) if policy else settings


def mail_files(paths: Iterable[str], scratch: Path) -> tuple[MailFile, ...]:
    """The messages at these paths; ends the command when there are none. `-` is read into `scratch`."""
    files: list[MailFile] = []
    for path in paths:
        try:
            if path == "-":
                (scratch / "message").write_bytes(sys.stdin.buffer.read())
                files += (replace(file, name="-") for file in messages_in(scratch / "message"))
            else:
                files += messages_in(Path(path))
        except OSError as error:
            fail(f"{path}: {error.strerror}", Exit.USAGE)
    if not files:
        fail(f"no message in {', '.join(paths)}", Exit.USAGE)
    return tuple(files)
