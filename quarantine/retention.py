"""What leaves the quarantine and what stays of it: expiry, the tombstone, contents that no item needs.

Retention is off until a city sets a schedule; a legal hold beats every way of losing a message.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from quarantine.audit import Audit, Record
from quarantine.item import HeldMessage, State
from quarantine.ports import Contents, Index, Refused
from rules.verdict import Judgement

# More at once than this share of what is held, and more than this many, is a wrong clock or a wrong schedule
# until someone says otherwise.
MAX_SHARE = 0.05
MAX_ITEMS = 20
WHY = "retention schedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    contents: Contents
    index: Index
    audit: Audit

    def expire(self, now: datetime, *, by: str, confirmed: bool = False) -> tuple[HeldMessage, ...]:
        """Expire what is past its date, leaving tombstones; returns what went.

        Raises Refused when it would be unusually much and no one confirmed it.
        """
        due = [item for item in self.index.list(expired=now) if not item.legal_hold]
        if not confirmed and len(due) > MAX_ITEMS and len(due) > MAX_SHARE * self._held():
            raise Refused(f"{len(due)} items would expire at once; check clock and schedule, then confirm")
        return tuple(item for item in due if self._expire(item, now, by))

    def give_up(self, item: HeldMessage, now: datetime) -> bool:
        """Drop the content of an item of which no copy is held any more; False when it must stay."""
        if not self.index.purge(item.id, tombstone(item.judgement), now):
            return False
        self.contents.remove([item.sha256], self.index.needed)
        return True

    def collect(self) -> Sequence[str]:
        """Remove contents that no item needs: of holds that a crash cut short, and of removals that it did."""
        names = list(self.contents.names())
        needed = self.index.needed(names)
        return self.contents.remove([name for name in names if name not in needed], self.index.needed)

    def _expire(self, item: HeldMessage, now: datetime, by: str) -> bool:
        held = [copy.recipient.address.key for copy in item.recipients if copy.state is State.HELD]
        record = Record(at=now, act="expire", by=by, item=item.id, recipients=tuple(held), reason=WHY)
        self.audit.append(record)
        self.index.change(item.id, held, State.EXPIRED, at=now, by=by, reason=WHY)
        return self.give_up(item, now)

    def _held(self) -> int:
        return len(self.index.list(states=(State.HELD, State.RELEASING)))


def tombstone(judgement: Judgement) -> Judgement:
    """The judgement without a word of the message: policy, rules and clauses per recipient stay."""
    return replace(
        judgement,
        observations=tuple(replace(seen, summary="", evidence=()) for seen in judgement.observations),
        not_inspected=tuple(replace(unread, part="", detail="") for unread in judgement.not_inspected),
        subject="",
        preview="",
        mailing=None,
    )
