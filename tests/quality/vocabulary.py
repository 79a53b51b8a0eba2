"""Fits the words of a detector's vocabulary to labelled mail, and prints how well they tell it.

    python -m tests.quality.vocabulary DETECTOR [--labelled FOLDER] [--mail FOLDER…] [--write]

Which words there are a reader decides, from what he knows of such mail: what one folder of mail happens to say together
tells little of the next. A logistic regression then moves their weights a little, each on its own side of zero. What is
printed comes from cross-validation on the part that training may see, the words by themselves: phrases written
with the same mail at hand look better there than they are. `usual`, `least`, `most` and the bias stay as they stand.
"""

import argparse
import math
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rules.detectors import BY_NAME
from rules.facts import Facts
from rules.passing_on import endorsed_words, sent_words
from rules.remembering import forget_message
from rules.signals import scale_of
from rules.vocabulary import FEW, Vocabulary, read_words
from tests.quality.labelled import DETECTORS, Absent, facts_of, figures, labelled_mail

FOLDS = 5
STEPS = 200  # of gradient descent; the weights no longer move after half of them
RATE = 8.0  # of a step, divided by the number of messages and the pull, so that no step overshoots
PULL = 4.0  # how strongly a weight is drawn to what it was: as much as some four messages
LEAST = 0.1  # a word that counts for less says nothing
ENDORSED = ("advocacy", "personal_opinion")  # they look at others' words only where those are handed on
WIDTH = 110

Weights = Mapping[bytes, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """The words of a vocabulary that one message uses, and by how much each counts in a text of that length."""

    words: tuple[bytes, ...]
    counts: float
    wanted: bool
    fold: int

    def sum(self, weights: Weights) -> float:
        return self.counts * sum(weights[word] for word in self.words)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("detector", choices=sorted(name for name in BY_NAME if _vocabulary(name)))
    parser.add_argument("--labelled", type=Path, help="folder with manifest.jsonl")
    parser.add_argument("--mail", type=Path, nargs="*", default=[], help="folders of ordinary mail")
    parser.add_argument("--write", action="store_true", help="write the weights into the detector's file")
    options = parser.parse_args()
    vocabulary = _vocabulary(options.detector)
    assert vocabulary is not None
    try:
        seen = list(_examples(options.detector, vocabulary, options.labelled, options.mail))
    except Absent as reason:
        print(reason)
        return 1
    after = fit(seen, vocabulary.weights)
    print(f"{options.detector}, {len(after)} words by themselves, the best threshold of each")
    print(f"  as they stand      F1 {best_f1(seen, [item.sum(vocabulary.weights) for item in seen]):.2f}")
    print(f"  {FOLDS} folds, held out  F1 {best_f1(seen, held_out(seen, vocabulary.weights)):.2f}")
    for word in sorted(after, key=lambda word: -abs(after[word] - vocabulary.weights[word]))[:20]:
        print(f"  {vocabulary.weights[word]:+5.1f} -> {after[word]:+5.1f}  {word.decode()}")
    if options.write:
        path = BY_NAME[options.detector].data
        assert path is not None
        path.write_text(rewritten(path.read_text(), after))
    return 0


def _vocabulary(detector: str) -> Vocabulary | None:
    path = BY_NAME[detector].data
    return scale_of(path).model.vocabulary if path and path.is_file() and "signals:" in path.read_text() else None


def _examples(
    detector: str, vocabulary: Vocabulary, folder: Path | None, ordinary: Sequence[Path]
) -> Iterator[Example]:
    """What training may see, with the ordinary mail."""
    labels = {label for label, names in DETECTORS.items() if detector in names}
    for item in labelled_mail(folder):
        if item.trains:
            wanted = not labels.isdisjoint(item.labels)
            yield example(detector, vocabulary, facts_of(item.path), wanted=wanted, fold=item.fold(FOLDS))
    paths = (path for mail in ordinary for path in sorted(mail.rglob("*")) if path.is_file() and path.suffix != ".cats")
    for number, path in enumerate(paths):
        yield example(detector, vocabulary, facts_of(path), wanted=False, fold=number % FOLDS)


def example(detector: str, vocabulary: Vocabulary, facts: Facts, *, wanted: bool, fold: int) -> Example:
    """One message as these words see it."""
    path = BY_NAME[detector].data
    assert path is not None
    texts = endorsed_words(facts) if detector in ENDORSED else sent_words(facts)
    words = read_words(texts, frozenset(scale_of(path).model.roles))
    forget_message()
    counts = math.sqrt(FEW / max(FEW, len(words)))
    return Example(words=tuple(sorted(vocabulary.weights.keys() & words)), counts=counts, wanted=wanted, fold=fold)


def fit(examples: Sequence[Example], before: Weights) -> Weights:
    """The weights of least logistic loss, drawn to `before` and each on its side of zero; rounded."""
    weights = dict(before)
    usual = 2.0
    pace = RATE / (len(examples) + 2 * PULL)
    for _ in range(STEPS):
        slopes = {word: PULL * (weights[word] - before[word]) for word in weights}
        tilt = 0.0
        for item in examples:
            error = 1 / (1 + math.exp(max(-30.0, min(30.0, usual - item.sum(weights))))) - item.wanted
            tilt += error
            for word in item.words:
                slopes[word] += error * item.counts
        usual += pace * tilt
        weights = {word: _bounded(weights[word] - pace * slopes[word], before[word]) for word in weights}
    return {word: round(weight, 1) for word, weight in weights.items()}


def _bounded(weight: float, first: float) -> float:
    return math.copysign(max(LEAST, math.copysign(1, first) * weight), first)


def held_out(examples: Sequence[Example], before: Weights) -> list[float]:
    """Each fold summed by weights that were fitted to the others."""
    fitted = [fit([item for item in examples if item.fold != fold], before) for fold in range(FOLDS)]
    return [item.sum(fitted[item.fold]) for item in examples]


def best_f1(examples: Sequence[Example], sums: Sequence[float]) -> float:
    """With the threshold that suits these messages best."""
    truth = [item.wanted for item in examples]
    return max(figures(truth, [one >= least for one in sums]).f1 for least in set(sums))


def rewritten(text: str, weights: Weights) -> str:
    """The file with these words in groups of a weight, all else as it was."""
    head, _, rest = text.partition("  groups:\n")
    _, _, tail = rest.partition("signals:\n")
    groups: dict[float, list[str]] = defaultdict(list)
    for word, weight in weights.items():
        groups[weight].append(word.decode())
    lines = [line for weight in sorted(groups, reverse=True) for line in _group(weight, sorted(groups[weight]))]
    return "\n".join([f"{head}  groups:", *lines, f"signals:\n{tail}"])


def _group(weight: float, words: Sequence[str]) -> Iterator[str]:
    yield f"    - weight: {weight:.1f}"
    yield "      words: >-"
    yield from (f"        {line}" for line in textwrap.wrap(" ".join(words), WIDTH))


if __name__ == "__main__":
    sys.exit(main())
