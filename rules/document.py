"""Documents ↔ frozen dataclasses: YAML in with file, line and column of each error; JSON both ways.

The one module that imports pydantic and PyYAML. A dataclass that must refuse unknown keys says
`__pydantic_config__ = STRICT`.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

import yaml
from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from rules.mistaken import DATE, mistaken_for

T = TypeVar("T")
_LISTS = ("tuple", "list", "set", "frozenset")  # as pydantic-core's schemas name them
STRICT = ConfigDict(extra="forbid")
# A score from which a detector has detected. Scores are 0 to 1: above 1 its rule would never fire, at 0 always.
QUOTES = "(within braces a text with a colon or comma in it has to stand in quotes)"
Threshold = Annotated[float, Field(gt=0, le=1)]
Amount = Annotated[int, Field(ge=1)]
MAX_DOCUMENT = 4 * 1024 * 1024  # octets; a policy of 1,000 rules with all their exemptions is a tenth of that
MAX_DEPTH = 50  # lists and mappings within one another; our deepest document has 7
MAX_NODES = 200_000  # with aliases written out, so that a few lines cannot stand for a billion
MAX_MENDINGS = 4  # what is put right may let a validator see more; our documents need two
TWICE = "key stands twice"
NUMBER = "a number such as 0.5"  # in digits, a digit before the point
MAX_GIVEN = 60  # characters of a wrong value shown in its fault


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
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


# pydantic speaks of Python's and JavaScript's types; administrators write YAML.
_EXPECTED = {
    "bool_type": "true or false",
    "dataclass_type": "keys and values",
    "dict_type": "keys and values",
    "string_type": "text",
    "time_parsing": '"HH:MM", such as "06:30"',
    "time_type": '"HH:MM", such as "06:30"',
    "tuple_type": "a list",
}


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
    return _adapter(kind).dump_json(value, by_alias=True)


def from_json(octets: bytes | str, kind: type[T]) -> T:
    """The dataclass that `to_json` wrote. Raises ValueError on anything else."""
    result: T = _reader(cast(Any, kind)).validate_json(octets)
    return result


@lru_cache(maxsize=64)
def _reader(kind: Any) -> SchemaValidator:
    """Ends at the first wrong item of a list: an error for each of a million would take a gigabyte and seconds."""
    return SchemaValidator(_ends_at_first(_adapter(kind).core_schema))


def _ends_at_first(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_ends_at_first(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _ends_at_first(value) for key, value in schema.items()}
    return {**inner, "fail_fast": True} if inner.get("type") in _LISTS else inner


def json_schema(kind: Any) -> dict[str, Any]:
    """The JSON Schema of a document, for editors."""
    return _adapter(kind).json_schema()


def keyed(name: str) -> Any:
    """Marks a dataclass field whose key in the document is `name`, a word that Python keeps for itself."""
    return Field(alias=name)


def checked(check: Callable[[str], str]) -> Any:
    """Marks a type of text with a check of its own, whose ValueError says what was expected."""
    return AfterValidator(check)


def between(least: float, most: float) -> Any:
    """Marks a dataclass field, a number of this range; in a document anything beyond is a fault."""
    return Field(ge=least, le=most)


def convert(data: object, kind: type[T], path: Path, place: tuple[str | int, ...]) -> T:
    """Plain data that was taken out of the document at `place` of `path`, as `kind`."""
    return _validated(data, kind, path, None, place)


def locate(path: Path, place: tuple[str | int, ...], expected: str, *, of_key: bool = False) -> Fault:
    """A fault of our own at `place` of the document at `path`; `of_key`: not the value there is wrong but its key."""
    value, key, steps = _found(_compose(path.read_bytes(), path), place)
    node = key if of_key else value
    return _fault(path, node.start_mark if node else None, ".".join(steps), expected)


def lines_of(path: Path, places: Sequence[tuple[str | int, ...]]) -> tuple[int | None, ...]:
    """The line of the key or item at each place of the document at `path`; None where it does not stand there."""
    root = _compose(path.read_bytes(), path)
    found = ((_found(root, place), place) for place in places)
    return tuple(
        key.start_mark.line + 1 if key is not None and len(steps) == len(place) else None
        for (_, key, steps), place in found
    )


def read_document(path: Path, kind: type[T], *, plain: bool = False) -> T:
    """Read a YAML file as `kind`. Raises DocumentError with every fault found.

    `plain`: refuse unquoted text that other readers of YAML take for something else.
    """
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise DocumentError((_fault(path, None, "", f"cannot be read: {error.strerror}"),)) from None
    return parse_document(octets, kind, path, plain=plain)


def parse_document(octets: bytes, kind: type[T], path: Path, *, plain: bool = False) -> T:
    """The same from octets; `path` is only named in errors."""
    root = _compose(octets, path)
    faults = tuple(_shape_faults(root, path))
    if any(fault.expected != TWICE for fault in faults):
        raise DocumentError(faults)
    if plain:
        faults += tuple(_mistaken(root, path, cast(Any, kind)))
    data = _constructed(root, path)
    try:
        result = _validated(data, kind, path, octets, ())
    except DocumentError as error:
        raise DocumentError(_once_each(*faults, *error.faults)) from None
    if faults:
        raise DocumentError(_once_each(*faults))
    return result


def _once_each(*faults: Fault) -> tuple[Fault, ...]:
    """In order of place, one for each: the first that was found there says it best."""
    places: dict[tuple[int, int, str], Fault] = {}
    for fault in faults:
        places.setdefault((fault.line, fault.column, fault.where), fault)
    return tuple(sorted(places.values(), key=lambda fault: (fault.line, fault.column)))


def _constructed(root: yaml.Node | None, path: Path) -> Any:
    loader = _Loader(b"")
    try:
        return loader.construct_document(root) if root is not None else {}
    except yaml.MarkedYAMLError as error:
        raise DocumentError((_fault(path, error.problem_mark, "", _words(error)),)) from None
    except (ValueError, KeyError, TypeError, OverflowError):  # PyYAML's own of `!!int abc`, and of 5,000 digits
        raise DocumentError((_fault(path, None, "", "values that are what their tags say"),)) from None


def read_rest(path: Path, kind: type[T], stand_ins: Mapping[str, object]) -> T | None:
    """The document without its wrong values, so that what the others say of one another can be checked all the same.

    A wrong value gives way to its default, or to the stand-in of its key; None when that is not enough.
    """
    try:
        root = _compose(path.read_bytes(), path)
        bent = root is None or any(fault.expected != TWICE for fault in _shape_faults(root, path))
        data = None if bent else _Loader(b"").construct_document(root)
        for _ in range(MAX_MENDINGS):
            try:
                result: T = _adapter(cast(Any, kind)).validate_json(json.dumps(data), strict=True)
            except ValidationError as error:
                _mend(data, error.errors(), stand_ins)
            else:
                return result
    except (OSError, DocumentError, yaml.MarkedYAMLError, TypeError, ValueError):
        return None  # its faults are told by who reads it in earnest
    return None


def _mend(data: object, errors: Sequence[Any], stand_ins: Mapping[str, object]) -> None:
    # All places before the first is changed: a union reports one of them several times.
    for holder, key, known in [found for error in errors if (found := _holder(data, error))]:
        if known and key in stand_ins:
            holder[key] = stand_ins[key]
        else:
            holder.pop(key, None)


def _holder(data: Any, error: Any) -> tuple[dict[str, Any], str, bool] | None:
    """The innermost mapping on the way to the error, its key there, and whether that is a key which may stand there."""
    found = None
    for step in error["loc"]:
        if isinstance(data, dict) and (step in data or error["type"] == "missing"):
            found = (data, step, error["type"] != "unexpected_keyword_argument")
        elif not (isinstance(data, list) and isinstance(step, int) and step < len(data)):
            continue
        data = data.get(step) if isinstance(data, dict) else data[step]
    return found


def _validated(data: object, kind: type[T], path: Path, octets: bytes | None, place: tuple[str | int, ...]) -> T:
    """Types as JSON has them: strict, so that neither `"25"` is a number nor `2027` a moment in 1970.

    `octets` are the document's, to find places in; read again when None.
    """
    try:
        text = json.dumps(data)
    except (TypeError, ValueError):  # YAML's own sets and octets, asked for by an explicit tag
        raise DocumentError((_fault(path, None, "", "plain values, lists and mappings"),)) from None
    try:
        result: T = _adapter(cast(Any, kind)).validate_json(text, strict=True)
    except ValidationError as error:
        root = _compose(path.read_bytes() if octets is None else octets, path)
        faults = (_located(root, path, item, place, kind) for item in error.errors())
        # One fault a place: a union reports each of its members.
        places = {(fault.line, fault.column, fault.where): fault for fault in reversed(tuple(faults))}
        raise DocumentError(tuple(reversed(places.values()))) from None
    return result


def _compose(octets: bytes, path: Path) -> yaml.Node | None:
    if len(octets) > MAX_DOCUMENT:
        raise DocumentError((_fault(path, None, "", f"at most {MAX_DOCUMENT} octets"),))
    try:
        return yaml.compose(octets, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        expected = _tab_in_front(octets, error.problem_mark) or _words(error)
        raise DocumentError((_fault(path, error.problem_mark, "", expected),)) from None
    except yaml.reader.ReaderError as error:
        raise DocumentError((_reader_fault(octets, path, error),)) from None
    except RecursionError:
        raise DocumentError((_fault(path, None, "", f"at most {MAX_DEPTH} levels within one another"),)) from None


def _reader_fault(octets: bytes, path: Path, error: yaml.reader.ReaderError) -> Fault:
    """The parser tells such a place as an offset in octets; people count lines."""
    lines = octets[: error.position].split(b"\n")
    column = len(lines[-1].decode("utf-8", "replace")) + 1
    return Fault(path=str(path), line=len(lines), column=column, where="", expected=f"UTF-8 text: {error.reason}")


def _tab_in_front(octets: bytes, mark: Any) -> str:
    """YAML indents with blanks only, and the parser's own words for a tab help nobody."""
    lines = octets.splitlines()
    line = lines[mark.line] if mark is not None and mark.line < len(lines) else b""
    indentation = line[: len(line) - len(line.lstrip())]
    return "blanks in front of the line, not tabs" if b"\t" in indentation else ""


