"""The schema for editors knows what the loader knows."""

from typing import Any

import pytest

from rules.document import json_schema
from rules.policy import load_rule
from rules.policy_file import PolicyFile, RuleFile
from rules.schema import policy_schema, rule_schema
from rules.shipped import LIBRARY, library_rules


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return policy_schema()


def parameters_of(schema: dict[str, Any], rule: str) -> dict[str, Any]:
    cases = schema["$defs"]["RuleUse"]["allOf"]
    (found,) = [case for case in cases if case["if"]["properties"]["use"]["const"] == rule]
    parameters: dict[str, Any] = found["then"]["properties"]["parameters"]
    return parameters


def test_it_has_every_key_of_the_files(schema: dict[str, Any]) -> None:
    assert set(schema["properties"]) == set(json_schema(PolicyFile)["properties"])
    assert set(rule_schema()["properties"]) == set(json_schema(RuleFile)["properties"])
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("name", library_rules())
def test_it_knows_the_parameters_of_each_rule(schema: dict[str, Any], name: str) -> None:
    known = parameters_of(schema, name)
    fields = {item for probe in load_rule(LIBRARY / name).probes for item in type(probe.parameters).__annotations__}
    assert set(known["properties"]) == fields
    assert known["additionalProperties"] is False


def test_a_parameter_has_its_words(schema: dict[str, Any]) -> None:
    share = parameters_of(schema, "organization-wide")["properties"]["share"]
    assert (share["type"], share["description"][:18]) == ("number", "Half of the staff:")


@pytest.mark.parametrize("name", library_rules())
def test_a_threshold_is_one_that_a_score_can_reach(schema: dict[str, Any], name: str) -> None:
    found = parameters_of(schema, name)["properties"].get("threshold")
    assert found is None or (found["exclusiveMinimum"], found["maximum"]) == (0, 1)


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    for one in (schema, rule_schema()):
        assert set(_references(one)) <= {f"#/$defs/{name}" for name in one.get("$defs", {})}


def _references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [found for value in part.values() for found in _references(value)]
    return [found for item in part for found in _references(item)] if isinstance(part, list) else []


def test_a_rule_of_ones_own_is_any_name_without_a_slash(schema: dict[str, Any]) -> None:
    names = schema["$defs"]["RuleUse"]["properties"]["use"]["anyOf"]
    assert names[0]["enum"] == list(library_rules()) and names[1]["pattern"] == "^[^/]+$"
