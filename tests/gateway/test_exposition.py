"""The text format as a monitor reads it: a reader of the tests' own takes every line, and nothing else."""

import math
import re

from gateway.exposition import exposition
from gateway.metrics import BUILD, HELD, METRICS, POLICY, RECIPIENTS, TRANSACTION_SECONDS, Kind, Meter, Sample

# The grammar of the text format 0.0.4.
_LINE = re.compile(
    r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)"
    r'(?:\{(?P<labels>(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*",?)*)\})? (?P<value>\S+)'
)
_LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\n"])*)"')


def read(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Each number by name and labels; refuses what Prometheus would: types told late or twice, and doubles."""
    assert text.endswith("\n")
    found: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    types: dict[str, str] = {}
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types
            types[name] = kind
            continue
        if line.startswith("# HELP "):
            continue
        match = _LINE.fullmatch(line)
        assert match is not None, line
        family = re.sub("_(bucket|sum|count)$", "", match["name"])
        assert match["name"] in types or types[family] == "histogram"
        key = (match["name"], tuple(_LABEL.findall(match["labels"] or "")))
        assert key not in found, line
        found[key] = float(match["value"])
    return found


def test_counters_gauges_and_histograms_are_read_back() -> None:
    meter = Meter()
    meter.count(RECIPIENTS, "edge", "relayed", by=1_234_567_890)
    meter.set(HELD, 0.5)
    meter.observe(TRANSACTION_SECONDS, 0.02, "edge")
    found = read(exposition(meter.samples()))
    assert found[("mailward_recipients_total", (("listener", "edge"), ("outcome", "relayed")))] == 1_234_567_890
    assert found[("mailward_held_messages", ())] == 0.5
    buckets = {
        float(labels[-1][1]): value
        for (name, labels), value in found.items()
        if name == "mailward_transaction_seconds_bucket"
    }
    assert (buckets[0.01], buckets[0.025], buckets[math.inf]) == (0, 1, 1)
    assert found[("mailward_transaction_seconds_count", (("listener", "edge"),))] == 1


def test_whatever_a_policy_is_called_stays_within_its_label() -> None:
    name = 'ours"} 1\nmailward_held_messages 99\\'
    text = exposition([Sample(metric=POLICY.name, labels=(name, "aa"), value=1)])
    ((key, value),) = read(text).items()
    assert value == 1
    assert key[1][0][1].replace(r"\n", "\n").replace(r"\"", '"').replace(r"\\", "\\") == name


def test_what_is_no_metric_of_ours_is_left_out() -> None:
    text = exposition(
        [Sample(metric="evil 1\nmailward_held_messages", value=7), Sample(metric=BUILD.name, labels=("1",))]
    )
    assert [line for line in text.splitlines() if not line.startswith("#")] == ['mailward_build_info{version="1"} 0']


def test_every_metric_can_be_told() -> None:
    meter = Meter()
    for metric in METRICS:
        (meter.observe if metric.kind is Kind.HISTOGRAM else meter.set)(metric, 1.0, *("x" for _ in metric.labels))
    assert {name.removesuffix("_bucket") for name, _ in read(exposition(meter.samples()))} >= {
        one.name for one in METRICS
    }