def _words(error: yaml.MarkedYAMLError) -> str:
    hint = QUOTES if error.problem == "did not find expected ',' or '}'" else ""
    return " ".join(filter(None, (error.context, error.problem, hint)))


def _shape_faults(root: yaml.Node | None, path: Path) -> Iterator[Fault]:
    """What PyYAML lets through: equal keys (it keeps the last and says nothing), keys that are no text, bombs."""
    nodes = 0
    waiting: list[tuple[yaml.Node, tuple[str, ...]]] = [(root, ())] if root is not None else []
    while waiting:
        node, place = waiting.pop()
        nodes += 1
        if len(place) > MAX_DEPTH or nodes > MAX_NODES:
            yield _fault(path, node.start_mark, ".".join(place[:3]), f"at most {MAX_DEPTH} levels, {MAX_NODES} values")
            return
        children: list[tuple[yaml.Node, tuple[str, ...]]] = []
        if isinstance(node, yaml.MappingNode):
            yield from _key_faults(node, path, place)
            children = [(value, (*place, str(key.value))) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            children = [(item, (*place, str(index))) for index, item in enumerate(node.value)]
        waiting.extend(reversed(children))


def _key_faults(node: yaml.MappingNode, path: Path, place: tuple[str, ...]) -> Iterator[Fault]:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            yield _fault(path, key.start_mark, ".".join(place), "a key of plain text")
            continue
        if key.value in seen:
            yield _fault(path, key.start_mark, ".".join((*place, key.value)), TWICE)
        seen.add(key.value)


def _mistaken(root: yaml.Node | None, path: Path, kind: Any) -> Iterator[Fault]:
    """Unquoted text that other readers take for something else. A date may stand so behind a key that asks for one."""
    waiting: list[tuple[yaml.Node, tuple[str, ...], bool]] = [(root, (), False)] if root is not None else []
    while waiting:
        node, place, is_key = waiting.pop()
        if isinstance(node, yaml.ScalarNode):
            yield from _mistaken_scalar(node, path, place, kind, is_key)
            continue
        children = [(value, (*place, str(key.value)), False) for key, value in _pairs(node)]
        keys = [(key, (*place, str(key.value)), True) for key, _ in _pairs(node)]
        items = node.value if isinstance(node, yaml.SequenceNode) else []
        children += [(item, (*place, str(index)), False) for index, item in enumerate(items)]
        waiting.extend(sorted((*keys, *children), key=lambda child: -child[0].start_mark.index))


def _pairs(node: yaml.Node) -> Sequence[tuple[yaml.Node, yaml.Node]]:
    return node.value if isinstance(node, yaml.MappingNode) else ()


def _mistaken_scalar(
    node: yaml.ScalarNode, path: Path, place: tuple[str, ...], kind: Any, is_key: bool
) -> Iterator[Fault]:
    """A key is text whatever it looks like; a value only where we read it as text."""
    if node.style or (not is_key and node.tag != "tag:yaml.org,2002:str"):
        return
    taken = mistaken_for(node.value)
    if taken is None or (taken == DATE and not is_key and place and place[-1] in _keys_of(kind, '"format": "date')):
        return
    wanted = "text in quotes" if is_key else _wanted(place, kind)
    expected = f"{wanted}: to some readers of YAML {_shortened(node.value)} is {taken}"
    yield _fault(path, node.start_mark, ".".join(place), expected)


def _wanted(place: tuple[str, ...], kind: Any) -> str:
    """What such a value should have been. Of a detector's parameters only their own check knows, later."""
    if place and place[-1] in _keys_of(kind, '"type": "number"', '"type": "integer"'):
        return NUMBER
    free = _keys_of(kind, '"additionalProperties": true')
    return f"{NUMBER}, or text in quotes" if free.intersection(place[:-1]) else "text in quotes"


@lru_cache(maxsize=64)
def _keys_of(kind: Any, *signs: str) -> frozenset[str]:
    """The keys of a document in whose JSON Schema one of these stands."""
    schema = _adapter(kind).json_schema()
    parts = (schema, *schema.get("$defs", {}).values())
    keys = ((key, found) for part in parts for key, found in part.get("properties", {}).items())
    return frozenset(key for key, found in keys if any(sign in json.dumps(found) for sign in signs))


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_GIVEN else f"{text[:MAX_GIVEN]}…"


def _located(root: yaml.Node | None, path: Path, error: Any, base: tuple[str | int, ...], kind: Any) -> Fault:
    match error["type"]:
        case "missing":
            node, _, steps = _found(root, (*base, *error["loc"][:-1]))
            steps, expected = [*steps, str(error["loc"][-1])], "required, and missing"
        case "unexpected_keyword_argument":
            _, node, steps = _found(root, (*base, *error["loc"]))
            known = _known_keys(_adapter(kind).json_schema(), error["loc"][:-1])
            expected = f"unknown key; known are {', '.join(known)}"
        case _:
            node, _, steps = _found(root, (*base, *error["loc"]))
            message = error["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
            expected = _EXPECTED.get(error["type"], message) + _given(error.get("input"))
    return _fault(path, node.start_mark if node else None, ".".join(steps), expected)


def _found(
    root: yaml.Node | None, place: tuple[str | int, ...]
) -> tuple[yaml.Node | None, yaml.Node | None, list[str]]:
    """The node at `place`, the node of its key (of an item: itself), and the steps that led there.

    A step that stands nowhere is passed over: the names of a union's members are none of the document's.
    """
    node = key = root
    steps: list[str] = []
    for step in place:
        child = _child(node, step)
        if child is not None:
            key, node = child
            steps.append(str(step))
    return node, key, steps


def _child(node: yaml.Node | None, step: object) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item: yaml.Node = node.value[step]
        return item, item
    return None


def _known_keys(schema: dict[str, Any], place: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand at `place` of a document, from its JSON Schema."""
    here = _resolved(schema, schema)
    for step in place:
        options = [_resolved(schema, option) for option in here.get("anyOf", (here,))]
        nested = (
            option.get("items") if isinstance(step, int) else option.get("properties", {}).get(step)
            for option in options
        )
        extra = (option.get("additionalProperties") for option in options)
        child = next((found for found in (*nested, *extra) if isinstance(found, dict)), None)
        if child is not None:
            here = _resolved(schema, child)
    options = [_resolved(schema, option) for option in here.get("anyOf", (here,))]
    return sorted({key for option in options for key in option.get("properties", {})})


def _resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    name = part.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = schema["$defs"][name] if name else part
    return found


def _given(value: object) -> str:
    if not isinstance(value, str | int | float | bool):
        return ""
    text = repr(value)
    return f", not {text}" if len(text) <= MAX_GIVEN else f", not {text[:MAX_GIVEN]}…"


def _fault(path: Path, mark: Any, where: str, expected: str) -> Fault:
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    return Fault(path=str(path), line=line, column=column, where=where, expected=expected)
