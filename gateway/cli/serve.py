"""`mailward serve`: runs the gateway until it is told to end."""

from pathlib import Path

import click

from gateway.cli.options import config_option


@click.command(epilog="Example: mailward serve -c /etc/mailward/mailward.yaml")
@config_option
def serve(path: Path) -> None:
    """Run the gateway: all listeners of the configuration, and the keeper that sends the digest.

    SIGTERM ends it after the mail in hand; SIGHUP loads policy and directory anew, or keeps the old ones.
    """
    from gateway.supervisor import supervise

    raise SystemExit(supervise(path))
