"""A forgetful disk: from strace's record of one life, what a power cut would have left at any moment of it.

Nothing is durable but what was synced: the octets of a file by a sync of it, names by a sync of their folder (strict
POSIX; ext4 forgets less). What was not synced may be there as well, wholly, in part, or torn at a sector's end.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import assert_never

SECTOR = 512  # octets that a disk writes wholly or not at all
TRACED = "openat,write,pwrite64,fsync,fdatasync,rename,unlink,ftruncate,mkdir,close,sendto"
RECORDING = (f"trace={TRACED}", "-xx", "-s1000000")  # strings whole and in hexadecimal

_CALL = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


class Kept(Enum):
    """What of the unsynced a power cut leaves."""

    NOTHING = "nothing"
    NAMES = "names only"  # a renamed file is there and empty
    OCTETS = "octets only"
    SOME = "some of both"


@dataclass(frozen=True, slots=True)
class Moment:
    """Before the call of that number; `said` is what the outside world knew by then."""

    number: int
    said: tuple[str, ...]
    disk: "Disk"


@dataclass(slots=True)
class File:
    synced: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)  # offset and octets; None: cut off there
    size: int = 0  # with everything pending

    def write(self, offset: int, octets: bytes) -> None:
        self.pending.append((offset, octets))
        self.size = max(self.size, offset + len(octets))

    def cut(self, size: int) -> None:
        self.pending.append((size, None))
        self.size = size

    def sync(self) -> None:
        for offset, octets in self.pending:
            _apply(self.synced, offset, octets)
        self.pending.clear()

    def left(self, kept: Kept, chance: random.Random) -> bytes:
        octets = bytearray(self.synced)
        for offset, written in self.pending if kept in (Kept.OCTETS, Kept.SOME) else ():
            if kept is Kept.OCTETS or written is None:
                _apply(octets, offset, written)
                continue
            for start in range(0, len(written), SECTOR):
                if chance.random() < 0.5:
                    _apply(octets, offset + start, written[start : start + SECTOR])
        return bytes(octets)


def _apply(octets: bytearray, offset: int, written: bytes | None) -> None:
    if written is None:
        del octets[offset:]
        return
    octets.extend(bytes(max(0, offset - len(octets))))
    octets[offset : offset + len(written)] = written


@dataclass(slots=True)
class Disk:
    """`names` is what a running process sees; a folder's value is None. Pending changes of names by folder."""

    names: dict[str, File | None] = field(default_factory=dict)
    synced: dict[str, File | None] = field(default_factory=dict)
    pending: dict[str, list[tuple[str, File | None, bool]]] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> "Disk":
        """What lies there, all of it synced long ago; paths relative to the folder."""
        disk = cls()
        for path in sorted(folder.rglob("*")):
            octets = None if path.is_dir() else path.read_bytes()
            file = None if octets is None else File(synced=bytearray(octets), size=len(octets))
            disk.names[str(path.relative_to(folder))] = file
        disk.synced = dict(disk.names)
        return disk

    def set(self, path: str, file: File | None) -> None:
        self.names[path] = file
        self.pending.setdefault(_folder(path), []).append((path, file, True))

    def drop(self, path: str) -> None:
        self.pending.setdefault(_folder(path), []).append((path, self.names.pop(path), False))

    def sync_folder(self, folder: str) -> None:
        for path, file, there in self.pending.pop(folder, ()):
            _rename(self.synced, path, file, there)

    def leave(self, folder: Path, kept: Kept, chance: random.Random) -> None:
        """Write what a power cut leaves into an empty folder."""
        names = dict(self.synced)
        for changes in self.pending.values():
            for path, file, there in changes[: _some(len(changes), kept, chance)]:
                _rename(names, path, file, there)
        for path, file in sorted(names.items()):
            if not (folder / path).parent.is_dir():  # its folder's own name was never synced
                continue
            if file is None:
                (folder / path).mkdir(exist_ok=True)
            else:
                (folder / path).write_bytes(file.left(kept, chance))


