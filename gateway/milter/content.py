"""The content as an MTA tells it, together again: field by field, then the body in chunks. In memory or the spool."""

import io
import re
from enum import StrEnum

from gateway.smtp.data import BLOCK
from gateway.smtp.spool import Spool, SpoolFile
from rules.message import Octets

_LINE_END = re.compile(rb"\r?\n")


class Fault(StrEnum):
    TOO_LARGE = "too large"
    NO_ROOM = "no room"


class Content:
    """One message's. `exact`: field bodies come with the blank behind the colon, where there was one."""

    def __init__(self, *, limit: int, spool: Spool, exact: bool) -> None:
        self.fault: Fault | None = None
        self._limit = limit
        self._spool = spool
        self._colon = b":" if exact else b": "
        self._size = 0
        self._block = bytearray()
        self._file: SpoolFile | None = None
        self._seen = io.IncrementalNewlineDecoder(None, translate=False)  # records which line ends occur, in C
        self._nul = False

    @property
    def sound(self) -> bool:
        """After finish: every line ended in CRLF and no octet was NUL. Readers behind the MTA will see what we saw."""
        return not self._nul and self._seen.newlines in (None, "\r\n")

    def add_field(self, name: bytes, value: bytes) -> None:
        """Folded lines come with LF alone (libmilter's xxfi_header)."""
        if b"\n" in value:
            value = _LINE_END.sub(b"\r\n", value)
        self.add(name + self._colon + value + b"\r\n")

    def add(self, octets: bytes) -> None:
        """What does not fit is counted and forgotten: the fault is told at the end."""
        if self.fault is not None:
            return
        self._size += len(octets)
        if self._size > self._limit:
            self._fail(Fault.TOO_LARGE)
            return
        if self._file is not None:  # a chunk of a large body: copied no further than into the file
            self._write(self._file, octets)
            return
        self._block += octets  # and looked at in one go, for a small message comes in dozens of pieces
        if len(self._block) > BLOCK:
            self._move()

    def finish(self) -> Octets:
        """All of it; empty after a fault."""
        if self._file is None:
            block = bytes(self._block)
            self._look(block, last=True)
            return block
        self._look(b"", last=True)
        try:
            return self._file.read()
        except OSError:
            self._fail(Fault.NO_ROOM)
            return b""

    def close(self) -> None:
        """Let the content go; may be called twice."""
        self._block = bytearray()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _move(self) -> None:
        block, self._block = bytes(self._block), bytearray()
        try:
            self._file = SpoolFile(self._spool)
        except OSError:
            self._fail(Fault.NO_ROOM)
            return
        self._write(self._file, block)

    def _write(self, file: SpoolFile, octets: bytes) -> None:
        self._look(octets)
        try:
            file.write(octets)
        except OSError:
            self._fail(Fault.NO_ROOM)

    def _fail(self, fault: Fault) -> None:
        self.fault = fault
        self.close()

    def _look(self, octets: bytes, *, last: bool = False) -> None:
        """A CRLF may be cut by two chunks: the CR waits for its LF, unless it is the last octet of all."""
        self._nul = self._nul or b"\0" in octets
        self._seen.decode(str(octets, "latin-1"), last)
