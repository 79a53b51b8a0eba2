"""Fits the weights of a detector's signals to labelled mail, and prints how good they are before anything is written.

    python -m tests.quality.train DETECTOR [--labelled FOLDER] [--mail FOLDER…] [--write]

A logistic regression over how often each signal counts, pulled towards the weights that stand in the file (so that a
few messages move little), with every weight kept on its own side of zero: a reader must still agree with each. What is
printed comes from cross-validation on the part that training may see, and from the part that it may not. `--mail` adds
folders of mail in which nothing is to be found.
"""

import argparse
import math
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rules.detectors import BY_NAME, Detector
from rules.facts import Facts
from rules.remembering import forget_message
from rules.signals import Signal, scale_of
from tests.quality.labelled import DETECTORS, Absent, Figures, facts_of, figures, labelled_mail

FOLDS = 5
STEPS = 1_500  # of gradient descent; the loss no longer moves after a third of them
RATE = 0.5  # of a step, divided by the number of messages and the pull, so that no step overshoots
PULL = 4.0  # how strongly a weight is drawn to what it was: as much as some four messages
LEAST = 0.2  # a signal that counts for less says nothing
STRONGEST = 5.0

_WEIGHT = re.compile(r"^(?P<head>    weight: )-?[\d.]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """How often each signal counts in one message, and whether it is one of those to be found.

    `told` is what the words of a vocabulary add: they are fitted by themselves (`tests.quality.vocabulary`).
    """

    counts: tuple[int, ...]
    wanted: bool
    fold: int
    told: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    bias: float
    signals: tuple[float, ...]

    def finds(self, item: Example) -> bool:
        return self.sum(item) >= 0

    def sum(self, item: Example) -> float:
        weighed = sum(weight * count for weight, count in zip(self.signals, item.counts, strict=True))
        return self.bias + item.told + weighed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("detector", choices=[name for name, one in BY_NAME.items() if _is_weighed(one)])
    parser.add_argument("--labelled", type=Path, help="folder with manifest.jsonl")
    parser.add_argument("--mail", type=Path, nargs="*", default=[], help="folders of ordinary mail")
    parser.add_argument("--write", action="store_true", help="write the weights into the detector's file")
    options = parser.parse_args()
    detector = BY_NAME[options.detector]
    assert detector.data is not None
    signals = scale_of(detector.data).model.signals
    before = Weights(bias=scale_of(detector.data).model.bias, signals=tuple(signal.weight for signal in signals))
    try:
        trained, kept = _examples(detector, signals, options.labelled, options.mail)
    except Absent as reason:
        print(reason)
        return 1
    after = fit(trained, before)
    print(f"{detector.name}, on the part that training may see")
    print(f"  as it stands      {measured(trained, before)}")
    print(f"  {FOLDS} folds, held out {cross_validated(trained, before)}")
    print(f"  fitted to all     {measured(trained, after)}")
    print("on the part kept back")
    print(f"  as it stands      {measured(kept, before)}")
    print(f"  fitted            {measured(kept, after)}")
    for name, old, new in zip(
        ["bias", *(signal.name for signal in signals)],
        [before.bias, *before.signals],
        [after.bias, *after.signals],
        strict=True,
    ):
        print(f"  {old:+5.1f} -> {new:+5.1f}  {name}")
    if options.write:
        detector.data.write_text(rewritten(detector.data.read_text(), after))
    return 0


def _is_weighed(detector: Detector) -> bool:
    return detector.data is not None and detector.data.is_file() and "signals:" in detector.data.read_text()


def _examples(
    detector: Detector, signals: Sequence[Signal], folder: Path | None, ordinary: Sequence[Path]
) -> tuple[list[Example], list[Example]]:
    """What training may see, with the ordinary mail, and what is kept back."""
    labels = {label for label, names in DETECTORS.items() if detector.name in names}
    trained, kept = [], []
    for item in labelled_mail(folder):
        counts, told = counted(detector, signals, facts_of(item.path))
        example = Example(counts=counts, told=told, wanted=not labels.isdisjoint(item.labels), fold=item.fold(FOLDS))
        (trained if item.trains else kept).append(example)
    paths = (path for mail in ordinary for path in sorted(mail.rglob("*")) if path.suffix == ".eml")
    for number, path in enumerate(paths):
        counts, told = counted(detector, signals, facts_of(path))
        trained.append(Example(counts=counts, told=told, wanted=False, fold=number % FOLDS))
    return trained, kept


def counted(detector: Detector, signals: Sequence[Signal], facts: Facts) -> tuple[tuple[int, ...], float]:
    """How often each signal counts, which a threshold of 0 tells of every message, and what the words add."""
    observed = tuple(detector.detect(facts, detector.parameters(threshold=0.0)))
    forget_message()
    summary = observed[0].summary if observed else ""
    assert detector.data is not None
    vocabulary = scale_of(detector.data).model.vocabulary
    told = _adds(summary, vocabulary.name) if vocabulary else 0.0
    return tuple(round(_adds(summary, signal.name) / signal.weight) for signal in signals), told


def _adds(summary: str, name: str) -> float:
    match = re.search(rf"(?:^|; ){re.escape(name)} \(([-+][\d.]+)\)", summary)
    return float(match.group(1)) if match else 0.0


def fit(examples: Sequence[Example], prior: Weights) -> Weights:
    """The weights of least logistic loss, drawn to `prior` and each on its side of zero."""
    weights = [prior.bias, *prior.signals]
    start = tuple(weights)
    rows = [((1, *example.counts), example.told, float(example.wanted)) for example in examples]
    for _ in range(STEPS):
        slopes = [PULL * (now - then) for now, then in zip(weights, start, strict=True)]
        for counts, told, wanted in rows:
            total = told + sum(weight * count for weight, count in zip(weights, counts, strict=True) if count)
            error = 1 / (1 + math.exp(-max(-30.0, min(30.0, total)))) - wanted
            for index, count in enumerate(counts):
                if count:
                    slopes[index] += error * count
        weights = [
            _bounded(weight - RATE * slope / (len(rows) + 2 * PULL), first)
            for weight, slope, first in zip(weights, slopes, start, strict=True)
        ]
    return Weights(bias=round(weights[0], 1), signals=tuple(round(weight, 1) for weight in weights[1:]))


def _bounded(weight: float, first: float) -> float:
    return math.copysign(min(STRONGEST + 2, max(LEAST, math.copysign(1, first) * weight)), first)


def measured(examples: Sequence[Example], weights: Weights) -> Figures:
    """How these weights do on these messages."""
    return figures([item.wanted for item in examples], [weights.finds(item) for item in examples])


def cross_validated(examples: Sequence[Example], prior: Weights) -> Figures:
    """Each fold judged by weights that were fitted to the others."""
    truth, found = [], []
    for fold in range(FOLDS):
        weights = fit([item for item in examples if item.fold != fold], prior)
        held = [item for item in examples if item.fold == fold]
        truth += [item.wanted for item in held]
        found += [weights.finds(item) for item in held]
    return figures(truth, found)


def rewritten(text: str, weights: Weights) -> str:
    """The file with these weights, all else as it was."""
    left = list(weights.signals)
    lines = []
    for line in text.split("\n"):
        match = _WEIGHT.match(line)
        if match is not None:
            line = f"{match['head']}{left.pop(0)}"
        elif line.startswith("bias: "):
            line = f"bias: {weights.bias}"
        lines.append(line)
    assert not left, "a signal without a line of its own for its weight"
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
