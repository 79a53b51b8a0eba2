"""`mailward directory`: what the list says as a whole and of one address; a list made anew from a real server."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from tests.ports import free_port

CSV = """address,name,department,groups,active,aliases
ann@city.example,Ann Lee,Clerk,all@city.example,yes,a.lee@city.example
bob@city.example,Bob,Works,all@city.example;works@city.example,no,
"""


def run(*arguments: str | Path):
    return CliRunner().invoke(main, ["directory", *map(str, arguments)])


@pytest.fixture
def config(config_file: Callable[..., Path], tmp_path: Path) -> Path:
    (tmp_path / "staff.csv").write_text(CSV)
    return config_file("directory: staff.csv")


def test_the_list_as_a_whole(config: Path) -> None:
    told = json.loads(run("show", "-c", config, "--json").stdout)
    assert (told["people"], told["active"], told["aliases"]) == (2, 1, 1)
    assert told["groups"] == {"all@city.example": 1, "works@city.example": 0}
    assert len(told["sha256"]) == 64
    text = run("show", "-c", config).stdout
    assert "2 people (1 active), 2 groups" in text
    assert text.index("all@city.example") < text.index("works@city.example")


@pytest.mark.parametrize("address", ["ann@city.example", "A.Lee@City.Example"])
def test_a_person_by_any_address(config: Path, address: str) -> None:
    assert run("show", "-c", config, address).stdout == "Ann Lee, Clerk: active\nbelongs to all@city.example\n"
    told = json.loads(run("show", "-c", config, "--json", address).stdout)
    assert (told["address"], told["groups"], told["members"]) == ("ann@city.example", ["all@city.example"], None)


def test_a_group_and_whom_it_reaches(config: Path) -> None:
    assert (
        run("show", "-c", config, "all@city.example").stdout
        == "all@city.example reaches 1 person\n  ann@city.example\n"
    )
    assert json.loads(run("show", "-c", config, "--json", "all@city.example").stdout)["members"] == ["ann@city.example"]


def test_who_is_not_there_and_no_list_at_all(config: Path, config_file: Callable[..., Path]) -> None:
    assert run("show", "-c", config, "eve@city.example").exit_code == 2
    assert run("show", "-c", config_file()).exit_code == 2
    assert run("sync", "-c", config_file()).exit_code == 2


def test_a_server_that_is_away_is_temporary_and_the_list_stays(
    config_file: Callable[..., Path], tmp_path: Path
) -> None:
    pytest.importorskip("bonsai", reason="the LDAP client bonsai is not installed")
    (tmp_path / "staff.csv").write_text(CSV)
    server = f"ldap: {{url: 'ldaps://127.0.0.1:{free_port()}', base: 'dc=city'}}"
    result = run("sync", "-c", config_file(f"directory: staff.csv\n{server}"))
    assert result.exit_code == 75
    assert (tmp_path / "staff.csv").read_text() == CSV


@pytest.mark.parametrize(
    ("ldap", "words"),
    [
        ("{url: 'ldap://dc1', base: x}", "sent in clear"),
        ("{url: 'https://dc1', base: x}", "ldaps://host, not"),
        ("{url: 'ldaps://dc1', base: x, bind_dn: y}", "bind_dn and password_file together"),
    ],
)
def test_a_server_that_cannot_be_meant_is_a_fault_of_the_configuration(
    config_file: Callable[..., Path], tmp_path: Path, ldap: str, words: str
) -> None:
    (tmp_path / "staff.csv").write_text(CSV)
    assert words in run("sync", "-c", config_file(f"directory: staff.csv\nldap: {ldap}")).output
    assert "a `directory` beside it" in run("sync", "-c", config_file(f"ldap: {ldap}")).output
