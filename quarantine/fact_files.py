"""Stored facts in files: lines of JSON behind a first line that says what was asked. Bounded, and they may be lost.

Written behind the reply, without fsync: mail never waits for them and never fails because of them.
"""

import contextlib
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Timer

from rules.document import from_json, to_json
from rules.stored import Asked, StoredFact

FOLDER = "facts"  # under the state folder
SUFFIX = ".jsonl"
MAX_FILE = 16 * 1024 * 1024  # octets; some forty thousand messages
FLUSH_SECONDS = 1.0  # what a crash may take
MAX_WAITING = 50_000  # facts in memory while the disk does not take them; those beyond are dropped

_log = logging.getLogger("mailward.facts")


@dataclass(slots=True, kw_only=True)
class FactFiles:
    """The files of one process in a folder that several share. `limit` is the octets that all of them may have."""

    folder: Path
    limit: int
    _waiting: list[tuple[Asked, StoredFact]] = field(default_factory=list, init=False)
    _timer: Timer | None = field(default=None, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)
    _writing: Lock = field(default_factory=Lock, init=False)
    _descriptor: int = field(default=-1, init=False)
    _asked: Asked | None = field(default=None, init=False)
    _size: int = field(default=0, init=False)

    @property
    def _most(self) -> int:
        """Octets of one file: several fit in, so that making room takes the oldest alone."""
        return min(MAX_FILE, self.limit // 4)

    def keep(self, asked: Asked, fact: StoredFact) -> None:
        """Keep one, within a second. Never raises and never blocks on disk."""
        if not self.limit:
            return
        with self._lock:
            if len(self._waiting) < MAX_WAITING:
                self._waiting.append((asked, fact))
            if self._timer is None:
                self._timer = Timer(FLUSH_SECONDS, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Write what waits; what cannot be written is dropped and told in the log."""
        with self._writing:
            with self._lock:
                waiting, self._waiting, self._timer = self._waiting, [], None
            try:
                for asked, fact in waiting:
                    self._write(asked, to_json(fact, StoredFact) + b"\n")
            except OSError as error:
                _log.warning("%d stored facts are lost: %s", len(waiting), error.strerror)
                self._close()

    def close(self) -> None:
        self.flush()
        with self._writing:
            self._close()

    def _write(self, asked: Asked, line: bytes) -> None:
        if self._descriptor < 0 or asked != self._asked or self._size + len(line) > self._most:
            self._open(asked)
        os.write(self._descriptor, line)
        self._size += len(line)

    def _open(self, asked: Asked) -> None:
        self._close()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_room(self.folder, self.limit - self._most)
        path = self.folder / f"{time.time_ns()}-{os.getpid()}{SUFFIX}"
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._asked, self._size = asked, 0
        head = to_json(asked, Asked) + b"\n"
        os.write(self._descriptor, head)
        self._size = len(head)

    def _close(self) -> None:
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1


def make_room(folder: Path, limit: int) -> None:
    """Remove the oldest files until the others have no more octets than `limit`."""
    files = fact_files(folder)
    total = 0
    for path in reversed(files):
        with contextlib.suppress(FileNotFoundError):  # another process makes room too
            total += path.stat().st_size
            if total > limit:
                path.unlink()


def fact_files(folder: Path) -> tuple[Path, ...]:
    """All files, oldest first."""
    return tuple(sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: (int(path.stem.partition("-")[0]), path.name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Lines of one file, which were asked alike; not yet read."""

    asked: Asked
    lines: tuple[bytes, ...]

    @property
    def octets(self) -> int:
        return sum(map(len, self.lines))

    def facts(self) -> Iterator[StoredFact]:
        """A line that a crash cut short is passed over."""
        for line in self.lines:
            with contextlib.suppress(ValueError):
                yield from_json(line, StoredFact)


def batches(folder: Path, size: int) -> Iterator[Batch]:
    """Every stored fact, oldest file first, at most `size` at a time. Raises OSError."""
    for path in fact_files(folder):
        with path.open("rb") as file:
            try:
                asked = from_json(file.readline(), Asked)
            except ValueError:
                continue
            lines: list[bytes] = []
            for line in file:
                lines.append(line)
                if len(lines) == size:
                    yield Batch(asked=asked, lines=tuple(lines))
                    lines = []
            if lines:
                yield Batch(asked=asked, lines=tuple(lines))
