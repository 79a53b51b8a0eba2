"""Real and hostile mail ends in a result within a second, and ordinary mail is not called ambiguous."""

import os
import time
from pathlib import Path

import pytest

from rules.reading.preview import preview_of

CORPORA = Path(os.environ.get("MAILWARD_CORPORA") or Path(__file__).resolve().parents[4] / "shared" / "corpora")
NOT_MAIL = {"categories.txt", "hard_ham-cmds", "README.md"}

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not CORPORA.is_dir(), reason="the measuring corpora are not in MAILWARD_CORPORA and not beside us"
    ),
]


def messages(folder: str) -> list[Path]:
    files = sorted(path for path in (CORPORA / folder).rglob("*") if path.is_file())
    return [path for path in files if path.suffix != ".cats" and path.name not in NOT_MAIL]


@pytest.mark.parametrize("folder", ["mime", "city-mail"])
def test_every_message_ends_in_a_result_within_two_seconds(facts_of, folder):
    late = []
    for path in messages(folder):
        octets = path.read_bytes()
        began = time.process_time()
        preview_of(facts_of(octets))
        if time.process_time() - began > 2:
            late.append(path.name)
    assert late == []


def test_at_most_one_ordinary_message_in_a_thousand_is_ambiguous(facts_of):
    paths = [path for folder in ("city-mail", "office-mail", "hard-ham") for path in messages(folder)]
    ambiguous = [path.name for path in paths if facts_of(path.read_bytes()).ambiguities]
    assert len(ambiguous) <= len(paths) / 1_000, ambiguous
