"""The content as an MTA tells it, together again: field by field, then the body in chunks. In memory or the spool."""

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
        self._sound = True
        self._after_cr = False

    @property
    def sound(self) -> bool:
        """Every line ended in CRLF and no octet was NUL: what we read is what each reader behind the MTA will."""
        return self._sound and not self._after_cr

    def add_field(self, name: bytes, value: bytes) -> None:
        """Folded lines come with LF alone (libmilter's xxfi_header)."""
        if b"\n" in value:
            value = _LINE_END.sub(b"\r\n", value)
        self.add(name + self._colon + value + b"\r\n")

    def add(self, octets: bytes) -> None:
        """What does not fit is counted and forgotten: the fault is told at the end."""
        if self.fault is not None or not octets:
            return
        self._look(octets)
        self._size += len(octets)
        if self._size > self._limit:
            self._fail(Fault.TOO_LARGE)
            return
        self._block += octets
        if len(self._block) > BLOCK:
            self._move_block()

    def finish(self) -> Octets:
        """All of it; empty after a fault."""
        if self._file is None:
            return bytes(self._block)
        self._move_block()
        try:
            return self._file.read() if self._file is not None else b""
        except OSError:
            self._fail(Fault.NO_ROOM)
            return b""

    def close(self) -> None:
        """Let the content go; may be called twice."""
        self._block = bytearray()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _move_block(self) -> None:
        try:
            self._file = self._file or SpoolFile(self._spool)
            self._file.write(bytes(self._block))
            self._block.clear()
        except OSError:
            self._fail(Fault.NO_ROOM)

    def _fail(self, fault: Fault) -> None:
        self.fault = fault
        self.close()

    def _look(self, octets: bytes) -> None:
        """A CRLF may be cut by two chunks: the CR waits for its LF."""
        pairs = octets.count(b"\r\n") + (self._after_cr and octets[:1] == b"\n")
        waiting = octets[-1:] == b"\r"
        returns = octets.count(b"\r") + self._after_cr - waiting
        if not pairs == returns == octets.count(b"\n") or b"\0" in octets:
            self._sound = False
        self._after_cr = waiting
