"""The JSON Schema of policy files and rule files, for editors: what may stand where, with words for each parameter.

Made from the types that the files are read as, so that both change together.
"""

from dataclasses import fields
from typing import Any

from rules.detectors import BY_NAME
from rules.document import json_schema
from rules.policy import load_rule
from rules.policy_file import PolicyFile, RuleFile
from rules.reference import words_of
from rules.shipped import LIBRARY, library_rules

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def policy_schema() -> dict[str, Any]:
    """Of policy.yaml. Rules of the library are known with their parameters; a rule of one's own is any other name."""
    schema = {"$schema": DIALECT, **json_schema(PolicyFile)}
    definitions = schema["$defs"]
    use = definitions["RuleUse"]
    use["properties"]["use"] = {
        "anyOf": [{"enum": list(library_rules())}, {"type": "string", "pattern": "^[^/]+$"}],
        "description": "A rule of the library, or of a folder rules/ beside this file.",
    }
    use["properties"]["parameters"]["description"] = "What the rule lets you set, written over its own."
    use["allOf"] = [_parameters_of(name, definitions) for name in library_rules()]
    return schema


def rule_schema() -> dict[str, Any]:
    """Of rule.yaml in a folder of one's own."""
    schema = {"$schema": DIALECT, **json_schema(RuleFile)}
    for key in ("detector", "unless"):
        schema["properties"][key] = {"enum": sorted(BY_NAME)}
    schema["properties"]["also"]["items"] = {"enum": sorted(BY_NAME)}
    return schema


def _parameters_of(rule: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """What `parameters` may hold where `use` names this rule; types that they share are added to the definitions."""
    properties: dict[str, Any] = {}
    for probe in load_rule(LIBRARY / rule).probes:
        detector = BY_NAME[probe.detector]
        found = json_schema(detector.parameters)
        definitions.update(found.get("$defs", {}))
        said = {item.name: item.says for item in words_of(detector).parameters}
        for item in fields(detector.parameters):
            words = {"description": said[item.name]} if said[item.name] else {}
            properties.setdefault(item.name, found["properties"][item.name] | words)
    return {
        "if": {"properties": {"use": {"const": rule}}, "required": ["use"]},
        "then": {"properties": {"parameters": {"properties": properties, "additionalProperties": False}}},
    }
