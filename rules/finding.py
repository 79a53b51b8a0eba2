"""What a detector reports, and what a rule makes of it."""

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What a recipient's copy ought to meet, from mildest to strictest; the order is the order of definition."""

    PASS = "pass"
    TAG = "tag"
    QUARANTINE = "quarantine"

    @property
    def rank(self) -> int:
        return tuple(Action).index(self)


def strictest(*actions: Action) -> Action:
    """The highest of these; PASS when there are none."""
    return max(actions, key=lambda action: action.rank, default=Action.PASS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where and what. `start` and `end` are offsets in the part's readable text, None when the whole part is meant.

    `text` is the passage itself with a little around it; `mark` the matched piece within `text` as (from, to);
    `signal` what the passage counted for, and how much, where a detector weighs. `octets` is where the part lies in the
    message as it was received, in its transfer encoding, as (from, to): the outermost one around it for whatever stands
    inside an encoded part.
    """

    part: str
    text: str
    start: int | None = None
    end: int | None = None
    mark: tuple[int, int] | None = None
    signal: str | None = None
    octets: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One detector's report. No opinion.

    `score` is 0 to 1; `recipients` holds address keys when only those recipients are concerned. `probe` tells which of
    the policy's probes saw it, once the engine has run them.
    """

    detector: str
    detected: bool
    score: float
    summary: str
    evidence: tuple[Evidence, ...] = ()
    recipients: tuple[str, ...] | None = None
    probe: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Observation × rule. `observation` is the index into the judgement's observations.

    `approver`: the address of who has to approve what is held for it; empty where nobody is named.
    """

    rule: str
    cites: tuple[str, ...]
    action: Action
    observation: int
    approver: str = ""
