"""`mailward config`: every fault with its place, every value with where it came from."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main

SMALL = """domains: [city.example]
listeners:
  - name: inside
    kind: internal
    next_hop: exchange
next_hops:
  - name: exchange
    host: 127.0.0.1
    port: 2526
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["config", *map(str, arguments)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "mailward.yaml").write_text(SMALL)
    return tmp_path / "mailward.yaml"


def test_a_sound_configuration_is_checked_with_its_policy_and_directory(file: Path) -> None:
    (file.parent / "staff.csv").write_text("address,groups\nann@city.example,clerks@city.example\n")
    file.write_text(SMALL + "directory: staff.csv\n")
    lines = run("check", "-c", file).stdout.splitlines()
    assert lines[0] == f"{file}: no fault"
    assert lines[1].startswith("policy: city-baseline, ")
    assert lines[2] == "directory: 1 person, 1 group"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SMALL.replace("2526", "smtp"), "mailward.yaml:9:11: next_hops.0.port: a valid integer, not 'smtp'"),
        (SMALL + "directory: none.csv\n", "none.csv:1:1: cannot be read: No such file or directory"),
        (SMALL + "policy: ours\n", "ours/policy.yaml:1:1: rules: required, and missing"),
    ],
)
def test_a_fault_ends_with_1_and_names_the_file_it_stands_in(file: Path, text: str, expected: str) -> None:
    (file.parent / "ours").mkdir()
    (file.parent / "ours" / "policy.yaml").write_text("policy: ours\ntitle: Ours\nclauses: {}\n")
    file.write_text(text)
    result = run("check", "-c", file)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{file.parent}/{expected}\n")


def test_a_certificate_that_is_not_there_is_a_fault(file: Path) -> None:
    file.write_text(SMALL + "    tls_ca: ca.pem\n")
    result = run("check", "-c", file)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{file}:10:13: next_hops.0.tls_ca: ")


def test_every_value_is_shown_with_its_origin(file: Path) -> None:
    lines = run("show", "-c", file, "--json").stdout.splitlines()
    shown = {item["key"]: (item["value"], item["from"]) for item in map(json.loads, lines)}
    assert shown["domains"] == (["city.example"], f"{file}:1")
    assert shown["next_hops.0.port"] == (2526, f"{file}:9")
    assert shown["next_hops.0.connections"] == (16, "default")
    assert shown["listeners.0.networks"] == (["127.0.0.0/8", "::1/128"], "default")
    assert shown["digest.at"] == ("06:00:00", "default")
    assert shown["limits.recipients"] == (1000, "default")


def test_people_read_a_table(file: Path) -> None:
    lines = run("show", "-c", file).stdout.splitlines()
    assert lines[0].split() == ["key", "value", "from"]
    assert any(line.split() == ["next_hops.0.port", "2526", f"{file}:9"] for line in lines)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = run("show", "-c", tmp_path / "none.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "none.yaml: no such configuration" in result.stderr


def test_check_tells_scripts_policy_directory_and_faults(file: Path) -> None:
    sound = run("check", "-c", file, "--json")
    found = json.loads(sound.stdout)
    assert (sound.exit_code, found["policy"]["name"], found["directory"], found["faults"]) == (
        0,
        "city-baseline",
        None,
        [],
    )
    file.write_text(SMALL.replace("2526", "smtp"))
    bad = run("check", "-c", file, "--json")
    (fault,) = json.loads(bad.stdout)["faults"]
    assert (bad.exit_code, fault["line"], fault["where"]) == (1, 9, "next_hops.0.port")


def test_a_bad_policy_hides_neither_certificate_nor_directory(file: Path) -> None:
    (file.parent / "ours").mkdir()
    (file.parent / "ours" / "policy.yaml").write_text("policy: ours\ntitle: Ours\nclauses: {}\n")
    file.write_text(SMALL + "    tls_ca: ca.pem\npolicy: ours\ndirectory: none.csv\n")
    told = run("check", "-c", file).stderr
    assert [name for name in ("tls_ca", "rules: required", "none.csv") if name not in told] == []
