"""What happens to each transaction: one canonical log line, and the rows and counts that the digest is made from.

Holds no message text but the subject of mail that was tagged or held, and that only in the store.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from datetime import UTC, datetime

from gateway.logs import EXTRA
from gateway.metrics import INSPECTED, RECIPIENTS, REPLIES, RULE_HITS, TRANSACTION_SECONDS, UNDETERMINED, Meter
from gateway.plan import Disposition
from gateway.reply import Reply
from quarantine.daybook import Begun
from quarantine.display import subject_of
from quarantine.item import Entry, Outcome, Trial
from quarantine.ledger import Ledger
from rules.amendment import Amendment
from rules.stored import StoredFact, stored_fact
from rules.transaction import Recipient, Transaction
from rules.verdict import Judgement, Verdict

# Takes what a candidate policy can be tried on later, with the hash of the policy; it neither blocks nor raises.
Keep = Callable[[str, StoredFact], None]

_log = logging.getLogger("mailward.transaction")


class Journal:
    """Writes to log and daybook and counts at once, before the reply; into the books through the store's executor."""

    def __init__(self, ledger: Ledger, store: Executor, meter: Meter | None = None, keep: Keep | None = None) -> None:
        self._ledger = ledger
        self._store = store
        self._meter = meter or Meter()
        self._keep = keep

    def begun(self, transaction: Transaction, recipients: Sequence[Recipient]) -> None:
        """Note that these are about to be sent their copies."""
        self._ledger.begin(
            Begun(
                transaction=transaction.id,
                at=transaction.received,
                listener=transaction.listener,
                reverse_path=str(transaction.envelope.reverse_path or ""),
                recipients=tuple(str(recipient.address) for recipient in recipients),
            )
        )

    def done(
        self, transaction: Transaction, judgement: Judgement, dispositions: Sequence[Disposition], reply: Reply
    ) -> None:
        """Record how one transaction ended for each of its recipients."""
        elapsed = (datetime.now(UTC) - transaction.received).total_seconds()
        _log.info("transaction", extra={EXTRA: _line(transaction, judgement, dispositions, reply, elapsed)})
        self._count(transaction.listener, judgement, dispositions, reply, elapsed)
        self._note(transaction, tuple(_entry(transaction, judgement, item) for item in dispositions))
        if self._keep is not None and (fact := stored_fact(transaction, judgement)) is not None:
            self._keep(judgement.policy_hash, fact)

    def undetermined(
        self, transaction: Transaction, reply: Reply, error: Exception, *, sent: Sequence[Recipient] = ()
    ) -> None:
        """Record that we could not judge or keep a message now; the sender has it still. `sent` have it, too."""
        entries = tuple(
            _entry_of(
                transaction,
                str(recipient.address),
                Outcome.IN_DOUBT if recipient in sent else Outcome.DEFERRED,
                reply,
            )
            for recipient in transaction.envelope.recipients
        )
        self._meter.count(UNDETERMINED, transaction.listener)
        self._meter.count(REPLIES, transaction.listener, str(reply.code // 100))
        _log.error("undetermined: %s", error, extra={EXTRA: {"id": transaction.id, "reply": str(reply)}})
        self._note(transaction, entries)

    def _count(
        self, listener: str, judgement: Judgement, dispositions: Sequence[Disposition], reply: Reply, elapsed: float
    ) -> None:
        meter = self._meter
        meter.count(REPLIES, listener, str(reply.code // 100))
        meter.count(INSPECTED, judgement.inspected.value)
        meter.observe(TRANSACTION_SECONDS, elapsed, listener)
        for item in dispositions:
            meter.count(RECIPIENTS, listener, item.outcome.value)
            for status, findings in (("enforce", item.verdict.findings), ("observe", item.verdict.observed)):
                for finding in findings:
                    meter.count(RULE_HITS, finding.rule, status)

    def _note(self, transaction: Transaction, entries: tuple[Entry, ...]) -> None:
        if self._ledger.note(transaction.id, entries):  # else only sums, which need no thread's turn
            self._store.submit(self._ledger.flush).add_done_callback(_report)


def _report(done: Future[None]) -> None:
    """A ledger that cannot be written is tried again with the next note; the message is answered already."""
    if (error := done.exception()) is not None:
        _log.error("the ledger could not be written: %s", error)


def _line(
    transaction: Transaction, judgement: Judgement, dispositions: Sequence[Disposition], reply: Reply, elapsed: float
) -> dict[str, object]:
    return {
        "id": transaction.id,
        **({"queue_id": transaction.queue_id} if transaction.queue_id else {}),
        "listener": transaction.listener,
        "client": transaction.client.address,
        "reverse_path": str(transaction.envelope.reverse_path or ""),
        "size": len(transaction.message),
        "policy": judgement.policy,
        "policy_hash": judgement.policy_hash[:16],
        "inspected": judgement.inspected.value,
        "milliseconds": round(elapsed * 1000, 1),
        "reply": str(reply),
        "disclaimer": _disclaimer(judgement.amendment),
        "recipients": [
            {
                "address": str(item.recipient.address),
                "direction": item.verdict.direction.value,
                "action": item.verdict.action.value,
                "outcome": item.outcome.value,
                "rules": list(dict.fromkeys(finding.rule for finding in item.verdict.findings)),
                "clauses": list(dict.fromkeys(clause for f in item.verdict.findings for clause in f.cites)),
                "observed": list(dict.fromkeys(finding.rule for finding in item.verdict.observed)),
                "reply": str(item.reply),
            }
            for item in dispositions
        ],
    }


def _disclaimer(amendment: Amendment | None) -> str | None:
    """Whether the body was given one, or why not; None where none was owed."""
    if amendment is None:
        return None
    return amendment.kept.value if amendment.kept else "added"


def _entry(transaction: Transaction, judgement: Judgement, item: Disposition) -> Entry:
    findings = item.verdict.findings
    return _entry_of(
        transaction,
        str(item.recipient.address),
        item.outcome,
        item.reply,
        rules=tuple(dict.fromkeys(finding.rule for finding in findings)),
        cites=tuple(dict.fromkeys(clause for finding in findings for clause in finding.cites)),
        subject=subject_of(judgement),
        observed=tuple(dict.fromkeys(_without_consequence(item.verdict))),
    )


def _without_consequence(verdict: Verdict) -> Iterator[Trial]:
    yield from (Trial(rule=finding.rule, cites=finding.cites) for finding in verdict.observed)
    yield from (Trial(rule=item.rule, cites=(), exemption=item.exemption) for item in verdict.let_off)


def _entry_of(
    transaction: Transaction,
    recipient: str,
    outcome: Outcome,
    reply: Reply,
    *,
    rules: tuple[str, ...] = (),
    cites: tuple[str, ...] = (),
    subject: str = "",
    observed: tuple[Trial, ...] = (),
) -> Entry:
    return Entry(
        at=transaction.received,
        transaction=transaction.id,
        listener=transaction.listener,
        reverse_path=str(transaction.envelope.reverse_path or ""),
        recipient=recipient,
        outcome=outcome,
        rules=rules,
        cites=cites,
        subject=subject,
        reply=str(reply),
        observed=observed,
    )
