"""Options that several commands have in common, and the configuration of those that can do without one."""

from pathlib import Path

import click

from gateway.config import DEFAULT_PATH, Config, load_config

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

optional_config = click.option(
    "-c",
    "--config",
    "path",
    type=click.Path(path_type=Path),
    envvar=ENVIRONMENT,
    help=f"The configuration file. Default: {DEFAULT_PATH} when it exists.",
)


def configured(path: Path | None) -> Config | None:
    """The configuration at `path`, else the one at its usual place, else None. Raises DocumentError."""
    if path is not None:
        return load_config(path)
    return load_config(DEFAULT_PATH) if DEFAULT_PATH.is_file() else None
