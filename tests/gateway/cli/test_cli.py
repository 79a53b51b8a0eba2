"""The program: commands are imported when they are asked for, and errors end it as scripts expect."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from gateway.cli import LazyGroup, main
from quarantine.ports import StoreUnavailable

ROOT = Path(__file__).parents[3]


def test_help_imports_nothing_that_judges() -> None:
    """Start-up is what completion and scripts pay each time; pydantic alone is twice the rest."""
    program = (
        "import sys; from gateway.cli import main; main(['--help'], standalone_mode=False);"
        "print(sorted({'pydantic', 'sqlalchemy', 're2', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_version_is_told_or_its_absence_explained() -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert result.stdout.startswith("mailward ") or "not installed" in str(result.exception)


@pytest.mark.parametrize("letters", ["latin-1", "ascii", "utf-8"])
def test_a_terminal_without_some_letter_ends_no_command(letters: str) -> None:
    """The reference has signs that Latin-1 lacks, and so have subjects."""
    done = subprocess.run(
        [sys.executable, "-c", "from gateway.cli import main; main(['policy', 'docs'])"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": letters},
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(("error", "code"), [(StoreUnavailable("disk full"), 75), (KeyError("ours"), 1)])
def test_what_can_be_waited_out_is_told_apart_from_our_own_mistakes(
    monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    @click.command()
    def broken() -> None:
        raise error

    monkeypatch.setattr(LazyGroup, "get_command", lambda *_: broken)
    result = CliRunner().invoke(main, ["config"])
    assert result.exit_code == code
    assert (result.stderr != "") == (code == 75)
