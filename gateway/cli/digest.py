"""`mailward digest`: shows or sends the daily report."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import click

from gateway.cli.opening import by_option, open_configured
from gateway.cli.options import config_option
from gateway.cli.terminal import Exit, escaped, fail, print_json
from gateway.keeper import digest_settings
from quarantine.digest import Digest, boundary, collect
from quarantine.digest_mail import DigestSender, Sending, Settings, doubts, render
from quarantine.item import Period
from quarantine.quarantine import Store
from rules.document import to_json

_date = click.option(
    "--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="The report that is due on this day, in the city's zone."
)


@click.group(epilog="Example: mailward digest show")
def digest() -> None:
    """Show or send the daily report."""


@digest.command(epilog="Example: mailward digest show --date 2026-11-24")
@config_option
@_date
@click.option("--html", is_flag=True, help="As the mail's HTML part.")
@click.option("--json", "as_json", is_flag=True, help="One object, on one line.")
def show(path: Path, day: datetime | None, html: bool, as_json: bool) -> None:
    """The report of a day, or of the time since the last one.

    Sends nothing and marks nothing.
    """
    config, store = open_configured(path)
    settings = digest_settings(config)
    period = _period(store, settings, day)
    digest = collect(store, period, settings.policy())
    if as_json:
        print_json(json.loads(to_json(digest, Digest)))
        return
    text = render(digest, settings, doubts(store.reports.list()), html=html)
    click.echo(escaped(text, lines=True), nl=False)


@digest.command(epilog="Example: mailward digest send")
@config_option
@by_option
@_date
@click.option("--json", "as_json", is_flag=True, help="One object a report, one line each.")
def send(path: Path, by: str, day: datetime | None, as_json: bool) -> None:
    """Send every report that is due.

    When none is, one of the time so far is sent, which does not count as the day's. With --date: that day's report,
    once more when it was sent before. Exit code 0 when the next hop has accepted it.
    """
    from gateway.courier import SmtpCourier

    config, store = open_configured(path, make=True)
    settings = digest_settings(config)
    sender = DigestSender(store=store, courier=SmtpCourier(config), settings=settings)
    period = _period(store, settings, day)
    claimed = any(report.period == period for report in store.reports.list())
    sendings = () if claimed else sender.send_due(by=by)
    # An order of a person is carried out: a day that was reported before, or is not over yet, is sent all the same.
    for sending in sendings or (sender.send_again(period, by=by),):
        if as_json:
            print_json(_object(sending))
        _tell(sending, settings, quiet=as_json)


def _period(store: Store, settings: Settings, day: datetime | None) -> Period:
    """The period that was reported on that day, or would be; of one that is not over, what has passed of it."""
    now = store.quarantine.clock()
    if day is None:
        return Period(start=store.reports.start(), end=now)
    end = boundary(day.date(), settings.at, settings.zone)
    for report in store.reports.list():
        if report.period.end == end:
            return report.period
    start = boundary(day.date() - timedelta(days=1), settings.at, settings.zone)
    if start >= now:
        fail(f"{day:%Y-%m-%d} has not begun", Exit.USAGE)
    return Period(start=start, end=min(end, now))


def _object(sending: Sending) -> dict[str, object]:
    return {
        "start": sending.period.start.isoformat(),
        "end": sending.period.end.isoformat(),
        "sent": sending.accepted,
        "recipients": [
            {"address": str(attempt.recipient.address), "accepted": attempt.accepted, "reply": attempt.text}
            for attempt in sending.attempts
        ],
    }


def _tell(sending: Sending, settings: Settings, *, quiet: bool) -> None:
    """Ends the command when a report was not accepted; `quiet` says nothing when it was."""
    what = f"report of {sending.period.end.astimezone(settings.zone):%Y-%m-%d %H:%M}"
    replies = "; ".join(f"{attempt.recipient.address}: {attempt.text}" for attempt in sending.attempts)
    if sending.accepted:
        if quiet:
            return
        click.echo(escaped(f"{what}: sent: {replies}"))
        return
    permanent = bool(sending.attempts) and all(attempt.permanent for attempt in sending.attempts)
    fail(f"{what}: not accepted: {replies}", Exit.FAILED if permanent else Exit.TEMPORARY)
