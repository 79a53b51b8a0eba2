"""What runs, installs, mounts or opens with code in it: by any name, declared type or content, at any depth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rules.document import STRICT
from rules.entries import Extension
from rules.facts import By, Facts, Kind, Part, Sign
from rules.finding import Evidence, Observation
from rules.reading.extensions import KIND_OF, readings

NAME = Path(__file__).stem
MAX_OBSERVATIONS = 50  # of one message: a folder of scripts makes its point before
_MADE_OF_CODE = (Kind.PROGRAM, Kind.SCRIPT, Kind.INSTALLER)  # what lies inside one of these is part of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    kinds: tuple[Kind, ...] = (  # what counts
        Kind.PROGRAM,
        Kind.SCRIPT,
        Kind.INSTALLER,
        Kind.MACRO_DOCUMENT,
        Kind.SHORTCUT,
        Kind.DISK_IMAGE,
        Kind.ACTIVE_CONTENT,
    )
    # Such as xlsm: let off while the content is of that kind and of no other.
    allowed_extensions: tuple[Extension, ...] = ()


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report each offending part once, with the containers around it: `payload.exe inside invoice.zip`."""
    allowed = frozenset(extension.casefold().lstrip(".") for extension in parameters.allowed_extensions)
    by_path = {part.path: part for part in facts.parts}
    reported: dict[tuple[str, str], None] = {}
    code: set[str] = set()
    for part in facts.parts:
        signs = _counting(part, parameters.kinds, allowed)
        if not signs or (part.path, part.digest) in reported or any(path in code for path in _around(part.path)):
            continue
        reported[part.path, part.digest] = None
        if any(sign.kind in _MADE_OF_CODE for sign in signs):
            code.add(part.path)
        yield Observation(
            detector=NAME,
            detected=True,
            score=1.0,
            summary=_chain(part, by_path),
            evidence=(Evidence(part=part.path, text=", ".join(dict.fromkeys(sign.text for sign in signs))),),
        )
        if len(reported) >= MAX_OBSERVATIONS:
            return


def _counting(part: Part, kinds: Sequence[Kind], allowed: frozenset[str]) -> tuple[Sign, ...]:
    """The signs that count. A page shown as the mail's text runs nothing; one offered as a file does."""
    let_off = frozenset(KIND_OF[extension] for extension in _extensions(part) & allowed if extension in KIND_OF)
    return tuple(
        sign
        for sign in part.signs
        if sign.kind in kinds
        and not (part.inline and sign.kind is Kind.ACTIVE_CONTENT and sign.by is By.CONTENT)
        and sign.kind not in let_off
    )


def _extensions(part: Part) -> frozenset[str]:
    """The last extension of every reading of every name; when they differ, none is let off."""
    found = frozenset(reading.rpartition(".")[2] for name in part.names for reading in readings(name))
    return found if len(found) == 1 else frozenset()


def _chain(part: Part, by_path: dict[str, Part]) -> str:
    around = [by_path[path] for path in _around(part.path) if path in by_path and not by_path[path].inline]
    return " inside ".join(_called(item) for item in (part, *around))


def _called(part: Part) -> str:
    return part.names[0] if part.names else f"part {part.path}"


def _around(path: str) -> Iterator[str]:
    """The paths of the containers of a part, from the inside out."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
