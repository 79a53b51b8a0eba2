"""Counting: bounds of histograms, bounds of label sets, and names that a monitor takes."""

import re

import pytest

from gateway.metrics import (
    BOUNDS,
    MAX_SERIES,
    METRICS,
    OTHER,
    POLICY,
    RECIPIENTS,
    RULE_HITS,
    TRANSACTION_SECONDS,
    Kind,
    Meter,
    Metric,
)


def found(meter: Meter) -> dict[tuple[str, ...], float]:
    return {(sample.part, *sample.labels): sample.value for sample in meter.samples()}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_each_name_is_one_that_prometheus_takes(metric: Metric) -> None:
    assert re.fullmatch(r"mailward_[a-z][a-z_]*", metric.name)
    assert metric.name.endswith("_total") is (metric.kind is Kind.COUNTER)
    assert metric.says.endswith(".") and all(re.fullmatch("[a-z_]+", label) for label in metric.labels)
    assert [other.name for other in METRICS].count(metric.name) == 1


def test_counts_add_up_for_each_set_of_labels() -> None:
    meter = Meter()
    for outcome in ("relayed", "held", "relayed"):
        meter.count(RECIPIENTS, "edge", outcome)
    assert found(meter) == {("", "edge", "relayed"): 2, ("", "edge", "held"): 1}


def test_a_gauge_is_replaced_and_can_be_forgotten() -> None:
    meter = Meter()
    meter.set(POLICY, 1, "old", "aa")
    meter.clear(POLICY)
    meter.set(POLICY, 1, "new", "bb")
    meter.set(POLICY, 2, "new", "bb")
    assert found(meter) == {("", "new", "bb"): 2}


@pytest.mark.parametrize(
    ("seconds", "first"), [(0.0, "0.01"), (0.01, "0.01"), (0.011, "0.025"), (90.0, "90.0"), (91, "+Inf")]
)
def test_a_time_counts_in_its_bucket_and_all_above(seconds: float, first: str) -> None:
    meter = Meter()
    meter.observe(TRANSACTION_SECONDS, seconds, "edge")
    bounds = [*map(str, BOUNDS), "+Inf"]
    buckets = {key[2]: value for key, value in found(meter).items() if key[0] == "bucket"}
    assert [buckets[bound] for bound in bounds] == [
        float(bounds.index(bound) >= bounds.index(first)) for bound in bounds
    ]
    assert (found(meter)[("sum", "edge")], found(meter)[("count", "edge")]) == (seconds, 1)


def test_label_sets_are_bounded() -> None:
    """Policies that are changed all day bring names of rules without end."""
    meter = Meter()
    for number in range(MAX_SERIES):
        meter.count(RULE_HITS, f"rule-{number}", "enforce")
    assert (OTHER, OTHER) not in {key[1:] for key in found(meter)}
    for name in ("one-more", "two-more", "rule-0"):
        meter.count(RULE_HITS, name, "enforce")
    counted = found(meter)
    assert len(counted) == MAX_SERIES + 1
    assert (counted[("", OTHER, OTHER)], counted[("", "rule-0", "enforce")]) == (2, 2)
