"""A held message as a transaction again: the envelope kept, the listener as configured now."""

from collections.abc import Callable
from pathlib import Path

from gateway.config import load_config
from gateway.held import transaction_again
from quarantine.item import Cause
from quarantine.quarantine import open_store
from rules.transaction import Transaction
from rules.verdict import Judgement


def test_what_was_held_comes_back_as_it_came(
    config_file: Callable[..., Path], tmp_path: Path, transaction: Transaction, judgement: Judgement
) -> None:
    quarantine = open_store(tmp_path / "state").quarantine
    recipients = transaction.envelope.recipients
    item = quarantine.hold(transaction, judgement, recipients, cause=Cause.POLICY, next_hop="onward")
    again = transaction_again(item, quarantine.content(item), recipients, load_config(config_file()))
    assert again == transaction
