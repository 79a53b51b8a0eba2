"""What was given up is known again by its content, and the oldest is forgotten first."""

import os
from pathlib import Path

import pytest

from gateway.given_up import KEEP_SECONDS, GivenUp


async def test_the_same_content_is_known_again_with_its_reason() -> None:
    given_up = GivenUp()
    await given_up.remember(b"a killer", "it took too long")
    assert await given_up.reason(b"a killer") == "it took too long"


async def test_another_content_is_not_known_even_of_the_same_size() -> None:
    given_up = GivenUp()
    await given_up.remember(b"a killer", "it took too long")
    assert await given_up.reason(b"a miller") is None
    assert await given_up.reason(b"") is None


async def test_the_oldest_is_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.given_up.MOST", 2)
    given_up = GivenUp()
    for content in (b"1", b"1", b"2"):
        await given_up.remember(content, "of two")
    assert await given_up.reason(b"1") == "of two"
    await given_up.remember(b"3", "the third")
    assert [await given_up.reason(content) for content in (b"1", b"2", b"3")] == [None, "of two", "the third"]


async def test_other_processes_know_it_too_and_so_does_the_next_start(tmp_path: Path) -> None:
    one, other = GivenUp(tmp_path / "given-up"), GivenUp(tmp_path / "given-up")
    assert await other.reason(b"a killer") is None
    await one.remember(b"a killer", "it took too long")
    assert await other.reason(b"a killer") == "it took too long"
    assert await GivenUp(tmp_path / "given-up").reason(b"a killer") == "it took too long"
    assert await other.reason(b"a miller") is None


async def test_after_its_time_it_is_read_again(tmp_path: Path) -> None:
    await GivenUp(tmp_path).remember(b"a killer", "it took too long")
    (file,) = tmp_path.iterdir()
    kept = file.stat().st_mtime - KEEP_SECONDS
    os.utime(file, (kept + 60, kept + 60))
    assert await GivenUp(tmp_path).reason(b"a killer") == "it took too long"
    os.utime(file, (kept - 60, kept - 60))
    assert await GivenUp(tmp_path).reason(b"a killer") is None
    assert not list(tmp_path.iterdir())


async def test_strange_files_are_passed_over(tmp_path: Path) -> None:
    for name in ("x", "5-abc", "-" + "0" * 64):
        (tmp_path / name).write_text("reason")
    (tmp_path / f"1-{'0' * 64}").mkdir()
    assert await GivenUp(tmp_path).reason(b"x") is None


async def test_a_full_disk_only_costs_the_memory_of_others(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    given_up = GivenUp(tmp_path / "file")
    await given_up.remember(b"a killer", "it took too long")
    assert await given_up.reason(b"a killer") == "it took too long"
