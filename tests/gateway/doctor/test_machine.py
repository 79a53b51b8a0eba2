"""What the machine itself is asked."""

import resource
import subprocess
import sys
from collections.abc import Callable

import pytest

from gateway.config import Config
from gateway.doctor import machine
from gateway.doctor.machine import check_clock, check_versions, clock_state, descriptors_needed
from gateway.doctor.note import Grade


def test_versions_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    (note,) = check_versions()
    assert note.grade is Grade.GOOD and "SQLite 3." in note.says
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 36, 9))
    assert [note.grade for note in check_versions()] == [Grade.GOOD, Grade.UNSAFE]


@pytest.mark.parametrize(("state", "grade"), [(True, Grade.GOOD), (False, Grade.ADVICE), (None, Grade.ADVICE)])
def test_what_the_kernel_says_of_the_clock(state: bool | None, grade: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    assert clock_state() in (True, False, None)
    monkeypatch.setattr(machine, "clock_state", lambda: state)
    assert [note.grade for note in check_clock()] == [grade]


def test_open_files_are_counted_for_the_connections_allowed(configured: Callable[..., Config]) -> None:
    small, large = configured("limits: {connections: 10}\n"), configured("limits: {connections: 1000}\n")
    assert descriptors_needed(large) - descriptors_needed(small) == 2 * 990


@pytest.mark.parametrize(("short", "grade"), [(0, "good"), (1, "unsafe")])
def test_the_hard_limit_must_allow_them(short: int, grade: str, configured: Callable[..., Config]) -> None:
    """In a process of its own, for a hard limit cannot be raised again."""
    config = configured("limits: {connections: 10}\n")
    limit = descriptors_needed(config) - short
    program = (
        "import sys, resource; from pathlib import Path; from gateway.config import load_config\n"
        "from gateway.doctor.machine import check_descriptors\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({limit}, {limit}))\n"
        "print([note.grade.value for note in check_descriptors(load_config(Path(sys.argv[1])))])"
    )
    file = config.state.parent / "mailward.yaml"
    done = subprocess.run([sys.executable, "-c", program, file], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"['{grade}']"
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] != limit
