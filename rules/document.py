"""Documents ↔ frozen dataclasses: YAML in with file, line and column of each error; JSON both ways.

The one module that imports pydantic and PyYAML. A dataclass that must refuse unknown keys says
`__pydantic_config__ = STRICT`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

T = TypeVar("T")
STRICT = ConfigDict(extra="forbid")
MAX_DOCUMENT = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One error of a document; lines and columns count from 1."""

    path: str
    line: int
    column: int
    where: str  # dotted place: rules.2.action
    expected: str

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{self.path}:{self.line}:{self.column}: {place}{self.expected}"


class DocumentError(ValueError):
    """A document was refused; `faults` names every reason."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class _Loader(yaml.CSafeLoader):
    """YAML 1.2 scalars: only true and false are booleans, no sexagesimal or underscored numbers, no dates."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("null", r"^(?:~|null|)$", ["~", "n", ""]),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?(?:[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)$", "-+0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


@lru_cache(maxsize=64)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def to_json(value: Any, kind: Any) -> bytes:
    """`value`, a dataclass of type `kind`, as compact JSON."""
    return _adapter(kind).dump_json(value)


def from_json(octets: bytes | str, kind: type[T]) -> T:
    """The dataclass that `to_json` wrote. Raises ValueError on anything else."""
    result: T = _adapter(cast(Any, kind)).validate_json(octets)
    return result


def json_schema(kind: Any) -> dict[str, Any]:
    """The JSON Schema of a document, for editors."""
    return _adapter(kind).json_schema()


def keyed(name: str) -> Any:
    """Marks a dataclass field whose key in the document is `name`, a word that Python keeps for itself."""
    return Field(alias=name)


def convert(data: object, kind: type[T], path: Path, place: tuple[str | int, ...]) -> T:
    """Plain data that was taken out of the document at `place` of `path`, as `kind`."""
    try:
        result: T = _adapter(cast(Any, kind)).validate_python(data)
    except ValidationError as error:
        root = _compose(path.read_bytes(), path)
        errors = [{**item, "loc": (*place, *item["loc"])} for item in error.errors()]
        raise DocumentError(tuple(_located(root, path, item) for item in errors)) from None
    return result


def locate(path: Path, place: tuple[str | int, ...], expected: str) -> Fault:
    """A fault of our own at `place` of the document at `path`."""
    return _located(_compose(path.read_bytes(), path), path, {"loc": place, "type": "own", "msg": expected})


def read_document(path: Path, kind: type[T]) -> T:
    """Read a YAML file as `kind`. Raises DocumentError with every fault found."""
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise DocumentError((_fault(path, None, "", f"cannot be read: {error.strerror}"),)) from None
    return parse_document(octets, kind, path)


def parse_document(octets: bytes, kind: type[T], path: Path) -> T:
    """The same from octets; `path` is only named in errors."""
    root = _compose(octets, path)
    duplicates = tuple(_duplicates(root, path, ""))
    if duplicates:
        raise DocumentError(duplicates)
    loader = _Loader(b"")
    try:
        data = loader.construct_document(root) if root is not None else {}
    except yaml.YAMLError as error:
        raise DocumentError((_fault(path, getattr(error, "problem_mark", None), "", str(error)),)) from None
    try:
        result: T = _adapter(cast(Any, kind)).validate_python(data)
    except ValidationError as error:
        raise DocumentError(tuple(_located(root, path, item) for item in error.errors())) from None
    return result


def _compose(octets: bytes, path: Path) -> yaml.Node | None:
    if len(octets) > MAX_DOCUMENT:
        raise DocumentError((_fault(path, None, "", f"larger than {MAX_DOCUMENT} octets"),))
    try:
        return yaml.compose(octets, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        text = " ".join(filter(None, (error.context, error.problem)))
        raise DocumentError((_fault(path, error.problem_mark, "", text),)) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DocumentError((_fault(path, None, "", str(error)),)) from None


def _duplicates(node: yaml.Node | None, path: Path, where: str) -> Iterator[Fault]:
    """PyYAML keeps the last of two equal keys and says nothing; a policy must not lose a line that way."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            place = f"{where}.{key.value}".lstrip(".")
            if key.value in seen:
                yield _fault(path, key.start_mark, place, "key stands twice")
            seen.add(key.value)
            yield from _duplicates(value, path, place)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _duplicates(item, path, f"{where}.{index}".lstrip("."))


def _located(root: yaml.Node | None, path: Path, error: Any) -> Fault:
    node, place = root, []
    for step in error["loc"]:
        found = _child(node, step)
        if found is None and error["type"] != "missing":
            continue
        place.append(str(step))
        node = found or node
    given = "" if error["type"] == "missing" else _given(error.get("input"))
    return _fault(path, node.start_mark if node else None, ".".join(place), error["msg"] + given)


def _given(value: object) -> str:
    return f", not {value!r}" if isinstance(value, str | int | float | bool) else ""


def _child(node: yaml.Node | None, step: object) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item: yaml.Node = node.value[step]
        return item
    return None


def _fault(path: Path, mark: Any, where: str, expected: str) -> Fault:
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    return Fault(path=str(path), line=line, column=column, where=where, expected=expected)
