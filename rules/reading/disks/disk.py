"""A disk as its readers see it: octets by offset, however they are stored; and what one image may ask of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from rules.message import Octets
from rules.reading.budget import MEBIBYTE, LimitExceeded, Meter
from rules.reading.member import Unreadable

MAX_DEPTH = 50  # folders inside each other; Windows itself opens no path longer than 260 characters
MAX_FOLDERS = 16 * MEBIBYTE  # octets of all folders of one image: 5,000 files with long names take a tenth of it
_STEP = MEBIBYTE  # octets read between two looks at the budget


class Disk(Protocol):
    """`read` gives at most `count` octets, fewer at the end, none beyond it; it never raises."""

    @property
    def size(self) -> int: ...

    def read(self, at: int, count: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class OctetsOnDisk:
    """An image that holds the disk as it is."""

    octets: Octets

    @property
    def size(self) -> int:
        return len(self.octets)

    def read(self, at: int, count: int) -> bytes:
        return bytes(self.octets[at : at + count]) if at >= 0 else b""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a disk, as a partition is."""

    disk: Disk
    start: int
    size: int

    def read(self, at: int, count: int) -> bytes:
        return self.disk.read(self.start + at, min(count, self.size - at)) if 0 <= at < self.size else b""


@dataclass(slots=True)
class Tally:
    """What the reading of one image has taken and met so far. Directories only claim: octets count when read."""

    meter: Meter
    faults: list[str] = field(default_factory=list)
    folders: int = 0  # octets

    def folder(self, count: int) -> None:
        """`count` more octets of a folder are about to be read."""
        self.folders += count
        if self.folders > MAX_FOLDERS:
            raise LimitExceeded(f"a disk image with more than {MAX_FOLDERS // MEBIBYTE} MiB of folders")

    def pieces(self, disk: Disk, at: int, count: int) -> Iterator[bytes]:
        """A file's octets on the disk, fewer than `count` where the disk ends; counted before they are kept."""
        for start in range(at, at + count, _STEP):
            wanted = min(_STEP, at + count - start)
            piece = disk.read(start, wanted)
            self.meter.octets(len(piece))
            yield piece
            if len(piece) < wanted:
                return

    def zeros(self, count: int) -> Iterator[bytes]:
        """What was never written, and reads as zeros."""
        for start in range(0, count, _STEP):
            piece = bytes(min(_STEP, count - start))
            self.meter.octets(len(piece))
            yield piece

    def fault(self, words: str) -> None:
        self.faults.append(words[:200])

    def tell(self) -> None:
        """Raises Unreadable when anything could not be read."""
        if self.faults:
            raise Unreadable("; ".join(dict.fromkeys(self.faults[:3])))
