"""Documents ↔ frozen dataclasses: YAML in with file, line and column of each error; JSON both ways.

The one module that imports pydantic; what stands where in a file `rules.yaml_nodes` knows. A dataclass that must refuse
unknown keys says `__pydantic_config__ = STRICT`.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from rules.mistaken import DATE, mistaken_for
from rules.yaml_nodes import (
    TWICE,
    DocumentError,
    Fault,
    Node,
    compose,
    constructed,
    fault_at,
    found_at,
    plain_texts,
    shape_faults,
)

T = TypeVar("T")
_LISTS = ("tuple", "list", "set", "frozenset")  # as pydantic-core's schemas name them
STRICT = ConfigDict(extra="forbid")
# A score from which a detector has detected. Scores are 0 to 1: above 1 its rule would never fire, at 0 always.
Threshold = Annotated[float, Field(gt=0, le=1)]
Amount = Annotated[int, Field(ge=1)]
MAX_MENDINGS = 4  # what is put right may let a validator see more; our documents need two
NUMBER = "a number such as 0.5"  # in digits, a digit before the point
MAX_GIVEN = 60  # characters of a wrong value shown in its fault


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


def read_document(path: Path, kind: type[T], *, plain: bool = False) -> T:
    """Read a YAML file as `kind`. Raises DocumentError with every fault found.

    `plain`: refuse unquoted text that other readers of YAML take for something else.
    """
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise DocumentError((fault_at(path, None, "", f"cannot be read: {error.strerror}"),)) from None
    return parse_document(octets, kind, path, plain=plain)


def parse_document(octets: bytes, kind: type[T], path: Path, *, plain: bool = False) -> T:
    """The same from octets; `path` is only named in errors."""
    root = compose(octets, path)
    faults = tuple(shape_faults(root, path))
    if any(fault.expected != TWICE for fault in faults):
        raise DocumentError(faults)
    if plain:
        faults += tuple(_mistaken(root, path, cast(Any, kind)))
    data = constructed(root, path)
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


def read_rest(path: Path, kind: type[T], stand_ins: Mapping[str, object]) -> T | None:
    """The document without its wrong values, so that what the others say of one another can be checked all the same.

    A wrong value gives way to its default, or to the stand-in of its key; None when that is not enough.
    """
    try:
        root = compose(path.read_bytes(), path)
        bent = root is None or any(fault.expected != TWICE for fault in shape_faults(root, path))
        data = None if bent else constructed(root, path)
        for _ in range(MAX_MENDINGS):
            try:
                result: T = _adapter(cast(Any, kind)).validate_json(json.dumps(data), strict=True)
            except ValidationError as error:
                _mend(data, error.errors(), stand_ins)
            else:
                return result
    except (OSError, DocumentError, TypeError, ValueError):
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
        raise DocumentError((fault_at(path, None, "", "plain values, lists and mappings"),)) from None
    try:
        result: T = _adapter(cast(Any, kind)).validate_json(text, strict=True)
    except ValidationError as error:
        root = compose(path.read_bytes() if octets is None else octets, path)
        faults = (_located(root, path, item, place, kind) for item in error.errors())
        # One fault a place: a union reports each of its members.
        places = {(fault.line, fault.column, fault.where): fault for fault in reversed(tuple(faults))}
        raise DocumentError(tuple(reversed(places.values()))) from None
    return result


def _mistaken(root: Node | None, path: Path, kind: Any) -> Iterator[Fault]:
    """Unquoted text that other readers take for something else. A date may stand so behind a key that asks for one."""
    for plain in plain_texts(root):
        taken = mistaken_for(plain.text)
        place = plain.place
        dated = taken == DATE and not plain.is_key and place and place[-1] in _keys_of(kind, '"format": "date')
        if taken is not None and not dated:
            wanted = "text in quotes" if plain.is_key else _wanted(place, kind)
            expected = f"{wanted}: to some readers of YAML {_shortened(plain.text)} is {taken}"
            yield fault_at(path, plain.mark, ".".join(place), expected)


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


def _located(root: Node | None, path: Path, error: Any, base: tuple[str | int, ...], kind: Any) -> Fault:
    match error["type"]:
        case "missing":
            node, _, steps = found_at(root, (*base, *error["loc"][:-1]))
            steps, expected = [*steps, str(error["loc"][-1])], "required, and missing"
        case "unexpected_keyword_argument":
            _, node, steps = found_at(root, (*base, *error["loc"]))
            known = _known_keys(_adapter(kind).json_schema(), error["loc"][:-1])
            expected = f"unknown key; known are {', '.join(known)}"
        case _:
            node, _, steps = found_at(root, (*base, *error["loc"]))
            message = error["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
            expected = _EXPECTED.get(error["type"], message) + _given(error.get("input"))
    return fault_at(path, node.start_mark if node else None, ".".join(steps), expected)


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
