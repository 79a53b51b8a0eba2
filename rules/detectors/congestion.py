"""Size times recipients, storms and loops: what may hold up the mail of others.

Counts only; looks at no words. What several messages do together is for `rules.mailing` to sum.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import assert_never

from rules.document import STRICT, Amount
from rules.facts import Facts
from rules.finding import Evidence, Observation
from rules.passing_on import comment_is_brief, is_reply

NAME = Path(__file__).stem
MEBIBYTE = 1024 * 1024  # octets
BRIEF_ANSWER = 40  # words: "please take me off this list", "me too"
NEAR = 0.5  # of a limit, from which it is told

_AUTOMATIC = re.compile(r"\s{0,3}auto-(?:replied|generated|notified)", re.IGNORECASE)


class Congestion(StrEnum):
    VOLUME = "volume"  # size times recipients
    SIZE = "size"  # one message, whoever gets it
    STORM = "storm"  # a brief or automatic answer to many
    LOOP = "loop"  # more hops than an honest path has


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    # Which of these count.
    kinds: tuple[Congestion, ...] = tuple(Congestion)
    # MiB, size times recipients: 500 is ten megabytes to fifty people.
    volume: Amount = 500
    # MiB of one message. Exchange's own limit is 35, of which encoding takes a quarter.
    size: Amount = 25
    # Recipients of a brief or automatic answer from which it is part of a storm.
    storm_recipients: Amount = 50
    # Received fields. Real paths stay below 15; RFC 5321 section 6.3 has servers give up at 100.
    hops: Amount = 25


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report each kind of congestion whose limit the message reaches, or comes near."""
    for kind in parameters.kinds:
        reached, limit, summary = _measured(kind, facts, parameters)
        if limit <= 0 or reached < NEAR * limit:
            continue
        yield Observation(
            detector=NAME,
            detected=reached >= limit,
            score=round(min(1.0, reached / limit), 3),
            summary=summary,
            evidence=(Evidence(part="", text=f"{kind.value}: {summary}; the limit is {limit}"),),
        )


def _measured(kind: Congestion, facts: Facts, parameters: Parameters) -> tuple[float, int, str]:
    """What is reached, of which limit, and in words."""
    mebibytes, recipients = facts.size / MEBIBYTE, _recipients(facts)
    match kind:
        case Congestion.VOLUME:
            total = mebibytes * recipients
            return total, parameters.volume, f"{mebibytes:.1f} MiB to {recipients} recipients, {total:.0f} MiB"
        case Congestion.SIZE:
            return mebibytes, parameters.size, f"{mebibytes:.1f} MiB"
        case Congestion.STORM:
            answers = _answers_briefly(facts)
            summary = f"a brief or automatic answer to {recipients} recipients"
            return recipients if answers else 0, parameters.storm_recipients, summary
        case Congestion.LOOP:
            hops = sum(name == "received" for name, _ in facts.fields)
            return hops, parameters.hops, f"{hops} Received fields"
        case never:
            assert_never(never)


def _recipients(facts: Facts) -> int:
    """Those of the envelope or of To and Cc, whichever is more: a long list arrives in several copies."""
    return max(len(facts.envelope.recipients), len(facts.addressed))


def _answers_briefly(facts: Facts) -> bool:
    automatic = _AUTOMATIC.match(facts.field("auto-submitted") or "") is not None  # RFC 3834 section 5
    return automatic or (is_reply(facts) and comment_is_brief(facts, BRIEF_ANSWER))
