"""`mailward doctor`: its words, its lines for scripts, its exit codes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import gateway.cli.doctor
from gateway.cli import main
from gateway.doctor import Finding
from gateway.doctor.note import advice, good, unsafe

GOOD = Finding(check="space", note=good("12 GiB are free"))
ADVICE = Finding(check="clock", note=advice("not synchronised", "apt install chrony"))
UNSAFE = Finding(check="next hops", note=unsafe("mx\x1b[2J\u202e answers nothing", "start it"))


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *findings: Finding, options: tuple[str, ...] = ()) -> Result:
    (folder / "mailward.yaml").write_text("")
    monkeypatch.setattr(gateway.cli.doctor, "examine", lambda _: iter(findings))
    return CliRunner().invoke(main, ["doctor", "-c", str(folder / "mailward.yaml"), *options])


def test_advice_is_no_failure_and_comes_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = run(monkeypatch, tmp_path, GOOD, ADVICE)
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            "ok      space: 12 GiB are free",
            "note    clock: not synchronised",
            "        apt install chrony",
            "0 unsafe, 1 to consider, 1 good",
        ],
    )


def test_anything_unsafe_ends_with_1_and_is_escaped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = run(monkeypatch, tmp_path, UNSAFE, GOOD)
    assert (result.exit_code, result.stdout.splitlines()[0]) == (
        1,
        "UNSAFE  next hops: mx\\x1b[2J\\u202e answers nothing",
    )


def test_scripts_get_one_object_a_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = run(monkeypatch, tmp_path, GOOD, UNSAFE, options=("--json",))
    first, second = map(json.loads, result.stdout.splitlines())
    assert (result.exit_code, second["grade"]) == (1, "unsafe")
    assert first == {"check": "space", "grade": "good", "says": "12 GiB are free", "remedy": ""}


def test_a_configuration_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["doctor", "-c", str(tmp_path / "none.yaml")]).exit_code == 2
