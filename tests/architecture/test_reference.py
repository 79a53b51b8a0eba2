"""What is made from the code and kept in the repository is what the code says now; `make docs` makes it anew."""

from pathlib import Path

from click.testing import CliRunner

from gateway.cli import main

DEPLOY = Path(__file__).parents[2] / "deploy"


def printed(command: str) -> str:
    return CliRunner().invoke(main, ["policy", command]).stdout


def test_the_schema_in_the_repository_is_the_one_printed() -> None:
    assert (DEPLOY / "policy.schema.json").read_text() == printed("schema"), "run: make docs"


def test_the_reference_in_the_repository_is_the_one_printed() -> None:
    assert (DEPLOY / "detectors.md").read_text() == printed("docs"), "run: make docs"
