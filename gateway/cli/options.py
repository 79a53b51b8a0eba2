"""Options that several commands have in common."""

from pathlib import Path

import click

from gateway.config import DEFAULT_PATH

ENVIRONMENT = "MAILWARD_CONFIG"

config_option = click.option(
    "-c",
    "--config",
    "path",
    type=click.Path(path_type=Path),
    default=DEFAULT_PATH,
    envvar=ENVIRONMENT,
    show_default=True,
    help="The configuration file.",
)
