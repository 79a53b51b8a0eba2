"""What is measured: the name, meaning and labels of each metric, and the counting of them in one process.

Labels are names out of the configuration and words of our own. No address, no subject and nothing else that a message
or a peer brings ever becomes one: that would tell who writes to whom, and fill a monitor's memory.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

MAX_SERIES = 500  # label sets of one metric; beyond, only policies that are changed all day would need more
OTHER = "other"  # the label value of everything beyond MAX_SERIES
# Seconds: a small message takes some hundredths, and 90 is the longest that a sender is kept.
BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 90.0)


class Kind(StrEnum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """`says`: what it is and, where that is no matter of course, what a high value means."""

    name: str
    kind: Kind
    says: str
    labels: tuple[str, ...] = ()
    same: bool = False  # every process tells the same, so it is not summed


def _counter(name: str, says: str, *labels: str) -> Metric:
    return Metric(name=f"mailward_{name}_total", kind=Kind.COUNTER, says=says, labels=labels)


def _gauge(name: str, says: str, *labels: str, same: bool = False) -> Metric:
    return Metric(name=f"mailward_{name}", kind=Kind.GAUGE, says=says, labels=labels, same=same)


REPLIES = _counter("messages", "Messages answered; many 4 mean that senders wait.", "listener", "reply_class")
REFUSALS = _counter(
    "refusals", "What ended before it was a message, by how far it came.", "listener", "stage", "reply_class"
)
RECIPIENTS = _counter("recipients", "Recipients by what became of their copy.", "listener", "outcome")
INSPECTED = _counter("inspections", "Messages by how far they could be inspected.", "inspected")
RULE_HITS = _counter("rule_hits", "Findings; status observe changes nothing.", "rule", "status")
UNDETERMINED = _counter("undetermined", "Messages deferred because we could not judge or keep them: act.", "listener")
TRANSACTION_SECONDS = Metric(
    name="mailward_transaction_seconds",
    kind=Kind.HISTOGRAM,
    says="From the start of a message to our answer; beyond some seconds workers or the next hop are slow.",
    labels=("listener",),
)
CONNECTIONS = _gauge("connections", "Clients that are connected.", "listener")
IN_HAND = _gauge("messages_in_hand", "Messages being judged, held or sent; rising means overload.", "listener")
HOP_CONNECTIONS = _gauge("next_hop_connections", "Connections to a next hop.", "next_hop", "state")
HOP_CONNECTS = _counter("next_hop_connects", "Connections that were opened.", "next_hop")
HOP_DOWN = _gauge("next_hop_down", "1 while a next hop could not be reached within the last half minute.", "next_hop")
HOP_FAILURES = _counter("next_hop_failures", "Failures of a next hop: senders are told to try again.", "next_hop")
POLICY = _gauge(
    "policy_info",
    "Processes that judge by a policy; two policies for minutes mean a reload half done.",
    "policy",
    "hash",
)
DIRECTORY_PEOPLE = _gauge("directory_people", "People on the staff list in force.", same=True)
DIRECTORY_TIME = _gauge("directory_timestamp_seconds", "When the staff list in force was written.", same=True)
HELD = _gauge("held_messages", "Messages with a copy that waits for a decision.")
OLDEST_HELD = _gauge("oldest_held_timestamp_seconds", "When the oldest of them was held; 0: there is none.")
DIGEST = _gauge("digest_timestamp_seconds", "End of the last period whose digest was sent; a day old means: act.")
AUDIT = _gauge("audit_sound", "1 while the audit record verifies; 0: somebody changed it, or the disk did.")
FREE_OCTETS = _gauge("state_free_bytes", "Room where held mail is kept.")
RESIDENT_OCTETS = _gauge("process_resident_bytes", "Memory of a process.", "process")
UP = _gauge("process_up", "1 while a process reports.", "process")
RESTARTS = _counter("process_restarts", "Processes started again after their death: look into the log.", "process")
BUILD = _gauge("build_info", "1, with the version.", "version")

METRICS = (
    *(REPLIES, REFUSALS, RECIPIENTS, INSPECTED, RULE_HITS, UNDETERMINED, TRANSACTION_SECONDS, CONNECTIONS, IN_HAND),
    *(
        HOP_CONNECTIONS,
        HOP_CONNECTS,
        HOP_DOWN,
        HOP_FAILURES,
        POLICY,
        DIRECTORY_PEOPLE,
        DIRECTORY_TIME,
        HELD,
        OLDEST_HELD,
    ),
    *(DIGEST, AUDIT, FREE_OCTETS, RESIDENT_OCTETS, UP, RESTARTS, BUILD),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One number. `labels` are values, in the order of the metric's; a histogram has its bound as one more.

    `part` of a histogram: bucket, sum or count.
    """

    metric: str
    labels: tuple[str, ...] = ()
    value: float = 0.0
    part: str = ""


class Meter:
    """Counts in one process; its samples are summed with those of the others. For one thread, or under its caller's."""

    def __init__(self) -> None:
        self._values: defaultdict[Metric, dict[tuple[str, ...], float]] = defaultdict(dict)
        self._histograms: defaultdict[Metric, dict[tuple[str, ...], list[float]]] = defaultdict(dict)

    def count(self, metric: Metric, *labels: str, by: float = 1.0) -> None:
        series = self._values[metric]
        labels = _bounded(labels, series)
        series[labels] = series.get(labels, 0.0) + by

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        series = self._values[metric]
        series[_bounded(labels, series)] = value

    def clear(self, metric: Metric) -> None:
        """Forget its series: what they stood for is gone."""
        self._values.pop(metric, None)

    def observe(self, metric: Metric, seconds: float, *labels: str) -> None:
        series = self._histograms[metric]
        labels = _bounded(labels, series)
        # A count for each bound and one beyond all, then the sum.
        counts = series.setdefault(labels, [0.0] * (len(BOUNDS) + 2))
        counts[bisect_left(BOUNDS, seconds)] += 1
        counts[-1] += seconds

    def samples(self) -> tuple[Sample, ...]:
        return (*self._plain(), *self._buckets())

    def _plain(self) -> Iterator[Sample]:
        for metric, series in self._values.items():
            for labels, value in series.items():
                yield Sample(metric=metric.name, labels=labels, value=value)

    def _buckets(self) -> Iterator[Sample]:
        for metric, series in self._histograms.items():
            for labels, counts in series.items():
                so_far = 0.0
                for bound, count in zip((*map(str, BOUNDS), "+Inf"), counts, strict=False):
                    so_far += count
                    yield Sample(metric=metric.name, labels=(*labels, bound), value=so_far, part="bucket")
                yield Sample(metric=metric.name, labels=labels, value=counts[-1], part="sum")
                yield Sample(metric=metric.name, labels=labels, value=so_far, part="count")


def _bounded(
    labels: tuple[str, ...], series: dict[tuple[str, ...], float] | dict[tuple[str, ...], list[float]]
) -> tuple[str, ...]:
    if labels in series or len(series) < MAX_SERIES:
        return labels
    return (OTHER,) * len(labels)
