"""Contents too large for memory: unnamed files in the state folder, within one budget for all that is in flight."""

import os
import tempfile
from pathlib import Path

from gateway.mapped import MappedFile, map_file

SPOOL_BUDGET = 4 * 1024**3  # octets


class SpoolFull(OSError):
    """The budget of all contents in flight is used up."""


class Spool:
    """The folder and what may still be written there. One for each process, shared by its listeners."""

    def __init__(self, folder: Path, budget: int = SPOOL_BUDGET) -> None:
        self.folder = folder
        self.free = budget
        self.readers = 0  # contents that are being read or held, in memory as far as a DataReader keeps them there

    def take(self, octets: int) -> None:
        """Count octets about to be written. Raises SpoolFull."""
        if octets > self.free:
            raise SpoolFull("spool budget used up")
        self.free -= octets

    def give_back(self, octets: int) -> None:
        self.free += octets


class SpoolFile:
    """One file without a name; it vanishes with its last reader, also when the process dies. Raises OSError."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._size = 0
        self._file = tempfile.TemporaryFile(dir=spool.folder, buffering=0)  # noqa: SIM115  closed by close()

    def write(self, octets: bytes | bytearray) -> None:
        """Append all of it. Raises OSError when the disk or the budget is full."""
        self._spool.take(len(octets))
        self._size += len(octets)
        rest = memoryview(octets)
        while rest:
            rest = rest[os.write(self._file.fileno(), rest) :]

    def read(self) -> MappedFile:
        """All octets written, for reading only; they stay while somebody holds the map, also after close."""
        return map_file(self._file.fileno(), self._size)

    def close(self) -> None:
        """Give the budget back; may be called twice."""
        self._file.close()
        self._spool.give_back(self._size)
        self._size = 0
