"""Mail that somebody named has to approve: whom it waits for, and the letter that tells them so.

Asks once for each case. Nothing of the letter can be clicked or answered; what was not approved stays held.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime

from quarantine.audit import GATEWAY, Record
from quarantine.cases import Case, cases_of
from quarantine.display import address_line, quoted, readable, subject_of
from quarantine.item import HeldMessage, State
from quarantine.ports import Courier, Refused
from quarantine.quarantine import Quarantine
from rules.address import Address, key_of, parse_address
from rules.finding import Action
from rules.transaction import Recipient

ASKED = "approval asked"
RECENT = timedelta(days=7)  # what was held before is not asked for again after a restored backup


def approvers_of(item: HeldMessage) -> tuple[str, ...]:
    """Who has to approve it before a copy leaves (addresses), by the rules that held it."""
    findings = (finding for verdict in item.judgement.verdicts for finding in verdict.findings)
    wanted = (finding.approver for finding in findings if finding.action is Action.QUARANTINE and finding.approver)
    return tuple(dict.fromkeys(wanted))


def check_approval(item: HeldMessage, by: str, approved_by: str) -> None:
    """Raises Refused unless each approver released it himself, or is said to have approved it."""
    given = {key_of(name) if "@" in name else name.casefold() for name in (by, approved_by)}
    missing = [name for name in approvers_of(item) if key_of(name) not in given]
    if missing:
        raise Refused(f"{item.id}: {', '.join(missing)} has to approve it; --approved-by says that it was done")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """Tells approvers what waits for them. `sender` is an address of ours."""

    quarantine: Quarantine
    courier: Courier
    sender: Address
    hostname: str
    next_hop: str

    def send_due(self, now: datetime) -> int:
        """A letter for each case that was not told yet; how many were taken. One that was not is due again."""
        held = self.quarantine.index.list(states=(State.HELD,), since=now - RECENT)
        waiting = cases_of(item for item in held if approvers_of(item))
        return sum(self._send(case, name, now) for case in waiting for name in self._untold(case))

    def _untold(self, case: Case) -> Iterator[str]:
        told = {
            event.recipient
            for item in case.items
            for event in self.quarantine.index.history(item.id)
            if event.reason == ASKED
        }
        yield from (name for name in approvers_of(case.first) if key_of(name) not in told)

    def _send(self, case: Case, approver: str, now: datetime) -> bool:
        octets = letter(case, approver, self, now)
        self.quarantine.audit.append(
            Record(at=now, act="ask approver", by=GATEWAY, item=case.first.id, recipients=(approver,))
        )
        attempts = self.courier.submit(
            self.next_hop, self.sender, (Recipient(address=parse_address(approver)),), octets
        )
        if not any(attempt.accepted or attempt.in_doubt for attempt in attempts):
            return False
        self.quarantine.index.note(case.first.id, at=now, recipient=key_of(approver), by=GATEWAY, reason=ASKED)
        return True


def letter(case: Case, approver: str, letters: Letters, now: datetime) -> bytes:
    """The letter as a message: CRLF line ends, 7-bit; nothing that came with the mail stands in a header field."""
    mark = hashlib.sha256(f"{case.first.id} {approver}".encode()).hexdigest()[:16]
    fields = (
        ("From", f"Mailward <{letters.sender}>"),
        ("To", f"<{approver}>"),
        ("Subject", f"Mailward: mail to {case.people} people waits for your approval"),
        ("Date", format_datetime(now)),
        ("Message-ID", f"<approval.{mark}@{letters.hostname}>"),
        ("Auto-Submitted", "auto-generated"),  # RFC 3834 section 5
        ("X-Auto-Response-Suppress", "All"),
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=us-ascii"),
    )
    header = "".join(f"{name}: {body}\r\n" for name, body in fields)
    body = "\r\n".join(_lines(case))
    return f"{header}\r\n{body}\r\n".encode("ascii", "backslashreplace")


def _lines(case: Case) -> Iterator[str]:
    item = case.first
    rules = {
        f"{finding.rule} ({', '.join(finding.cites)})"
        for verdict in item.judgement.verdicts
        for finding in verdict.findings
        if finding.approver
    }
    yield "A message is held because the policy asks for your approval before it goes out."
    yield ""
    yield f"  from     {address_line(str(item.reverse_path or ''))}"
    yield f"  subject  {quoted(subject_of(readable(item)))}"
    yield f"  reaches  {case.people} people, {case.copies} copies in {len(case.items)} messages so far"
    yield f"  rule     {'; '.join(sorted(rules))}"
    yield ""
    yield "Should it go out, tell whoever runs the mail gateway; they type, in your name:"
    yield ""
    yield f"  mailward quarantine release {item.id} --case \\"
    yield '    --approved-by YOUR-ADDRESS --reason "..."'
    yield ""
    yield "Until then it stays held. You need not do anything to stop it."
