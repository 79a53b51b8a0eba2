"""Where held mail is kept: what kind of disk, whose, how full, and how fast a write lasts."""

import os
import shutil
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway.clock_watch import note
from gateway.config import Config
from gateway.doctor import storage
from gateway.doctor.note import Grade, Note
from gateway.doctor.storage import (
    AHEAD,
    check_clock_steps,
    check_durability,
    check_file_system,
    check_permissions,
    check_space,
    mount_of,
)
from gateway.smtp.spool import SPOOL_BUDGET

MOUNTS = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw,errors=remount-ro
30 22 0:40 / /var rw,noexec - xfs /dev/sdb rw,nobarrier
31 30 0:41 / /var/lib/mail\\040ward rw - nfs4 filer:/x rw,vers=4.2
32 22 0:42 / /run rw,nosuid - tmpfs tmpfs rw,mode=755
33 22 0:43 / /variety ro - overlay overlay ro
34 31 0:44 / /var/lib/mail\\040ward rw,noexec - ext4 /dev/sdc rw
"""
Grades = Callable[[Iterable[Note]], set[Grade]]


@pytest.mark.parametrize(
    ("path", "point", "kind"),
    [
        ("/etc/x", "/", "ext4"),
        ("/var/log", "/var", "xfs"),
        ("/var", "/var", "xfs"),
        ("/variety/a", "/variety", "overlay"),
        ("/var/lib/mail ward/content", "/var/lib/mail ward", "ext4"),  # the later of two over one another
    ],
)
def test_a_path_lies_on_the_deepest_mount_above_it(path: str, point: str, kind: str) -> None:
    mount = mount_of(Path(path), MOUNTS)
    assert (mount.point, mount.kind) == (point, kind)


@pytest.mark.parametrize(
    ("kind", "options", "grades", "word"),
    [
        ("ext4", "rw,noexec", [Grade.GOOD], "is on ext4"),
        ("ext4", "rw", [Grade.GOOD, Grade.ADVICE], "could be run"),
        ("nfs4", "rw,noexec", [Grade.UNSAFE], "network file system"),
        ("tmpfs", "rw,noexec", [Grade.UNSAFE], "a restart empties"),
        ("overlay", "rw,noexec", [Grade.ADVICE], "container"),
        ("xfs", "rw,noexec,nobarrier", [Grade.GOOD, Grade.UNSAFE], "without barriers"),
        ("xfs", "ro,noexec", [Grade.GOOD, Grade.UNSAFE], "read-only"),
    ],
)
def test_the_file_system_must_keep_what_was_promised(
    kind: str,
    options: str,
    grades: list[Grade],
    word: str,
    configured: Callable[..., Config],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "mounts").write_text(f"22 1 8:1 / / {options} - {kind} /dev/sda1 rw\n")
    monkeypatch.setattr(storage, "MOUNTS", tmp_path / "mounts")
    notes = list(check_file_system(configured()))
    assert [note.grade for note in notes] == grades
    assert word in notes[-1].says


class Usage(NamedTuple):
    free: int


@pytest.mark.parametrize(
    ("free", "grade"),
    [
        (SPOOL_BUDGET, Grade.GOOD),
        (SPOOL_BUDGET - 1, Grade.ADVICE),
        (1024 * 1024, Grade.ADVICE),
        (1024 * 1024 - 1, Grade.UNSAFE),
    ],
)
def test_room_for_mail_on_its_way(
    free: int, grade: Grade, configured: Callable[..., Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free))
    config = configured("limits: {message_octets: 1048576}\n")
    assert [note.grade for note in check_space(config)] == [grade]


def state(config: Config) -> Path:
    (config.state / "content").mkdir(parents=True)
    (config.state / "content" / "a.z").touch(0o600)
    for folder in (config.state, config.state / "content"):
        folder.chmod(0o700)
    return config.state


@pytest.mark.parametrize(
    ("place", "mode", "grade"),
    [
        ("content/a.z", 0o600, Grade.GOOD),
        ("content/a.z", 0o604, Grade.UNSAFE),
        ("content/a.z", 0o640, Grade.UNSAFE),
        ("content", 0o710, Grade.UNSAFE),
        (".", 0o701, Grade.UNSAFE),
    ],
)
def test_nobody_else_reads_held_mail(
    place: str, mode: int, grade: Grade, configured: Callable[..., Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configured()
    (state(config) / place).chmod(mode)
    monkeypatch.setattr(storage, "ROOT", -1)
    (note,) = check_permissions(config)
    assert note.grade is grade
    assert grade is Grade.GOOD or str(config.state / place) in note.says


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_account_is_told(configured: Callable[..., Config]) -> None:
    config = configured()
    os.chown(state(config) / "content" / "a.z", 12_345, 12_345)
    note, root = check_permissions(config)
    assert root.grade is Grade.ADVICE and root.says.endswith("belongs to root")
    assert note.grade is Grade.UNSAFE and "a.z belong to another account" in note.says


def test_a_state_folder_that_is_not_there_yet_is_no_danger(configured: Callable[..., Config], grades: Grades) -> None:
    config = configured()
    checks = (check_permissions, check_durability, check_clock_steps)
    assert set().union(*(grades(check(config)) for check in checks)) <= {Grade.ADVICE}


def test_a_durable_write_leaves_nothing(configured: Callable[..., Config], monkeypatch: pytest.MonkeyPatch) -> None:
    config = configured()
    before = sorted(state(config).rglob("*"))
    monkeypatch.setattr(storage, "SLOW_SYNC", 60.0)
    assert [note.grade for note in check_durability(config)] == [Grade.GOOD]
    monkeypatch.setattr(storage, "SLOW_SYNC", 0.0)
    assert [note.grade for note in check_durability(config)] == [Grade.ADVICE]
    assert sorted(config.state.rglob("*")) == before


def test_a_disk_that_does_not_sync_is_unsafe(
    configured: Callable[..., Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: int) -> None:
        raise OSError(5, "Input/output error")

    config = configured()
    state(config)
    monkeypatch.setattr(os, "fsync", fails)
    (note,) = check_durability(config)
    assert note.grade is Grade.UNSAFE and "Input/output error" in note.says


@pytest.mark.parametrize(("ahead", "grade"), [(AHEAD - 60, Grade.GOOD), (AHEAD + 60, Grade.UNSAFE)])
def test_a_clock_set_back_shows_in_what_is_kept(ahead: float, grade: Grade, configured: Callable[..., Config]) -> None:
    config = configured()
    then = time.time() + ahead
    os.utime(state(config) / "content" / "a.z", (then, then))
    assert [note.grade for note in check_clock_steps(config)] == [grade]


def test_a_step_of_the_clock_that_the_keeper_saw_is_told(configured: Callable[..., Config]) -> None:
    config = configured()
    state(config)
    note(config.state, datetime.now(UTC) - timedelta(days=3))
    assert [one.grade for one in check_clock_steps(config)] == [Grade.ADVICE, Grade.GOOD]
