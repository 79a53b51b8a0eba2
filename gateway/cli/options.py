"""Options that several commands have in common, and what they name: a configuration, a policy.

What is not there at all is wrong usage; what is there and cannot be read, or is bad, is a fault of the file.
"""

from functools import partial
from pathlib import Path

import click

from gateway.cli.terminal import Exit, fail
from gateway.config import DEFAULT_PATH, DEFAULT_POLICY, Config, load_config
from rules.shipped import find_policy

ENVIRONMENT = "MAILWARD_CONFIG"


def _there(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and is_missing(path):
        fail(f"{path}: no such configuration; -c names the file", Exit.USAGE)
    return path


_option = partial(
    click.option,
    "-c",
    "--config",
    "path",
    type=click.Path(path_type=Path),
    envvar=ENVIRONMENT,
    show_envvar=True,
    callback=_there,
)
config_option = _option(default=DEFAULT_PATH, show_default=True, help="The configuration file.")
optional_config = _option(help=f"The configuration file. Default: {DEFAULT_PATH} when it exists.")


def configured(path: Path | None) -> Config | None:
    """The configuration at `path`, else the one at its usual place, else None. Raises DocumentError."""
    if path is not None:
        return load_config(path)
    return load_config(DEFAULT_PATH) if DEFAULT_PATH.is_file() else None


def named_or_configured(name: str | None, path: Path | None) -> str:
    """The policy that the command line names, else the configured one, else the one that ships as a beginning."""
    config = configured(path) if name is None else None
    return name or (config.policy if config else DEFAULT_POLICY)


def existing_policy(name: str) -> Path:
    """The policy.yaml of a shipped policy's name, of a folder or of a file; ends the command when there is none."""
    found = find_policy(name)
    if is_missing(found):
        fail(f"{name}: no shipped policy, and no folder with policy.yaml", Exit.USAGE)
    return found


def is_missing(path: Path) -> bool:
    """Whether no file is there; one that may not be looked at is, as far as one can say."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a NUL, which no name has
        return True
    except OSError:
        return False
    return path.is_dir()
