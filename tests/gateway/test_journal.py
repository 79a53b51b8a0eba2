"""The journal: one canonical line for each transaction, rows for the ledger, and no message text in either."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from gateway.journal import Journal
from gateway.logs import EXTRA, JsonFormatter
from gateway.metrics import INSPECTED, RECIPIENTS, REPLIES, RULE_HITS, UNDETERMINED, Meter
from gateway.plan import Disposition
from gateway.reply import ACCEPTED, CANNOT_JUDGE, STORE_AWAY, Reply
from quarantine.item import Entry, Outcome, Trial
from quarantine.ports import StoreUnavailable
from rules.finding import Action
from rules.stored import StoredFact
from rules.transaction import Transaction
from rules.verdict import Judgement, LetOff


class Book:
    """A ledger that keeps what it is told, or is not there."""

    def __init__(self, *, away: bool = False) -> None:
        self.entries: list[Entry] = []
        self.away = away

    def note(self, transaction: str, entries: Sequence[Entry]) -> bool:
        self.entries += entries
        return True

    def flush(self) -> None:
        if self.away:
            raise StoreUnavailable("disk full")


def written(book: Book, transaction: Transaction, judgement: Judgement, outcome: Outcome, reply: Reply) -> None:
    disposition = Disposition(
        recipient=transaction.envelope.recipients[0], verdict=judgement.verdicts[0], outcome=outcome, reply=reply
    )
    with ThreadPoolExecutor(1) as store:
        Journal(book, store).done(transaction, judgement, (disposition,), reply)


def test_the_line_names_everything_but_the_text(
    transaction: Transaction, judgement: Judgement, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "mailward.transaction"):
        written(Book(), transaction, judgement, Outcome.HELD, ACCEPTED)
    (record,) = caplog.records
    fields = getattr(record, EXTRA)
    assert fields["id"] == "t1" and fields["reply"] == "250 2.0.0 OK"
    assert fields["recipients"][0]["rules"] == ["rule-one"]
    assert fields["recipients"][0]["clauses"] == ["C1", "C2"]
    line = JsonFormatter().format(record)
    assert "Secret" not in line and "papers" not in line


def test_the_ledger_gets_a_row_for_each_recipient(transaction: Transaction, judgement: Judgement) -> None:
    book = Book()
    written(book, transaction, judgement, Outcome.TAGGED, ACCEPTED)
    (entry,) = book.entries
    assert (entry.recipient, entry.outcome, entry.rules, entry.cites, entry.subject) == (
        "b@city.example",
        Outcome.TAGGED,
        ("rule-one",),
        ("C1", "C2"),
        "papers",
    )


def test_a_rule_on_trial_stands_in_the_line_and_in_the_row(
    transaction: Transaction, judgement: Judgement, caplog: pytest.LogCaptureFixture
) -> None:
    (verdict,) = judgement.verdicts
    tried = replace(verdict, action=Action.PASS, findings=(), observed=verdict.findings * 2)
    book = Book()
    with caplog.at_level(logging.INFO, "mailward.transaction"):
        written(book, transaction, replace(judgement, verdicts=(tried,)), Outcome.RELAYED, ACCEPTED)
    (told,) = getattr(caplog.records[0], EXTRA)["recipients"]
    assert (told["rules"], told["clauses"], told["observed"]) == ([], [], ["rule-one"])
    (entry,) = book.entries
    assert (entry.rules, entry.observed) == ((), (Trial(rule="rule-one", cites=("C1", "C2")),))


def test_what_could_not_be_judged_is_deferred_in_the_ledger(transaction: Transaction) -> None:
    book = Book()
    with ThreadPoolExecutor(1) as store:
        Journal(book, store).undetermined(transaction, CANNOT_JUDGE, RuntimeError("no workers"))
    assert [entry.outcome for entry in book.entries] == [Outcome.DEFERRED]


def test_who_has_his_copy_though_the_message_was_deferred_is_in_doubt(transaction: Transaction) -> None:
    book = Book()
    with ThreadPoolExecutor(1) as store:
        journal = Journal(book, store)
        journal.undetermined(transaction, STORE_AWAY, StoreUnavailable("full"), sent=transaction.envelope.recipients)
    assert [entry.outcome for entry in book.entries] == [Outcome.IN_DOUBT]


def test_a_ledger_that_is_away_is_logged_and_costs_nothing_else(
    transaction: Transaction, judgement: Judgement, caplog: pytest.LogCaptureFixture
) -> None:
    written(Book(away=True), transaction, judgement, Outcome.TAGGED, ACCEPTED)
    assert "the ledger could not be written: disk full" in caplog.text


def test_what_detectors_saw_is_kept_for_later(transaction: Transaction, judgement: Judgement) -> None:
    kept: list[tuple[str, StoredFact]] = []
    with ThreadPoolExecutor(1) as store:
        journal = Journal(Book(), store, keep=lambda policy, fact: kept.append((policy, fact)))
        journal.done(transaction, judgement, (), ACCEPTED)
    ((policy, fact),) = kept
    assert (policy, fact.id) == (judgement.policy_hash, transaction.id)


def test_what_is_counted_names_no_person(transaction: Transaction, judgement: Judgement) -> None:
    """Labels are names of ours alone; else a monitor would learn who writes to whom."""
    meter = Meter()
    disposition = Disposition(
        recipient=transaction.envelope.recipients[0],
        verdict=judgement.verdicts[0],
        outcome=Outcome.HELD,
        reply=ACCEPTED,
    )
    with ThreadPoolExecutor(1) as store:
        journal = Journal(Book(), store, meter)
        journal.done(transaction, judgement, (disposition,), ACCEPTED)
        journal.undetermined(transaction, CANNOT_JUDGE, RuntimeError("no workers"))
    counted = {(sample.metric, *sample.labels): sample.value for sample in meter.samples() if not sample.part}
    assert counted == {
        (REPLIES.name, "inside", "2"): 1,
        (REPLIES.name, "inside", "4"): 1,
        (INSPECTED.name, "fully"): 1,
        (RECIPIENTS.name, "inside", "held"): 1,
        (RULE_HITS.name, "rule-one", "enforce"): 1,
        (UNDETERMINED.name, "inside"): 1,
    }
    assert not [sample for sample in meter.samples() if any("@" in label for label in sample.labels)]


def test_who_was_let_off_by_which_exemption_stands_in_the_row(transaction: Transaction, judgement: Judgement) -> None:
    off = replace(judgement.verdicts[0], let_off=(LetOff(rule="rule-two", exemption="abc", observation=0),))
    book = Book()
    written(book, transaction, replace(judgement, verdicts=(off,)), Outcome.TAGGED, ACCEPTED)
    assert book.entries[0].observed == (Trial(rule="rule-two", cites=(), exemption="abc"),)
