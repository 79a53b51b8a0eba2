"""How commands reach what is kept: the store, and who is asking."""

import os
import pwd
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from gateway.config import Config, load_config
from quarantine.adapters.stock import DATABASE

if TYPE_CHECKING:
    from quarantine.quarantine import Store


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


def open_configured(path: Path, *, make: bool = False) -> "tuple[Config, Store]":
    """The configuration, and the store under its state folder. Raises DocumentError, StoreUnavailable.

    Where nothing has been kept yet, an empty one elsewhere that ends with the command, unless it is to `make` it: a
    database that root has made by reading would be closed to the service.
    """
    from quarantine.quarantine import open_store  # and SQLAlchemy with it: half of a command that opens no store

    config = load_config(path)
    state = config.state
    if not (state / DATABASE).exists():
        # An empty answer would look like a proof to whoever named another configuration than the gateway's.
        click.echo(f"{state}: nothing has been kept there yet", err=True)
        if not make and (state.is_dir() or not state.exists()):  # what is in the way is told by opening it
            state = Path(click.get_current_context().with_resource(TemporaryDirectory(prefix="mailward-")))
    return config, open_store(state, keep_days=config.quarantine_days)
