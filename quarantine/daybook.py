"""The book of first entry: what was begun to be sent and how each transaction ended, one line each, before the answer.

One file for each process, so that what a killed one had not yet brought into the books can still be told. Written, not
synced: a kill takes no line of it, a power cut at most those of the last second, and never a message.
"""

import fcntl
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path

from quarantine.item import Count, Entry
from rules.document import from_json, to_json

SUFFIX = ".jsonl"
BAD = ".bad"  # after the name of one that was set aside because it is damaged
LARGEST = 1024 * 1024  # octets, some thousand transactions; then another file is begun, so that none takes long to read

_log = logging.getLogger("mailward.ledger")


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """These recipients are about to be sent their copies. Addresses as in the envelope."""

    transaction: str
    at: datetime
    listener: str
    reverse_path: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What goes into the books of one transaction."""

    transaction: str
    rows: tuple[Entry, ...]
    counts: tuple[Count, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    begun: Begun | None = None
    ended: Ended | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a daybook is in the books: octets from its beginning."""

    name: str
    octets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a daybook holds beyond a position, and what was begun in all of it and did not end.

    `unsynced` counts lines that are torn at the end or have holes of NUL where octets should be: what a kill or a power
    cut leaves of a file that is not synced. `bad` are the numbers, from 1, of other lines that cannot be read: nothing
    but damage to the disk, or a person, leaves such.
    """

    ended: tuple[Ended, ...]
    open: tuple[Begun, ...]
    unsynced: int = 0
    bad: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """A full daybook, still locked: until it is in the books and removed no one else may take it for abandoned."""

    path: Path
    descriptor: int

    def remove(self) -> None:
        """What cannot be removed is left to the next recovery."""
        with suppress(OSError):
            self.path.unlink()
        os.close(self.descriptor)


@dataclass(slots=True, kw_only=True)
class Daybook:
    """This process's. Not safe for threads: the ledger sees to that. Never raises for what the disk does: the sums are
    kept in memory all the same, and are lost only if the process is killed while the disk is away."""

    folder: Path
    _path: Path = field(default_factory=Path, init=False)
    _descriptor: int = field(default=-1, init=False)
    _process: int = field(default=0, init=False)
    _size: int = field(default=0, init=False)  # octets of whole lines
    _torn: bool = field(default=False, init=False)  # there may be more than whole lines
    _open: dict[str, Begun] = field(default_factory=dict, init=False)

    @property
    def position(self) -> Position | None:
        """How far it has been written; None when it has not."""
        return Position(name=self._path.name, octets=self._size) if self._descriptor >= 0 else None

    def begin(self, begun: Begun) -> None:
        self._open[begun.transaction] = begun
        self._write(Line(begun=begun))

    def end(self, ended: Ended) -> None:
        was_open = self._open.pop(ended.transaction, None)
        if was_open or ended.rows or ended.counts:
            self._write(Line(ended=ended))

    def renew(self) -> "Retired | None":
        """Begin another file where this one is large, with what is open in it. The old one is complete."""
        if self._size < LARGEST:
            return None
        old = Retired(path=self._path, descriptor=self._descriptor)
        self._descriptor, self._size = -1, 0
        for begun in self._open.values():
            self._write(Line(begun=begun))
        return old

    def close(self) -> Path | None:
        """Give the file up; its path when nothing in it is open, for its removal."""
        if self._descriptor < 0:
            return None
        os.close(self._descriptor)
        self._descriptor = -1
        return None if self._open else self._path

    def _write(self, line: Line) -> None:
        octets = to_json(line, Line) + b"\n"
        try:
            if self._descriptor < 0 or self._process != os.getpid():  # a forked child must not write in its parent's
                self._create()
            if self._torn:
                os.ftruncate(self._descriptor, self._size)
            self._torn = True
            written = 0
            while written < len(octets):
                written += os.write(self._descriptor, octets[written:])
            self._size, self._torn = self._size + len(octets), False
        except OSError as error:
            _log.error("daybook not written, the sums are kept in memory alone: %s", error.strerror)

    def _create(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            path = self.folder / f"{os.getpid()}-{secrets.token_hex(8)}{SUFFIX}"
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is(path, descriptor):
                break
            os.close(descriptor)  # between our two calls another process took it for one that nobody writes
        self._path, self._descriptor, self._process = path, descriptor, os.getpid()
        self._size, self._torn = 0, False


def abandoned(folder: Path) -> Iterator[Path]:
    """The daybooks whose processes are gone, each locked until the next is asked for. Raises OSError."""
    for path in names(folder):
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is(path, descriptor):
                    yield path
        finally:
            os.close(descriptor)


def names(folder: Path) -> list[Path]:
    """All daybooks."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def set_aside(folder: Path) -> list[Path]:
    """Those that a recovery kept because they are damaged."""
    return sorted(folder.glob(f"*{SUFFIX}{BAD}"))


def read(path: Path, beyond: int) -> Found:
    """What stands in it, also behind a line that cannot be read. Raises OSError."""
    begun: dict[str, Begun] = {}
    ended: list[Ended] = []
    bad: list[int] = []
    place = unsynced = 0
    for number, octets in enumerate(BytesIO(path.read_bytes()), start=1):
        line = _line(octets)
        place += len(octets)
        if line is None:
            if b"\0" in octets or not octets.endswith(b"\n"):
                unsynced += place > beyond  # else it is in the books
            else:
                bad.append(number)
            continue
        if line.begun is not None:
            begun[line.begun.transaction] = line.begun
        if line.ended is not None:
            begun.pop(line.ended.transaction, None)
            if place > beyond:
                ended.append(line.ended)
    return Found(ended=tuple(ended), open=tuple(begun.values()), unsynced=unsynced, bad=tuple(bad))


def _line(octets: bytes) -> Line | None:
    if not octets.endswith(b"\n"):
        return None
    try:
        return from_json(octets, Line)
    except ValueError:
        return None


def _is(path: Path, descriptor: int) -> bool:
    """Whether the descriptor's file still has this name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
