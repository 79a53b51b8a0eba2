"""Signals: what a reader would notice in a text, how much each counts, and the models that sum them up.

The models are data, one YAML file beside each detector that uses one. Owns reading and compiling them; weighs nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rules.document import STRICT, Threshold, read_document
from rules.facts import Role
from rules.finding import Evidence
from rules.needed_words import Needed, needed_by
from rules.patterns import PatternError, Patterns, Phrase, compile_apart
from rules.vocabulary import Vocabulary

MAX_SCANNED = 128 * 1024  # characters of one role; what conduct rules look for stands far before

_KIND = re.compile(r"\{([a-z_]+)\}")  # a name; `{0,3}` repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words of one kind: `{name}` in a pattern, or in words of a later kind, stands for any of them."""

    __pydantic_config__ = STRICT
    name: str
    any_of: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something to notice: passages that match one of `patterns`, or a `measure` that the detector takes itself.

    Each different passage adds `weight`, `at_most` so many; a negative weight speaks against. `roles` narrows the
    model's.
    """

    __pydantic_config__ = STRICT
    name: str
    weight: float
    patterns: tuple[str, ...] = ()
    measure: str | None = None
    at_most: int = 1
    roles: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A logistic sum: score = 1 / (1 + e^-(bias + weights)). `roles` says whose words are looked at.

    Passages of the body count together when they stand within `window` characters of each other: a long digest of
    news mentions everything somewhere. Those of subject, signature and footer, and what speaks against, always count.
    No more than `scanned` characters of a text are looked at.
    """

    __pydantic_config__ = STRICT
    about: str
    bias: float
    window: int
    scanned: int = MAX_SCANNED
    roles: tuple[Role, ...]
    words: tuple[Words, ...] = ()
    vocabulary: Vocabulary | None = None
    signals: tuple[Signal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How often a detector saw something that no pattern can tell, under the name its model knows it by."""

    name: str
    count: int
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A model made ready: one compiled pattern for each signal that has any, and which signal that is.

    The phrases that a pattern is made of are there one by one too, with what tells which of them a text may have.
    """

    model: Model
    patterns: Patterns
    owners: tuple[int, ...]  # index of the signal, for each compiled pattern
    phrases: tuple[Phrase, ...]
    belongs: tuple[int, ...]  # index of the compiled pattern, for each phrase
    needed: Needed  # by the phrases
    roles: frozenset[Role]  # whose texts the model or one of its signals looks at
    gains: tuple[float, ...]  # the most that each compiled pattern can add
    measured: Mapping[str, float]  # and each measure


@lru_cache(maxsize=64)
def scale_of(path: Path) -> Scale:
    """Read and compile the model at `path`. Raises DocumentError or PatternError: the file belongs to the program."""
    model = read_document(path, Model)
    owners = tuple(index for index, signal in enumerate(model.signals) if signal.patterns)
    words = _kinds(model.words)
    phrases = tuple(tuple(_spelt_out(phrase, words) for phrase in model.signals[index].patterns) for index in owners)
    return ready(model, phrases, owners)


def _kinds(words: Sequence[Words]) -> Mapping[str, str]:
    """One pattern for the words of each kind, by its name."""
    kinds: dict[str, str] = {}
    for kind in words:
        kinds[kind.name] = _spelt_out(f"(?:{'|'.join(kind.any_of)})", kinds)
    return kinds


def _spelt_out(pattern: str, kinds: Mapping[str, str]) -> str:
    """The pattern with words for each name. Raises PatternError for a name that has none."""
    if unknown := set(_KIND.findall(pattern)) - set(kinds):
        raise PatternError(f"no words are called {min(unknown)!r}")
    return _KIND.sub(lambda match: kinds[match[1]], pattern)


def ready(model: Model, phrases: Sequence[tuple[str, ...]], owners: tuple[int, ...]) -> Scale:
    """The model with the phrases of each of these signals compiled. Raises PatternError."""
    roles = frozenset((*model.roles, *(role for signal in model.signals for role in signal.roles)))
    measured: dict[str, float] = {}
    for signal in model.signals:
        if signal.measure is not None:
            measured[signal.measure] = measured.get(signal.measure, 0.0) + _gain(signal)
    return Scale(
        model=model,
        patterns=compile_apart(tuple(map(whole_words, phrases))),
        owners=owners,
        phrases=tuple(Phrase(whole_words((phrase,))) for some in phrases for phrase in some),
        belongs=tuple(index for index, some in enumerate(phrases) for _ in some),
        needed=needed_by(whole_words((phrase,)) for some in phrases for phrase in some),
        roles=roles,
        gains=tuple(_gain(model.signals[owner]) for owner in owners),
        measured=measured,
    )


def _gain(signal: Signal) -> float:
    return max(0.0, signal.weight) * signal.at_most


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """`phrases` are patterns in RE2's syntax, looked for as whole words without regard to case."""

    # What the parameters of every detector that weighs its words have; each says of both what they mean for it.
    __pydantic_config__ = STRICT
    threshold: Threshold = 0.5
    phrases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_phrases(self.phrases)


def check_phrases(phrases: tuple[str, ...]) -> None:
    """Raises PatternError (a ValueError) unless every phrase of an administrator is a pattern of RE2.

    Nothing is kept: who only loads a policy, at each reload another, searches nothing.
    """
    compile_apart(phrases)
    if phrases:
        compile_apart((whole_words(phrases),))


def whole_words(patterns: Sequence[str]) -> str:
    """One pattern for all of these, at the edges of words: `sale` is not in `wholesale`."""
    return rf"(?:^|\b|\s)(?:{'|'.join(patterns)})(?:\b|\s|$)"
