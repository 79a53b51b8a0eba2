"""Contents in files, mapped for us and readable for another process without a copy; written only by `overwrite`."""

import errno
import mmap
import os
import weakref
from collections.abc import Callable


class MappedFile(mmap.mmap):
    """A map, for reading only, of a file whose `descriptor` can be handed on: it can only be read, and ends with us.

    mmap keeps a descriptor too, but does not tell it; a copy of 5 MB for a worker would cost 3 ms.
    """

    descriptor: int
    release: Callable[[], object]
    dotted: bool | None = None  # what gateway.received says of it; None: nobody has looked at its lines

    def close(self) -> None:
        """The descriptor ends with the map, also with one that nobody closes."""
        super().close()
        self.release()


def map_file(descriptor: int, octets: int) -> MappedFile:
    """The first `octets` of an open file, which may have no name any more. Raises OSError, ValueError."""
    os.fchmod(descriptor, 0o400)  # whoever is handed it cannot open it once more, for writing
    reading = os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        mapped = MappedFile(reading, octets, prot=mmap.PROT_READ)
    except BaseException:
        os.close(reading)
        raise
    mapped.descriptor = reading
    mapped.release = weakref.finalize(mapped, os.close, reading)
    return mapped


def overwrite(mapped: MappedFile, start: int, octets: bytes) -> None:
    """Put octets in the place of as many from `start`; everybody who reads the map sees them. Raises OSError.

    To be called before the descriptor is handed on: meanwhile its file may be opened for writing.
    """
    if start + len(octets) > len(mapped):
        raise ValueError("beyond the end of the map")
    os.fchmod(mapped.descriptor, 0o600)
    try:
        writing = os.open(f"/proc/self/fd/{mapped.descriptor}", os.O_WRONLY | os.O_CLOEXEC)
    finally:
        os.fchmod(mapped.descriptor, 0o400)
    try:
        mapped.dotted = None
        if os.pwrite(writing, octets, start) != len(octets):
            raise OSError(errno.EIO, "only some of the octets were written")
    finally:
        os.close(writing)
