"""`mailward policy schema` and `docs`: the schema and the words of the code."""

import json

from click.testing import CliRunner, Result

from gateway.cli import main
from rules.detectors import BY_NAME


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["policy", *arguments])


def test_the_schema_of_a_rule_file() -> None:
    assert json.loads(run("schema", "--rule").stdout)["properties"]["detector"]["enum"] == sorted(BY_NAME)


def test_one_detector_alone_and_as_json() -> None:
    assert run("docs", "fundraising").stdout.startswith("### fundraising\n")
    (found,) = map(json.loads, run("docs", "fundraising", "--json").stdout.splitlines())
    assert [item["name"] for item in found["parameters"]] == ["threshold", "phrases", "sponsored"]
    assert len(run("docs", "--json").stdout.splitlines()) == len(BY_NAME)


def test_an_unknown_detector_is_wrong_usage() -> None:
    result = run("docs", "nothing")
    assert (result.exit_code, result.stderr[:21]) == (2, "nothing: no detector;")
