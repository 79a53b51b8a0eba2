"""A DNS that answers from a table, for tests of what reads answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from gateway.identity.resolver import Answer, Outcome, RecordType


@dataclass
class Table:
    """`records` maps (name, type) to texts. A name with other types only is empty, an unknown one absent."""

    records: Mapping[tuple[str, RecordType], tuple[str, ...]]
    failing: frozenset[str] = frozenset()
    asked: list[tuple[str, RecordType]] = field(default_factory=list)

    async def ask(self, name: str, kind: RecordType) -> Answer:
        name = name.lower().rstrip(".")
        self.asked.append((name, kind))
        if name in self.failing:
            return Answer(outcome=Outcome.TEMPORARY, detail="SERVFAIL")
        found = self.records.get((name, kind))
        if found:
            return Answer(outcome=Outcome.FOUND, records=found)
        known = any(other == name or other.endswith("." + name) for other, _ in self.records)
        return Answer(outcome=Outcome.EMPTY if known else Outcome.ABSENT)


@pytest.fixture
def table() -> type[Table]:
    return Table
