"""How commands reach what is kept: the store, and who is asking."""

import os
import pwd
from pathlib import Path

import click

from gateway.config import Config, load_config
from quarantine.quarantine import Store, open_store


def login_name() -> str:
    """The person behind this command: who called sudo, else the owner of the process."""
    return os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name


by_option = click.option(
    "--by", default=login_name, show_default="your login name", help="Who does it, for the record."
)


def open_configured(path: Path) -> tuple[Config, Store]:
    """Raises DocumentError, StoreUnavailable."""
    config = load_config(path)
    return config, open_store(config.state, keep_days=config.quarantine_days)