def _some(number: int, kept: Kept, chance: random.Random) -> int:
    """How many changes of a folder's names are left: file systems keep them in order."""
    match kept:
        case Kept.NOTHING | Kept.OCTETS:
            return 0
        case Kept.NAMES:
            return number
        case Kept.SOME:
            return chance.randint(0, number)
        case never:
            assert_never(never)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _rename(names: dict[str, File | None], path: str, file: File | None, there: bool) -> None:
    if there:
        names[path] = file
    else:
        names.pop(path, None)


def moments(trace: str, start: Path, state: Path) -> Iterator[Moment]:
    """The disk before each call that changes it, and at the end; `start` is what lay in the folder `state` first.

    The disk is one and the same object in each moment, and goes on changing.
    """
    player = _Player(disk=Disk.of(start), root=f"{state}/")
    number = 0
    for line in trace.splitlines():
        match = _CALL.match(line)
        if match is None or int(match.group(3)) < 0:
            continue
        if match.group(1) not in ("openat", "close", "sendto"):
            yield Moment(number=number, said=tuple(player.said), disk=player.disk)
            number += 1
        player.play(match.group(1), match.group(2), int(match.group(3)))
    yield Moment(number=number, said=tuple(player.said), disk=player.disk)


@dataclass(slots=True)
class _Player:
    """Follows descriptors through the record."""

    disk: Disk
    root: str
    said: list[str] = field(default_factory=list)
    _open: dict[int, str] = field(default_factory=dict)
    _files: dict[int, File] = field(default_factory=dict)  # they live on when their names are gone
    _ends: dict[int, int] = field(default_factory=dict)

    def play(self, call: str, arguments: str, result: int) -> None:
        strings = [bytes.fromhex(text.replace("\\x", "")) for text in _STRING.findall(arguments)]
        match call:
            case "openat":
                self._opened(self._inside(strings[0]), arguments, result)
            case "mkdir":
                self._named(self._inside(strings[0]), None)
            case "rename":
                self._renamed(self._inside(strings[0]), self._inside(strings[1]))
            case "unlink":
                if (path := self._inside(strings[0])) is not None:
                    self.disk.drop(path)
            case "sendto":
                self.said += [strings[0].decode()] if not strings[0].endswith(b"\r\n") else []
            case _:
                self._on_descriptor(call, int(arguments.partition(",")[0]), arguments, strings, result)

    def _on_descriptor(self, call: str, number: int, arguments: str, strings: list[bytes], result: int) -> None:
        if number not in self._open:
            return
        file = self._files.get(number)
        match call:
            case "close":
                del self._open[number]
                self._files.pop(number, None)
            case "fsync" | "fdatasync" if file is None:
                self.disk.sync_folder(self._open[number])
            case "fsync" | "fdatasync" if file is not None:
                file.sync()
            case "ftruncate" if file is not None:
                file.cut(int(arguments.rpartition(",")[2]))
            case "pwrite64" if file is not None:
                file.write(int(arguments.rpartition(",")[2]), strings[0][:result])
            case "write" if file is not None:  # what is written so is only ever appended to
                file.write(file.size, strings[0][:result])
            case _:
                raise AssertionError(f"{call}({arguments})")

    def _opened(self, path: str | None, arguments: str, number: int) -> None:
        self._open.pop(number, None)
        self._files.pop(number, None)
        if path is None:
            return
        if path not in self.disk.names and path:
            self.disk.set(path, File())
        self._open[number] = path
        file = self.disk.names.get(path)
        if file is not None:
            self._files[number] = file
            if "O_TRUNC" in arguments:
                file.cut(0)

    def _named(self, path: str | None, file: File | None) -> None:
        if path is not None:
            self.disk.set(path, file)

    def _renamed(self, before: str | None, after: str | None) -> None:
        if before is None or after is None:
            return
        file = self.disk.names[before]
        self.disk.drop(before)
        self.disk.set(after, file)

    def _inside(self, octets: bytes) -> str | None:
        """The path within the state folder; None for another one, empty for the folder itself."""
        path = octets.decode()
        if path == self.root.rstrip("/"):
            return ""
        return path.removeprefix(self.root) if path.startswith(self.root) else None
