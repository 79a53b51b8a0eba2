"""The short, repeatable part of fuzzing: each target with its kept seeds and some damage to them, in a process apart.

The long part, guided by coverage, is `make fuzz`.
"""

import ctypes
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rules.detectors import BY_NAME as BY_DETECTOR
from rules.reading.budget import LimitExceeded
from tests.fuzz import reading_targets
from tests.fuzz.child import tried
from tests.fuzz.mutation import mutant
from tests.fuzz.targets import BY_NAME, TARGETS

ROOT = Path(__file__).parents[2]
INPUTS = 150  # of each target, kept seeds counted: some ten seconds for all of them


@pytest.fixture(scope="module")
def wrong() -> dict[str, str]:
    """What went wrong, by target: the number of the input and how it ended."""
    command = [sys.executable, "-m", "tests.fuzz.child", "0", str(INPUTS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return {answer["target"]: f"input {answer['number']}: {answer['how']}" for answer in answers}


@pytest.mark.timeout(700)  # the first one waits for all
@pytest.mark.parametrize("name", [target.name for target in TARGETS])
def test_a_typed_result_or_our_own_error(wrong: dict[str, str], name: str) -> None:
    assert name not in wrong, (
        f"{wrong[name]}\nAgain: python -m tests.fuzz.child NUMBER NUMBER+1 {name}; its octets: mutant() of the target"
    )


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_every_target_has_seeds_and_they_stay_below_the_limit(target) -> None:
    seeds = target.seeds()
    assert seeds and len(seeds) < INPUTS


def test_the_same_number_is_the_same_damage() -> None:
    seeds = {"a": b"From: ann@city.example\r\n\r\n" * 40, "b": bytes(range(256))}
    mutants = [mutant(seeds, (b"word",), number) for number in range(200)]
    assert mutants == [mutant(seeds, (b"word",), number) for number in range(200)]
    assert mutants[:2] == [seeds["a"], seeds["b"]]
    assert len(set(mutants)) > 190


# What must be found, planted: each of these would otherwise pass for a target that is in order.


def test_an_error_that_is_not_ours_is_found() -> None:
    found = tried(lambda octets: [1, 2][octets[0]], lambda number: bytes([number]), range(5))
    assert found is not None and found["number"] == 2 and "IndexError" in str(found["how"])


def test_a_crash_of_a_library_is_told_with_its_input() -> None:
    def run(octets: bytes) -> None:
        if octets == b"3":
            ctypes.string_at(0)

    found = tried(run, lambda number: str(number).encode(), range(5))
    assert found == {"number": 3, "how": "signal 11: Segmentation fault"}


def test_an_input_that_takes_too_long_is_found(monkeypatch) -> None:
    monkeypatch.setattr("tests.fuzz.child.CPU_SECONDS", 0.2)

    def run(octets: bytes) -> None:
        while octets == b"1":
            time.process_time()

    found = tried(run, lambda number: str(number).encode(), range(3))
    assert found is not None and found["number"] == 1 and "signal 27" in str(found["how"])


def test_an_input_that_takes_too_much_memory_is_found() -> None:
    found = tried(lambda octets: bytes(4 * 1024**3 * octets[0]), lambda number: bytes([number]), range(3))  # type: ignore
    assert found is not None and found["number"] == 1 and "MemoryError" in str(found["how"])


def test_what_ends_quietly_is_found() -> None:
    found = tried(lambda octets: os._exit(0), lambda number: b"", range(7, 8))
    assert found == {"number": 7, "how": "ended with 0"}


def test_a_reader_that_raises_is_found_by_its_target(monkeypatch) -> None:
    def raising(*_: object) -> None:
        raise KeyError("planted")

    monkeypatch.setattr("tests.fuzz.reading_targets.unpack", raising)
    with pytest.raises(KeyError):
        BY_NAME["zip"].run(next(iter(BY_NAME["zip"].seeds().values())))


def test_more_than_the_limit_is_found(monkeypatch) -> None:
    """A reader that forgets to count what comes out."""
    monkeypatch.setattr("rules.reading.budget.Meter.octets", lambda self, count: None)
    monkeypatch.setattr(reading_targets, "LIMITS", reading_targets.Limits(unpacked=10))
    with pytest.raises(AssertionError, match="came out"):
        BY_NAME["zip"].run(BY_NAME["zip"].seeds()["two-files"])


def test_a_limit_without_words_is_found(monkeypatch) -> None:
    def silent(*_: object) -> None:
        raise LimitExceeded("")

    monkeypatch.setattr(reading_targets, "unpack", silent)
    with pytest.raises(AssertionError, match="without words"):
        reading_targets.part(b"PK\3\4")


def test_a_failing_detector_is_found(monkeypatch) -> None:
    def failing(*_: object) -> None:
        raise RuntimeError("planted")

    detectors = {name: type("Planted", (), {"detect": staticmethod(failing)}) for name in BY_DETECTOR}
    monkeypatch.setattr("rules.engine.BY_NAME", detectors)
    with pytest.raises(AssertionError, match="a detector failed"):
        BY_NAME["message"].run(b"Subject: minutes\r\n\r\nSee you on Monday.\r\n")
