"""Stored facts are bounded, survive a line cut short, and never stop anybody."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from quarantine import fact_files
from quarantine.fact_files import FactFiles, batches, make_room
from rules.stored import Asked, StoredFact
from rules.transaction import Direction

ONE, TWO = (Asked(policy="p", hash=name, probes=()) for name in ("one", "two"))


def fact(number: int) -> StoredFact:
    return StoredFact(
        id=f"t{number}",
        at=datetime(2026, 3, 2, tzinfo=UTC),
        sender="",
        copies=(("a@x.example", Direction.OUTBOUND),),
    )


def ids(folder: Path, size: int = 100) -> list[list[str]]:
    return [[item.id for item in batch.facts()] for batch in batches(folder, size)]


def test_what_is_kept_is_read_back_in_order_and_in_batches(tmp_path: Path) -> None:
    files = FactFiles(folder=tmp_path, limit=10**6)
    for number in range(5):
        files.keep(ONE, fact(number))
    files.close()
    assert ids(tmp_path, 2) == [["t0", "t1"], ["t2", "t3"], ["t4"]]
    assert ids(tmp_path, 5) == [["t0", "t1", "t2", "t3", "t4"]]
    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


def test_another_policy_begins_another_file(tmp_path: Path) -> None:
    files = FactFiles(folder=tmp_path, limit=10**6)
    for number, asked in enumerate((ONE, TWO, TWO)):
        files.keep(asked, fact(number))
    files.close()
    assert [(batch.asked.hash, len(batch.lines)) for batch in batches(tmp_path, 10)] == [("one", 1), ("two", 2)]


def test_the_oldest_go_when_there_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fact_files, "MAX_FILE", 1_000)
    files = FactFiles(folder=tmp_path, limit=3_000)
    for number in range(100):
        files.keep(ONE, fact(number))
    files.close()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 3_000
    found = [name for batch in ids(tmp_path) for name in batch]
    assert found[-1] == "t99" and found[0] != "t0"


def test_room_is_made_to_the_octet(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        (tmp_path / f"{number}-1.jsonl").write_bytes(b"x" * 10)
    make_room(tmp_path, 20)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2-1.jsonl", "3-1.jsonl"]
    make_room(tmp_path, 19)
    assert [path.name for path in tmp_path.iterdir()] == ["3-1.jsonl"]


def test_a_line_cut_short_and_a_file_of_something_else_are_passed_over(tmp_path: Path) -> None:
    files = FactFiles(folder=tmp_path, limit=10**6)
    files.keep(ONE, fact(1))
    files.close()
    (path,) = tmp_path.iterdir()
    with path.open("ab") as file:
        file.write(b'{"id": "t2", "at"')
    (tmp_path / "9-9.jsonl").write_text("nothing of ours\n")
    assert ids(tmp_path) == [["t1"]]


def test_a_folder_that_cannot_be_written_loses_them_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "facts").write_text("a file where the folder should be")
    files = FactFiles(folder=tmp_path / "facts", limit=10**6)
    files.keep(ONE, fact(1))
    files.flush()
    assert "1 stored facts are lost" in caplog.text


def test_without_a_limit_nothing_is_kept(tmp_path: Path) -> None:
    files = FactFiles(folder=tmp_path / "facts", limit=0)
    files.keep(ONE, fact(1))
    files.close()
    assert not (tmp_path / "facts").exists()


def test_what_waits_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fact_files, "MAX_WAITING", 2)
    files = FactFiles(folder=tmp_path, limit=10**6)
    for number in range(3):
        files.keep(ONE, fact(number))
    files.close()
    assert ids(tmp_path) == [["t0", "t1"]]
