"""What judges mail is tried as the service uses it."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.config import DAY_SECONDS, Config
from gateway.doctor import judging
from gateway.doctor.judging import (
    STALE_DAYS,
    check_directory,
    check_identity,
    check_inspection,
    check_policy,
)
from gateway.doctor.note import Grade
from gateway.sandbox.layers import Layer, Refusal
from gateway.workers import InspectionUnavailable
from rules.shipped import find_policy
from rules.verdict import Inspected


def test_a_policy_with_faults_is_told_with_their_places(configured: Callable[..., Config], tmp_path: Path) -> None:
    assert [note.grade for note in check_policy(configured())] == [Grade.GOOD, Grade.ADVICE]
    (tmp_path / "policy.yaml").write_text("policy: p\ntitle: t\nclauses: {}\nrules: [{use: no-such-rule, cites: []}]\n")
    notes = list(check_policy(configured("policy: policy.yaml\n")))
    assert {note.grade for note in notes} == {Grade.UNSAFE}
    assert f"{tmp_path}/policy.yaml:4:" in notes[0].says


def test_mail_to_everybody_that_nobody_is_named_to_permit(configured: Callable[..., Config], tmp_path: Path) -> None:
    text = find_policy("city-baseline").read_text()
    use = "  - use: organization-wide\n"
    assert use in text
    (tmp_path / "policy.yaml").write_text(text.replace(use, f"{use}    approver: manager@city.example\n"))
    assert [note.grade for note in check_policy(configured("policy: policy.yaml\n"))] == [Grade.GOOD]
    _, note = check_policy(configured())
    assert note.says.startswith("organization-wide holds mail to everybody")


@pytest.mark.parametrize(("days", "grade"), [(STALE_DAYS - 1, Grade.GOOD), (STALE_DAYS + 1, Grade.ADVICE)])
def test_a_staff_list_grows_old(days: int, grade: Grade, configured: Callable[..., Config], tmp_path: Path) -> None:
    (tmp_path / "staff.csv").write_text("address,groups\nann@city.example,all@city.example\n")
    then = time.time() - days * DAY_SECONDS
    os.utime(tmp_path / "staff.csv", (then, then))
    (note,) = check_directory(configured("directory: staff.csv\n"))
    assert (note.grade, note.says) == (grade, f"1 person, 1 group, {days} days old")


def test_a_staff_list_with_faults_and_none_at_all(configured: Callable[..., Config], tmp_path: Path) -> None:
    assert [note.grade for note in check_directory(configured())] == [Grade.ADVICE]
    (tmp_path / "staff.csv").write_text("address\nann\n")
    (note,) = check_directory(configured("directory: staff.csv\n"))
    assert note.grade is Grade.UNSAFE and "staff.csv:2:" in note.says


def test_a_message_is_judged_in_a_worker(configured: Callable[..., Config]) -> None:
    """The real one; layers that this kernel refuses are advice."""
    notes = list(check_inspection(configured()))
    assert notes and {note.grade for note in notes} <= {Grade.GOOD, Grade.ADVICE}
    assert all("inspect" in note.says for note in notes)


@pytest.mark.parametrize(
    ("outcome", "grades"),
    [
        ((Inspected.FULLY, frozenset()), [Grade.GOOD]),
        ((Inspected.FULLY, frozenset({Refusal(layer=Layer.LANDLOCK, reason="no")})), [Grade.ADVICE]),
        ((Inspected.NOT, frozenset()), [Grade.UNSAFE]),
        (InspectionUnavailable("sandbox: required, and Landlock is missing"), [Grade.UNSAFE]),
    ],
)
def test_what_inspection_came_to(
    outcome: object, grades: list[Grade], configured: Callable[..., Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tried(_: Config) -> object:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(judging, "_tried", tried)
    assert [note.grade for note in check_inspection(configured())] == grades


def test_a_secret_that_others_can_read_is_unsafe(configured: Callable[..., Config], tmp_path: Path) -> None:
    assert [note.grade for note in check_identity(configured())] == [Grade.GOOD]
    (tmp_path / "stamp").write_text("a-secret-of-some-length-0123456789\n")
    for mode, grade in ((0o600, Grade.GOOD), (0o644, Grade.UNSAFE)):
        (tmp_path / "stamp").chmod(mode)
        config = configured("identity: {stamp_files: [stamp]}\n")
        assert [note.grade for note in check_identity(config)] == [grade]
