"""YAML as nodes that know their places: composed, refused where PyYAML lets too much through, and looked up.

The one module that imports PyYAML. Knows nothing of what a document should say.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Node = yaml.Node
MAX_DOCUMENT = 4 * 1024 * 1024  # octets; a policy of 1,000 rules with all their exemptions is a tenth of that
MAX_DEPTH = 50  # lists and mappings within one another; our deepest document has 7
MAX_NODES = 200_000  # with aliases written out, so that a few lines cannot stand for a billion
TWICE = "key stands twice"


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


def compose(octets: bytes, path: Path) -> Node | None:
    """The root of a document, None for an empty one. Raises DocumentError."""
    if len(octets) > MAX_DOCUMENT:
        raise DocumentError((fault_at(path, None, "", f"at most {MAX_DOCUMENT} octets"),))
    try:
        return yaml.compose(octets, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        expected = _tab_in_front(octets, error.problem_mark) or _words(error)
        raise DocumentError((fault_at(path, _mark_of(error), "", expected),)) from None
    except yaml.reader.ReaderError as error:
        raise DocumentError((_reader_fault(octets, path, error),)) from None
    except RecursionError:
        raise DocumentError((fault_at(path, None, "", f"at most {MAX_DEPTH} levels within one another"),)) from None


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


# What an administrator most likely did, by the parser's words for it.
_COMMAS = "(within braces or brackets a text with a colon or comma in it has to stand in quotes)"
_NEIGHBOURS = "(are the blanks in front of it those of its neighbours, and is no quote before it left open?)"
_STARS = "(a text that begins with * or & has to stand in quotes)"
_HINTS = {
    "did not find expected ',' or '}'": _COMMAS,
    "did not find expected ',' or ']'": _COMMAS,
    "did not find expected key": _NEIGHBOURS,
    "did not find expected '-' indicator": _NEIGHBOURS,
    "mapping values are not allowed in this context": "(a text with a colon in it has to stand in quotes)",
    "found character that cannot start any token": "(a text that begins with @, % or ` has to stand in quotes)",
    "found undefined alias": _STARS,
    "did not find expected alphabetic or numeric character": _STARS,
    "found unknown escape character": "(within single quotes a backslash is a backslash)",
    "could not find expected ':'": "(behind a key stand a colon and a blank)",
}
# These are seen at the end of what is wrong, which may be that of the file.
_SEEN_LATE = ("found unexpected end of stream", "could not find expected ':'")


def _words(error: yaml.MarkedYAMLError) -> str:
    return " ".join(filter(None, (error.context, error.problem, _HINTS.get(error.problem or "", ""))))


def _mark_of(error: yaml.MarkedYAMLError) -> Any:
    return error.context_mark if error.problem in _SEEN_LATE and error.context_mark else error.problem_mark


def shape_faults(root: Node | None, path: Path) -> Iterator[Fault]:
    """What PyYAML lets through: equal keys (it keeps the last and says nothing), keys that are no text, bombs."""
    nodes = 0
    waiting: list[tuple[Node, tuple[str, ...]]] = [(root, ())] if root is not None else []
    while waiting:
        node, place = waiting.pop()
        nodes += 1
        if len(place) > MAX_DEPTH or nodes > MAX_NODES:
            yield fault_at(
                path, node.start_mark, ".".join(place[:3]), f"at most {MAX_DEPTH} levels, {MAX_NODES} values"
            )
            return
        children: list[tuple[Node, tuple[str, ...]]] = []
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
            yield fault_at(path, key.start_mark, ".".join(place), "a key of plain text")
            continue
        if key.value in seen:
            yield fault_at(path, key.start_mark, ".".join((*place, key.value)), TWICE)
        seen.add(key.value)


def constructed(root: Node | None, path: Path) -> Any:
    """Plain data. Raises DocumentError for what is not what its tag says."""
    loader = _Loader(b"")
    try:
        return loader.construct_document(root) if root is not None else {}
    except yaml.MarkedYAMLError as error:
        raise DocumentError((fault_at(path, error.problem_mark, "", _words(error)),)) from None
    except (ValueError, KeyError, TypeError, OverflowError):  # PyYAML's own of `!!int abc`, and of 5,000 digits
        raise DocumentError((fault_at(path, None, "", "values that are what their tags say"),)) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A key, or a value that is read as text, without quotes."""

    text: str
    place: tuple[str, ...]
    is_key: bool
    mark: Any


def plain_texts(root: Node | None) -> Iterator[Plain]:
    """All of a document, in its order. A key is text whatever it looks like."""
    waiting: list[tuple[Node, tuple[str, ...], bool]] = [(root, (), False)] if root is not None else []
    while waiting:
        node, place, is_key = waiting.pop()
        if isinstance(node, yaml.ScalarNode):
            if not node.style and (is_key or node.tag == "tag:yaml.org,2002:str"):
                yield Plain(text=node.value, place=place, is_key=is_key, mark=node.start_mark)
            continue
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        children = [(value, (*place, str(key.value)), False) for key, value in pairs]
        keys = [(key, (*place, str(key.value)), True) for key, _ in pairs]
        items = node.value if isinstance(node, yaml.SequenceNode) else []
        children += [(item, (*place, str(index)), False) for index, item in enumerate(items)]
        waiting.extend(sorted((*keys, *children), key=lambda child: -child[0].start_mark.index))


def locate(path: Path, place: tuple[str | int, ...], expected: str, *, of_key: bool = False) -> Fault:
    """A fault of our own at `place` of the document at `path`; `of_key`: not the value there is wrong but its key."""
    value, key, steps = found_at(compose(path.read_bytes(), path), place)
    node = key if of_key else value
    return fault_at(path, node.start_mark if node else None, ".".join(steps), expected)


def lines_of(path: Path, places: Sequence[tuple[str | int, ...]]) -> tuple[int | None, ...]:
    """The line of the key or item at each place of the document at `path`; None where it does not stand there."""
    root = compose(path.read_bytes(), path)
    found = ((found_at(root, place), place) for place in places)
    return tuple(
        key.start_mark.line + 1 if key is not None and len(steps) == len(place) else None
        for (_, key, steps), place in found
    )


def found_at(root: Node | None, place: tuple[str | int, ...]) -> tuple[Node | None, Node | None, list[str]]:
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


def _child(node: Node | None, step: object) -> tuple[Node, Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item: Node = node.value[step]
        return item, item
    return None


def fault_at(path: Path, mark: Any, where: str, expected: str) -> Fault:
    """At the mark of a node; at the beginning of the document without one."""
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    return Fault(path=str(path), line=line, column=column, where=where, expected=expected)
