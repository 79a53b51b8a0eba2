"""A list that lost most of its people stays out until somebody says so; another policy comes with a record."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.config import Config, load_config
from gateway.snapshot import take
from gateway.staff_list import Refused
from gateway.taking import (
    POLICY_ACT,
    STAFF_ACT,
    check_staff,
    record_policy,
    record_policy_at_start,
    staff_at_start,
)
from quarantine.audit import folder_of, records
from quarantine.ports import StoreUnavailable
from rules.directory_file import load_directory
from rules.policy import load_policy
from rules.shipped import find_policy

TEN = "address\n" + "".join(f"p{number}@city.example\n" for number in range(10))
ONE = "address\np0@city.example\n"


@pytest.fixture
def config(config_file: Callable[..., Path], tmp_path: Path) -> Config:
    (tmp_path / "staff.csv").write_text(TEN)
    return load_config(config_file("directory: staff.csv\n"))


def people(config: Config) -> int:
    return len(load_directory(config.directory, frozenset(config.domains)).people)


def acts(config: Config, act: str) -> list[str]:
    return [f"{one.by}: {one.reason}" for one in records(folder_of(config.state)) if one.act == act]


def test_a_list_that_has_lost_most_of_its_people_is_refused_at_reload(config: Config, tmp_path: Path) -> None:
    in_force = take(config)
    (tmp_path / "staff.csv").write_text("".join(TEN.splitlines(keepends=True)[:9]))
    check_staff(config, in_force)
    (tmp_path / "staff.csv").write_text(ONE)
    with pytest.raises(Refused, match=r"staff\.csv: 1 person, and there were 10.* mailward directory accept"):
        check_staff(config, in_force)
    check_staff(replace(config, directory=None), in_force)


def test_a_start_goes_on_with_the_list_before_it(
    config: Config, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A machine starts again by itself, and then nobody is there to have meant it."""
    (tmp_path / "staff.csv").write_text(ONE)
    assert staff_at_start(config) == config  # the first start: there was none before
    (tmp_path / "staff.csv").write_text(TEN)
    take(config)
    (tmp_path / "staff.csv").write_text(ONE)
    started = staff_at_start(config)
    assert people(started) == 10
    assert "the staff list of before stays in force" in caplog.text
    take(started)
    assert people(staff_at_start(config)) == 10  # and the next start too


def test_what_somebody_has_accepted_is_taken_at_reload_and_at_start(config: Config, tmp_path: Path) -> None:
    in_force = take(config)
    (tmp_path / "staff.csv").write_text(ONE)
    told = CliRunner().invoke(
        main,
        ["directory", "accept", "-c", str(tmp_path / "mailward.yaml"), "--reason", "water works left", "--by", "it"],
    )
    assert told.exit_code == 0 and "1 person, accepted" in told.output
    check_staff(config, in_force)
    assert people(staff_at_start(config)) == 1
    assert acts(config, STAFF_ACT) == ["it: water works left"]
    (tmp_path / "staff.csv").write_text(ONE.replace("p0", "p1"))  # another list is not what was accepted
    with pytest.raises(Refused):
        check_staff(config, in_force)


def test_nobody_and_nothing_in_force_cannot_be_accepted(config: Config, tmp_path: Path) -> None:
    ask = ["directory", "accept", "-c", str(tmp_path / "mailward.yaml"), "--reason", "so it is"]
    assert CliRunner().invoke(main, ask).exit_code == 2  # nothing in force
    take(config)
    (tmp_path / "staff.csv").write_text("address\n")
    assert CliRunner().invoke(main, ask).exit_code == 1
    assert acts(config, STAFF_ACT) == []


def test_another_policy_is_one_record_i13(config: Config) -> None:
    baseline, stamford = (load_policy(find_policy(name)).hash for name in ("city-baseline", "stamford-technology"))
    other = replace(config, policy="stamford-technology")
    for one in (config, config, other, other):
        record_policy(one)
    assert acts(config, POLICY_ACT) == [
        f"gateway: city-baseline {baseline}, before: none",
        f"gateway: stamford-technology {stamford}, before: city-baseline {baseline}",
    ]


def test_without_a_record_a_reload_changes_no_policy_and_a_start_is_told_i13(
    config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    config.state.mkdir(exist_ok=True)
    folder_of(config.state).write_text("in the way")
    with pytest.raises(StoreUnavailable):
        record_policy(config)
    record_policy_at_start(config)
    assert "not in the record" in caplog.text
    folder_of(config.state).unlink()
    record_policy(config)  # what could not be recorded is, later
    assert len(acts(config, POLICY_ACT)) == 1
