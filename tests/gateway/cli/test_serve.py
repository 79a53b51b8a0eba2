"""`mailward serve`: hands the configuration to the supervisor and ends with its code."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main


@pytest.mark.parametrize("code", [0, 1])
def test_it_ends_as_the_supervisor_ends(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    asked: list[Path] = []

    def supervise(path: Path) -> int:
        asked.append(path)
        return code

    monkeypatch.setattr("gateway.service.supervise", supervise)
    assert CliRunner().invoke(main, ["serve", "-c", "mailward.yaml"]).exit_code == code
    assert asked == [Path("mailward.yaml")]


def test_a_bad_configuration_ends_it_before_anything_runs(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["serve", "-c", str(tmp_path / "none.yaml")]).exit_code == 1
