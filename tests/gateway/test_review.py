"""Judging held mail again: in workers, under the policy of this moment."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.config import load_config
from gateway.review import WorkerReview
from quarantine.item import Cause, HeldMessage
from quarantine.ports import ReviewUnavailable
from quarantine.quarantine import open_store
from rules.transaction import Transaction
from rules.verdict import Judgement

POLICY = """policy: ours
title: Ours
clauses: {A1: {ref: '1', enforce: gateway}}
rules: [{use: chain-letter, cites: [A1]}]
"""
LETTER = (
    b"Subject: luck\r\n\r\nForward this to ten friends today and good luck will come. Do not break the chain, "
    b"pass it on to everyone you know!\r\n"
)


@pytest.fixture
def item(tmp_path: Path, transaction: Transaction, judgement: Judgement) -> HeldMessage:
    quarantine = open_store(tmp_path / "state").quarantine
    recipients = transaction.envelope.recipients
    return quarantine.hold(transaction, judgement, recipients, cause=Cause.POLICY, next_hop="onward")


def test_the_policy_in_force_now_judges(config_file: Callable[..., Path], tmp_path: Path, item: HeldMessage) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY)
    review = WorkerReview(load_config(config_file("policy: policy.yaml\n")))
    judgement = review.rejudge(item, LETTER, [copy.recipient for copy in item.recipients])
    assert (judgement.policy, judgement.verdicts[0].findings[0].rule) == ("ours", "chain-letter")


def test_without_workers_the_review_is_unavailable(config_file: Callable[..., Path], item: HeldMessage) -> None:
    config = load_config(config_file())
    review = WorkerReview(replace(config, limits=replace(config.limits, inspection_seconds=0.000001)))
    with pytest.raises(ReviewUnavailable):
        review.rejudge(item, LETTER, [copy.recipient for copy in item.recipients])
