"""The checks that run before each commit run with the tests too."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = ("gateway", "quarantine", "rules", "tests", "deploy")


@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "--no-cache", *PLACES), ("ruff", "format", "--no-cache", "--check", *PLACES), ("mypy",)],
    ids=["lint", "format", "types"],
)
def test_checks(command: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
