"""`mailward serve`: hands the configuration to the supervisor and ends with its code."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main


@pytest.mark.parametrize("code", [0, 1])
def test_it_ends_as_the_supervisor_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    asked: list[Path] = []

    def supervise(path: Path) -> int:
        asked.append(path)
        return code

    monkeypatch.setattr("gateway.supervisor.supervise", supervise)
    (tmp_path / "mailward.yaml").touch()
    assert CliRunner().invoke(main, ["serve", "-c", str(tmp_path / "mailward.yaml")]).exit_code == code
    assert asked == [tmp_path / "mailward.yaml"]


def test_a_bad_configuration_ends_it_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "mailward.yaml").write_text("domains: 1\n")
    assert CliRunner().invoke(main, ["serve", "-c", str(tmp_path / "mailward.yaml")]).exit_code == 1
