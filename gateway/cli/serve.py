"""`mailward serve`: runs the gateway until it is told to end."""

from pathlib import Path

import click

from gateway.config import DEFAULT_PATH


@click.command(epilog="Example: mailward serve -c /etc/mailward/mailward.yaml")
@click.option(
    "-c",
    "--config",
    "path",
    type=click.Path(path_type=Path),
    default=DEFAULT_PATH,
    envvar="MAILWARD_CONFIG",
    show_default=True,
    help="The configuration file.",
)
def serve(path: Path) -> None:
    """Run the gateway: all listeners of the configuration, and the keeper that sends the digest.

    SIGTERM ends it after the mail in hand; SIGHUP loads policy and directory anew, or keeps the old ones.
    """
    from gateway.service import supervise

    raise SystemExit(supervise(path))
