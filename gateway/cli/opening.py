"""How commands reach what is kept: the store, and who is asking."""

import os
import pwd
from pathlib import Path

import click

from gateway.config import Config, load_config
from quarantine.adapters.stock import DATABASE
from quarantine.quarantine import Store, open_store


def login_name() -> str:
    """The person behind this command: who called sudo, else the owner of the process, by number for want of a name."""
    if name := os.environ.get("SUDO_USER"):
        return name
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # as in a container that runs under any number
        return f"uid {os.getuid()}"


def _said(_: click.Context, option: click.Parameter, text: str) -> str:
    """What goes into the record, without blanks around it: a record that names nobody, or no reason, is none."""
    said = text.strip()
    if not said:
        raise click.BadParameter("must say something, for the record", param=option)
    return said


by_option = click.option(
    "--by", default=login_name, show_default="your login name", callback=_said, help="Who does it, for the record."
)
reason_option = click.option("--reason", required=True, callback=_said, help="Why, for the record.")


def open_configured(path: Path) -> tuple[Config, Store]:
    """The configuration, and the store under its state folder. Raises DocumentError, StoreUnavailable."""
    config = load_config(path)
    if not (config.state / DATABASE).exists():
        # An empty answer would look like a proof to whoever named another configuration than the gateway's.
        click.echo(f"{config.state}: nothing has been kept there yet", err=True)
    return config, open_store(config.state, keep_days=config.quarantine_days)
