"""Labelled mail to measure and train with: where it lies, what is called what, and which part training may see.

The mail names real people and stays outside the repository: MAILWARD_CORPORA names its folder, or it lies beside the
checkout as `shared/corpora`. `labelled/manifest.jsonl` holds one object a message with `path` and `labels`.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rules.address import parse_address
from rules.directory import Directory
from rules.envelope import wire_form
from rules.facts import Facts
from rules.message import Message
from rules.reading.reader import read_facts
from rules.transaction import Client, Direction, Envelope, ListenerKind, Recipient, Transaction

VARIABLE = "MAILWARD_CORPORA"
BESIDE = Path(__file__).resolve().parents[3] / "shared" / "corpora"
TRAINED = 60  # of a hundred messages; the others are for measuring only
NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)  # when all of them arrive: birth dates depend on it

# Which detectors answer for a label, as the manifest calls it.
DETECTORS = {
    "chain_letter": ("chain_letter",),
    "solicitation_commercial": ("commercial_solicitation",),
    "solicitation_fundraising": ("fundraising",),
    "advocacy_political": ("advocacy",),
    "personal_opinion": ("personal_opinion",),
    "confidential_pii": (
        "personal_information",
        "health_information",
        "criminal_justice_information",
        "confidential_marking",
    ),
    "credentials": ("credentials",),
    "executable_attachment": ("executable_attachment",),
    "encrypted_attachment": ("encrypted_content",),
    "obscene_harassing": ("harassment", "obscenity", "profanity"),
    "phishing": ("phishing", "impersonation"),
}


class Absent(Exception):
    """There is no labelled mail; the words say where it was looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    path: Path
    labels: frozenset[str]
    family: str  # near copies share it

    @property
    def trains(self) -> bool:
        """Whether training may see it; decided once, by its name."""
        return int(hashlib.sha256(self.path.name.encode()).hexdigest(), 16) % 100 < TRAINED

    def fold(self, folds: int) -> int:
        """Which fold it is in; near copies are in one."""
        return int(hashlib.sha256(self.family.encode()).hexdigest(), 16) % folds


def corpora() -> Path:
    """The folder of the corpora, which may not be there."""
    return Path(os.environ.get(VARIABLE, BESIDE))


def labelled_mail(folder: Path | None = None) -> tuple[Labelled, ...]:
    """All labelled messages. Raises Absent."""
    folder = folder or corpora() / "labelled"
    manifest = folder / "manifest.jsonl"
    if not manifest.is_file():
        raise Absent(f"no labelled mail: {manifest} is not there; {VARIABLE} names the folder of the corpora")
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    return tuple(
        Labelled(
            path=folder / row["path"],
            labels=frozenset(row["labels"]),
            family=row.get("near_dup_group") or row["path"],
        )
        for row in rows
    )


def facts_of(path: Path) -> Facts:
    """What is seen of a message that one of ours sends to somebody outside."""
    envelope = Envelope(
        reverse_path=parse_address("clerk@city.example"),
        recipients=(Recipient(address=parse_address("someone@elsewhere.example")),),
    )
    transaction = Transaction(
        id=path.stem,
        received=NOT_BEFORE,
        listener="quality",
        kind=ListenerKind.INTERNAL,
        direction=Direction.OUTBOUND,
        client=Client(address="127.0.0.1", name="quality"),
        envelope=envelope,
        message=Message(wire_form(path.read_bytes())),
    )
    return read_facts(transaction, Directory(domains=frozenset({"city.example"})))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts of right, false and missed, and what follows from them."""

    right: int
    false: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / max(self.right + self.false, 1)

    @property
    def recall(self) -> float:
        return self.right / max(self.right + self.missed, 1)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(2 * self.right + self.false + self.missed, 1)

    def __str__(self) -> str:
        return f"n={self.right + self.missed:3d}  P {self.precision:.2f}  R {self.recall:.2f}  F1 {self.f1:.2f}"


def figures(truth: Sequence[bool], found: Sequence[bool]) -> Figures:
    """Count two columns, message by message."""
    pairs = list(zip(truth, found, strict=True))
    return Figures(right=pairs.count((True, True)), false=pairs.count((False, True)), missed=pairs.count((True, False)))
