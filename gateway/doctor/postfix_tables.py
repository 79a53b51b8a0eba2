"""Postfix's lookup tables (DATABASE_README): what stands in those that can be listed, and whether one has a key."""

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

READ_SECONDS = 10.0  # for what Postfix's own programs say of one table
MAX_ENTRIES = 10_000  # of one table; an administrator who leaves out more clients knows of it

_INDEXED = ("btree", "cdb", "dbm", "hash", "lmdb", "sdbm")
_WRITTEN = ("cidr", "pcre", "regexp", "texthash")  # the file that people write is the one that is read
# A table in braces has its entries within, each in braces again; words of a list are parted by blanks and commas.
_WORD = re.compile(r"[\w-]+:\s*\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|[^\s,]+")
_ENTRY = re.compile(r"\{\s*((?:[^{}]|\{[^{}]*\})*?)\s*\}|([^\s,{}]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    key: str
    value: str


def words_of(text: str) -> tuple[str, ...]:
    """The words of a list of tables, networks or names."""
    return tuple(_WORD.findall(text))


def listed(table: str) -> tuple[Entry, ...] | None:
    """What stands in `type:name`; None for what cannot be listed or read."""
    kind, _, name = table.partition(":")
    try:
        match kind:
            case "static":
                return (Entry(key="everybody", value=name.strip().strip("{}").strip()),)
            case "inline":
                return tuple(_pairs(_within(name), "="))
            case _ if kind in _WRITTEN:
                return tuple(_pairs(_within(name) if name.lstrip().startswith("{") else _written(Path(name))))
            case _ if kind in _INDEXED:
                return tuple(_pairs(_postmap("-s", table).splitlines()))
            case _:
                return None
    except (OSError, subprocess.SubprocessError):
        return None


def has(table: str, key: str) -> bool:
    """Whether Postfix would find something there; a table that cannot be asked has nothing."""
    try:
        return bool(_postmap("-q", key, table))
    except (OSError, subprocess.SubprocessError):
        return False


def _pairs(lines: Iterable[str], between: str | None = None) -> Iterator[Entry]:
    """Key and value, parted by `between` or by blanks."""
    for line in islice(lines, MAX_ENTRIES):
        key, *value = line.split(between, 1)
        yield Entry(key=key.strip(), value="".join(value).strip())


def _within(braces: str) -> Iterable[str]:
    return [braced or bare for braced, bare in _ENTRY.findall(braces.strip()[1:-1])]


def _written(path: Path) -> list[str]:
    """The logical lines of a table (postmap(5)): comments left out, one that begins with a blank goes on the last."""
    lines: list[str] = []
    for line in path.read_text(errors="replace").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace() and lines:
            lines[-1] += line
        else:
            lines.append(line)
    return [line for line in lines if not re.match(r"(?:if|endif)\b", line, re.IGNORECASE)]


def _postmap(*words: str) -> str:
    postmap = shutil.which("postmap") or "/usr/sbin/postmap"
    done = subprocess.run([postmap, *words], capture_output=True, text=True, timeout=READ_SECONDS, check=True)
    return done.stdout
