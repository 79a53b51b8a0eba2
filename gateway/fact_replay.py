"""Stored facts judged under two policies, in all cores. Reads what the gateway kept, and no message."""

import multiprocessing
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from quarantine.fact_files import Batch, batches
from rules.comparison import Comparison, CopyChange
from rules.document import from_json, to_json
from rules.policy import Policy, load_policy
from rules.policy_file import NO_GROUPS
from rules.stored import Asked, Rejudging

BATCH = 2_000  # facts handed to a process at once: a second's work, so that the bar moves


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What one batch has shown. `untold` names rules that its facts cannot tell of, left out on both sides."""

    comparison: Comparison
    changes: tuple[CopyChange, ...]
    untold: frozenset[str]
    octets: int  # that were read for it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    batch: Batch
    running: Path
    candidate: Path
    groups: Mapping[str, frozenset[str]]


def replayed(
    folder: Path,
    running: Path,
    candidate: Path,
    *,
    groups: Mapping[str, frozenset[str]] = NO_GROUPS,
    processes: int = 0,
) -> Iterator[Replayed]:
    """Each batch of the facts in `folder`, in their order. `processes` 0: as many as there are cores.

    `groups` are the directory's, which exemptions may name. Raises OSError, DocumentError.
    """
    _policy.cache_clear()  # either may have been edited since
    _policy(running), _policy(candidate)  # a fault is told before anything is started
    work = (
        _Work(batch=batch, running=running, candidate=candidate, groups=dict(groups))
        for batch in batches(folder, BATCH)
    )
    # Forked: both policies, and the parsers that detectors bring along, are loaded once.
    with multiprocessing.get_context("fork").Pool(processes or os.cpu_count() or 1) as pool:
        yield from pool.imap(_replay, work)


def _replay(work: _Work) -> Replayed:
    first, second, untold = _judges(to_json(work.batch.asked, Asked), work.running, work.candidate)
    comparison = Comparison()
    changes: list[CopyChange] = []
    for fact in work.batch.facts():
        changes += comparison.add(fact.id, first.judge(fact, work.groups), second.judge(fact, work.groups))
    return Replayed(comparison=comparison, changes=tuple(changes), untold=untold, octets=work.batch.octets)


@lru_cache(maxsize=16)
def _judges(asked: bytes, running: Path, candidate: Path) -> tuple[Rejudging, Rejudging, frozenset[str]]:
    """Both policies made ready for facts that were asked so, in this process once."""
    question = from_json(asked, Asked)
    policies = _policy(running), _policy(candidate)
    untold = frozenset().union(*(Rejudging(question, policy).untold for policy in policies))
    first, second = (Rejudging(question, policy, without=untold) for policy in policies)
    return first, second, untold


@lru_cache(maxsize=4)
def _policy(path: Path) -> Policy:
    return load_policy(path)
