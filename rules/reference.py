"""The reference of detectors, their parameters and the rules of the library, made from the code that runs.

What is said of a parameter is the comment at its field, above or behind it, or the docstring of its `Parameters`.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from types import ModuleType
from typing import Any, get_args, get_type_hints

from rules.detectors import DETECTORS, Detector
from rules.policy import Rule, load_rule
from rules.shipped import LIBRARY, library_rules

WIDTH = 120  # characters of a line
MAX_DEFAULT = 100  # characters of a default value that are shown

_TYPES = {str: "text", float: "number", int: "whole number", bool: "true or false"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterWords:
    """One parameter: what it takes, what it is when left out, and what it does."""

    name: str
    takes: str
    default: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorWords:
    """One detector: `says` is its module's docstring, `about` that of its parameters."""

    name: str
    says: str
    about: str
    parameters: tuple[ParameterWords, ...]


def words_of(detector: Detector) -> DetectorWords:
    """What the code says of one detector."""
    module = inspect.getmodule(detector.detect)
    assert module is not None
    comments = _comments(module)
    hints = get_type_hints(detector.parameters)
    return DetectorWords(
        name=detector.name,
        says=_one_line(module.__doc__ or ""),
        about=_docstring(detector.parameters),
        parameters=tuple(
            ParameterWords(
                name=item.name,
                takes=_takes(hints[item.name]),
                default=_default(item.default),
                says=comments.get(item.name, ""),
            )
            for item in fields(detector.parameters)
        ),
    )


def reference() -> str:
    """The whole reference in Markdown."""
    parts = [
        "# Detectors and rules",
        "",
        *_wrapped(
            "Made from the code by `mailward policy docs`. A detector reports what it sees, with a score from 0 to 1; "
            "a rule of the library is a detector with parameters; a policy says which rules enforce which clause. "
            "Parameters are set under `parameters:` of a rule's entry in a policy."
        ),
        "",
        "## Rules of the library",
        "",
        "| rule | detector | action | class | what it is about |",
        "|---|---|---|---|---|",
        *(_rule_row(load_rule(LIBRARY / name)) for name in library_rules()),
        "",
        "## Detectors",
        *(line for detector in DETECTORS for line in _detector_lines(words_of(detector))),
    ]
    return "\n".join(parts) + "\n"


def detector_reference(detector: Detector) -> str:
    """The part about one detector."""
    return "\n".join(list(_detector_lines(words_of(detector)))[1:]) + "\n"


def _rule_row(rule: Rule) -> str:
    asked = rule.when.detector
    if rule.also:
        asked += " with " + " or ".join(dict.fromkeys(probe.detector for probe in rule.also))
    if rule.unless:
        asked += f" unless {rule.unless.detector}"
    return f"| `{rule.name}` | {asked} | {rule.action.value} | {rule.kind.value} | {rule.title} |"


def _detector_lines(words: DetectorWords) -> Iterator[str]:
    yield from ("", f"### {words.name}", "", *_wrapped(words.says))
    if words.about:
        yield from ("", *_wrapped(words.about))
    if words.parameters:
        yield from ("", "| parameter | takes | left out | what it does |", "|---|---|---|---|")
    for item in words.parameters:
        yield f"| `{item.name}` | {item.takes} | {item.default} | {item.says.replace('|', chr(92) + '|')} |"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _docstring(parameters: type[Any]) -> str:
    """Its own, else that of what it is made from; the one that a dataclass makes up for itself says nothing."""
    written = ((one, _one_line(one.__doc__ or "")) for one in parameters.__mro__ if one is not object)
    return next((text for one, text in written if text and not text.startswith(f"{one.__name__}(")), "")


def _takes(hint: Any) -> str:
    inner = get_args(hint)
    if inner:
        kinds = [item for item in inner if item is not Ellipsis and item is not type(None)]
        of = " or ".join(dict.fromkeys(map(_takes, kinds)))
        return f"list of {of}" if hint is not None and getattr(hint, "__origin__", None) is tuple else of
    if isinstance(hint, type) and issubclass(hint, Enum):
        return "one of " + ", ".join(str(member.value) for member in hint)
    if is_dataclass(hint):
        return "entry of " + ", ".join(item.name for item in fields(hint))
    return _TYPES.get(hint, getattr(hint, "__name__", str(hint)))


def _default(value: object) -> str:
    if isinstance(value, tuple):
        text = ", ".join(map(_default, value)) or "none"
    elif isinstance(value, Enum):
        text = str(value.value)
    elif isinstance(value, bool):
        text = "true" if value else "false"
    else:
        text = str(value) or "empty"
    return text if len(text) <= MAX_DEFAULT else f"{text[:MAX_DEFAULT].rsplit(' ', 1)[0]} …"


def _comments(module: ModuleType) -> dict[str, str]:
    """The comment of each field of the module's `Parameters`: the lines above it, or what stands behind it."""
    lines = inspect.getsource(module).splitlines()
    tree = ast.parse("\n".join(lines))
    found = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Parameters")
    return {
        node.target.id: _comment(lines, node)
        for node in found.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


def _comment(lines: list[str], node: ast.AnnAssign) -> str:
    above: list[str] = []
    index = node.lineno - 2
    while index >= 0 and lines[index].strip().startswith("#"):
        above.insert(0, lines[index].strip().lstrip("# "))
        index -= 1
    behind = re.search(r"  # (.+)$", lines[node.lineno - 1]) or re.search(
        r"  # (.+)$", lines[(node.end_lineno or 1) - 1]
    )
    text = " ".join((*above, *((behind[1],) if behind else ())))
    return text[:1].upper() + text[1:]
