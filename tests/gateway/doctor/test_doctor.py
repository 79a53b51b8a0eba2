"""All checks together: a fault of one hides no other, and a bad configuration still has its machine examined."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import gateway.doctor
from gateway.doctor import CONFIGURED, MACHINE, Check, Grade, examine
from gateway.doctor.note import Note, good


def test_every_check_has_a_name_of_its_own() -> None:
    names = [name for name, _ in MACHINE] + [check.name for check in CONFIGURED]
    assert len(names) == len(set(names))


def test_a_configuration_with_faults_has_the_machine_examined_and_no_more(config_file: Callable[..., Path]) -> None:
    found = list(examine(config_file("unknown_key: 1\nother: 2\n")))
    told = [finding.note for finding in found if finding.check == "configuration"]
    assert {note.grade for note in told} == {Grade.UNSAFE} and len(told) == 2
    assert {finding.check for finding in found} == {"configuration", *(name for name, _ in MACHINE)}


def test_a_check_that_fails_is_unsafe_and_takes_no_other_with_it(
    config_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> Iterator[Note]:
        yield good("the first half")
        raise ZeroDivisionError("half-way")

    checks = (Check(name="broken", run=broken), Check(name="sound", run=lambda _: (good("fine"),)))
    monkeypatch.setattr(gateway.doctor, "CONFIGURED", checks)
    found = [(finding.check, finding.note) for finding in examine(config_file())]
    assert [(name, note.grade) for name, note in found[-3:]] == [
        ("broken", Grade.GOOD),
        ("broken", Grade.UNSAFE),
        ("sound", Grade.GOOD),
    ]
    assert "ZeroDivisionError: half-way" in found[-2][1].says


def test_every_check_can_be_asked_on_this_machine(config_file: Callable[..., Path], tmp_path: Path) -> None:
    """The real ones, once; whether the disk under the tests is a safe one is the machine's affair."""
    (tmp_path / "state").mkdir(mode=0o700)
    found = list(examine(config_file()))
    assert {finding.check for finding in found} == {"configuration", *_names()}
    assert not [finding for finding in found if finding.note.says.startswith("could not be checked")]
    assert {finding.check for finding in found if finding.note.grade is Grade.UNSAFE} <= {"file system", "space"}


def _names() -> set[str]:
    return {name for name, _ in MACHINE} | {check.name for check in CONFIGURED}
