"""Samples as Prometheus reads them: the text format, version 0.0.4. Pure; knows no socket."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from gateway.metrics import METRICS, Kind, Metric, Sample

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPED = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_ESCAPED_HELP = str.maketrans({"\\": r"\\", "\n": r"\n"})


def exposition(samples: Iterable[Sample]) -> str:
    """Each metric that has samples, with its HELP and TYPE, in the order of METRICS; what is not one is left out."""
    families: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        families[sample.metric].append(sample)
    return "".join(
        line for metric in METRICS if metric.name in families for line in _family(metric, families[metric.name])
    )


def _family(metric: Metric, samples: list[Sample]) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.says.translate(_ESCAPED_HELP)}\n"
    yield f"# TYPE {metric.name} {metric.kind.value}\n"
    for sample in samples:
        name = f"{metric.name}_{sample.part}" if sample.part else metric.name
        yield f"{name}{_labels(metric, sample)} {_number(sample.value)}\n"


def _labels(metric: Metric, sample: Sample) -> str:
    names = (*metric.labels, "le") if metric.kind is Kind.HISTOGRAM else metric.labels
    pairs = [f'{name}="{value.translate(_ESCAPED)}"' for name, value in zip(names, sample.labels, strict=False)]
    return f"{{{','.join(pairs)}}}" if pairs else ""


def _number(value: float) -> str:
    return repr(float(value)).removesuffix(".0")
