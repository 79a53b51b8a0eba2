"""The digest as text, HTML and a mail, and its sending: every period once, whatever crashes in between.

The one importer of jinja2. Nothing that came with a mail ever stands in a header field here.
"""

import binascii
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from quarantine.audit import Record
from quarantine.digest import LATE, Digest, collect, due_periods
from quarantine.display import counted
from quarantine.item import Period, Report, ReportState
from quarantine.ports import Attempt, Courier, Refused, StoreUnavailable
from quarantine.quarantine import Store
from rules.address import Address, AddressError, parse_address
from rules.transaction import Recipient

if TYPE_CHECKING:
    from rules.policy import Policy

LEASE = timedelta(minutes=10)  # far beyond every time limit of one delivery; after it the sender of a report is dead
TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`sender` may be empty: mailward@hostname."""

    to: tuple[str, ...]
    sender: str
    at: time
    zone: ZoneInfo
    next_hop: str
    hostname: str
    policy: "Callable[[], Policy | None]" = lambda: None  # the one in force, read when a report is made


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """One period's report and what the next hop said of it."""

    period: Period
    attempts: tuple[Attempt, ...]

    @property
    def accepted(self) -> bool:
        return any(attempt.accepted for attempt in self.attempts)

    @property
    def in_doubt(self) -> bool:
        return not self.accepted and any(attempt.in_doubt for attempt in self.attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSender:
    store: Store
    courier: Courier
    settings: Settings

    def send_due(self, *, by: str) -> tuple[Sending, ...]:
        """Send every period that ended, oldest first, until one is not accepted: that one is due again.

        Raises Refused when no one is to get it, StoreUnavailable.
        """
        self._recover()
        done: list[Sending] = []
        ended = self.store.quarantine.clock() - LATE
        for period in due_periods(self.store.reports.start(), ended, self.settings.at, self.settings.zone):
            sending = self._claim_and_send(period, by)
            if sending is None:
                break
            done.append(sending)
            if not (sending.accepted or sending.in_doubt):
                break
        return tuple(done)

    def send_again(self, period: Period, *, by: str) -> Sending:
        """Send a report on someone's order, whatever became of it before."""
        attempts = self._submit(period, by)
        sending = Sending(period=period, attempts=attempts)
        if sending.accepted:
            now = self.store.quarantine.clock()
            self.store.reports.mark(period, ReportState.SENT, at=now, before=ReportState.IN_DOUBT)
        return sending

    def _claim_and_send(self, period: Period, by: str) -> Sending | None:
        """None when another process has it."""
        reports, clock = self.store.reports, self.store.quarantine.clock
        recipients_of(self.settings)
        if not reports.claim(period, at=clock(), by=by):
            return None
        try:
            octets = self._compose(period)
        except StoreUnavailable:  # the period is due again, not only when its lease is over
            reports.give_back(period, ReportState.CLAIMED)
            raise
        if not reports.mark(period, ReportState.SENDING, at=clock(), before=ReportState.CLAIMED):
            return None
        try:
            sending = Sending(period=period, attempts=self._submit(period, by, octets))
        except StoreUnavailable:  # no record of it, so it was not sent
            reports.give_back(period, ReportState.SENDING)
            raise
        if sending.accepted or sending.in_doubt:
            state = ReportState.SENT if sending.accepted else ReportState.IN_DOUBT
            reports.mark(period, state, at=clock(), before=ReportState.SENDING)
        else:
            reports.give_back(period, ReportState.SENDING)
        return sending

    def _recover(self) -> None:
        """What a dead process left: claimed reports are due again, those on their way are in doubt for good."""
        reports, now = self.store.reports, self.store.quarantine.clock()
        for report in reports.list():
            if report.changed + LEASE > now:
                continue
            if report.state is ReportState.CLAIMED:
                reports.give_back(report.period, ReportState.CLAIMED)
            elif report.state is ReportState.SENDING:
                reports.mark(report.period, ReportState.IN_DOUBT, at=now, before=ReportState.SENDING)

    def _compose(self, period: Period) -> bytes:
        digest = collect(self.store, period, self.settings.policy())
        return compose(digest, self.settings, doubts(self.store.reports.list()), self.store.quarantine.clock())

    def _submit(self, period: Period, by: str, octets: bytes | None = None) -> tuple[Attempt, ...]:
        recipients = recipients_of(self.settings)
        octets = self._compose(period) if octets is None else octets
        names = tuple(str(recipient.address) for recipient in recipients)
        self.store.quarantine.audit.append(
            Record(
                at=self.store.quarantine.clock(),
                act="digest",
                by=by,
                recipients=names,
                detail=f"{message_id(period, self.settings)} {hashlib.sha256(octets).hexdigest()}",
            )
        )
        return tuple(self.courier.submit(self.settings.next_hop, sender_of(self.settings), recipients, octets))


def recipients_of(settings: Settings) -> tuple[Recipient, ...]:
    """Raises Refused when there is none, or one is no plain address."""
    if not settings.to:
        raise Refused("digest: to: no one is named to get the report")
    return tuple(Recipient(address=_own_address(text)) for text in settings.to)


def doubts(reports: Sequence[Report]) -> tuple[Period, ...]:
    """The periods whose report may not have arrived."""
    return tuple(report.period for report in reports if report.state is ReportState.IN_DOUBT)


def message_id(period: Period, settings: Settings) -> str:
    """The same for the same period, so that a mailbox that got it twice can tell."""
    return f"<digest.{period.start:%Y%m%dT%H%M%S}.{period.end:%Y%m%dT%H%M%S}@{settings.hostname}>"


def subject_of(digest: Digest) -> str:
    totals = digest.totals
    alert = "ALERT, " if digest.alerts else ""
    return f"Mailward: {alert}{totals.messages} held, {totals.tagged} tagged, {totals.waiting} waiting"


def render(digest: Digest, settings: Settings, in_doubt: Sequence[Period] = (), *, html: bool) -> str:
    """The report for people, lines ended by LF."""

    def when(moment: datetime) -> str:
        return f"{moment.astimezone(settings.zone):%Y-%m-%d %H:%M}"

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("digest.html" if html else "digest.txt")
    return template.render(
        digest=digest,
        subject=subject_of(digest),
        hostname=settings.hostname,
        zone=settings.zone.key,
        when=when,
        counted=counted,
        totals=_totals(digest),
        in_doubt=in_doubt,
        chains=[chain for chain in digest.audit.chains if chain.last and chain.last >= digest.period.start],
    )


def compose(digest: Digest, settings: Settings, in_doubt: Sequence[Period], now: datetime) -> bytes:
    """The report as a message: CRLF line ends, 7-bit, lines of at most 76 octets in the body."""
    boundary = "=_" + hashlib.sha256(message_id(digest.period, settings).encode()).hexdigest()[:32]
    fields = (
        ("From", f"Mailward <{sender_of(settings)}>"),
        ("To", ",\r\n ".join(str(recipient.address) for recipient in recipients_of(settings))),
        ("Subject", subject_of(digest)),
        ("Date", format_datetime(now)),
        ("Message-ID", message_id(digest.period, settings)),
        ("Auto-Submitted", "auto-generated"),  # RFC 3834 section 5
        ("X-Auto-Response-Suppress", "All"),  # Exchange's word for the same
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'),
    )
    header = "".join(f"{name}: {body}\r\n" for name, body in fields).encode("ascii")
    text = _part("text/plain", render(digest, settings, in_doubt, html=False), boundary)
    html = _part("text/html", render(digest, settings, in_doubt, html=True), boundary)
    return header + b"\r\n" + text + html + f"--{boundary}--\r\n".encode()


def _part(media_type: str, text: str, boundary: str) -> bytes:
    # Quoted-printable writes every = as =3D, so the boundary, which begins with =_, cannot occur in a part.
    lines = text.replace("\n", "\r\n").encode()
    head = f"--{boundary}\r\nContent-Type: {media_type}; charset=utf-8\r\n"
    head += "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode() + binascii.b2a_qp(lines, istext=True) + b"\r\n"


def _totals(digest: Digest) -> tuple[tuple[str, int], ...]:
    totals = digest.totals
    return (
        ("held", totals.held),
        ("messages held", totals.messages),
        ("tagged", totals.tagged),
        ("relayed", totals.relayed),
        ("refused", totals.refused),
        ("deferred", totals.deferred),
        ("in doubt, may come twice", totals.in_doubt),
        ("released", totals.released),
        ("deleted", totals.deleted),
        ("expired", totals.expired),
        ("still held, of any day", totals.waiting),
    )


def sender_of(settings: Settings) -> Address:
    """Who our own mail is from. Raises Refused when it is no plain address."""
    return _own_address(settings.sender or f"mailward@{settings.hostname}")


def _own_address(text: str) -> Address:
    """An address of the configuration: one that needs no encoding in a header field."""
    try:
        address = parse_address(text)
    except AddressError:
        raise Refused(f"digest: {text!r} is no address") from None
    if not address.is_ascii:
        raise Refused(f"digest: {text!r} is not in ASCII")
    return address
