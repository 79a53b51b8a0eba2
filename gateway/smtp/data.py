"""The content of one message as it arrives after 354: where it ends, what it says, and whether its lines are sound.

Owns RFC 5321 sections 4.1.1.4 and 4.5.2. Works on whatever pieces the network brings, in whole blocks, never by line;
the result does not depend on where the pieces were cut. Never sends anything.
"""

import io
from enum import StrEnum

from gateway.smtp.spool import Spool, SpoolFile
from rules.message import Octets

BLOCK = 1024 * 1024  # octets kept in memory; a larger content goes to the spool, block by block
CROWD = 64  # contents at once from which on each keeps less, so that thousands that never end do not fill the memory
CROWDED_BLOCK = 16 * 1024  # octets
END = b"\r\n.\r\n"
_HELD = len(END) - 1  # octets of a block that may be the beginning of END


class Fault(StrEnum):
    """Why a content cannot be taken; it is read to its true end all the same."""

    TOO_LARGE = "too large"
    NO_ROOM = "no room"


class DataReader:
    """One content. `repair`: bare CR and bare LF become CRLF and NUL goes, before anything else sees the content."""

    def __init__(self, *, limit: int, spool: Spool, repair: bool) -> None:
        self.fault: Fault | None = None
        self.received = 0  # octets from the wire, dots included
        self.repaired = False
        self._limit = limit
        self._spool = spool
        self._repair = repair
        self._open = True
        spool.readers += 1
        self._most = BLOCK if spool.readers <= CROWD else min(BLOCK, CROWDED_BLOCK)
        self._block = bytearray(b"\r\n")  # a content may begin with its end; these two are not part of it
        self._skip = len(self._block)
        self._line_start = False  # the block begins a line, so that a dot there was added by the sender
        self._dotted = False
        self._seen = io.IncrementalNewlineDecoder(None, translate=False)  # records which line ends occur, in C
        self._nul = False
        self._size = 0
        self._file: SpoolFile | None = None
        self._content: Octets = b""

    @property
    def sound(self) -> bool:
        """Every line ended in CRLF and no octet was NUL."""
        return not self._nul and self._seen.newlines in (None, "\r\n")

    @property
    def content(self) -> Octets:
        """The content without added dots; whole once feed has returned what follows it."""
        return self._content

    def feed(self, octets: bytes) -> bytes | None:
        """Take what has arrived; once the end has come, what follows it, else None."""
        searched = max(len(self._block) - _HELD, 0)
        self._block += octets
        self.received += len(octets)
        end = self._find_end(searched)
        if end >= 0:
            after = end + len(END)
            rest = bytes(self._block[after:])
            self.received -= len(rest)
            self._finish(end + 2)
            return rest
        if len(self._block) > self._most:
            self._move_block()
        return None

    def close(self) -> None:
        """Let the content go; may be called twice."""
        self._content = b""
        if self._open:
            self._open = False
            self._spool.readers -= 1
        if self._file is not None:
            self._file.close()
            self._file = None

    def _find_end(self, searched: int) -> int:
        """One search finds both the end and the need to remove dots: nearly no message has a line with a dot.

        A search for the dot alone comes first: it is a hundred times as fast, and base64 has none.
        """
        dot = self._block.find(b".", searched)
        if dot < 0:
            return -1
        at = self._block.find(b"\r\n.", max(dot - 2, 0))
        if at < 0 or self._block.startswith(END, at):
            return at
        self._dotted = True
        return self._block.find(END, at)

    def _move_block(self) -> None:
        cut = len(self._block) - _HELD
        if self._block[cut - 1] == 13:  # a CRLF is never parted, so that blocks can be looked at one by one
            cut -= 1
        block = self._unstuffed(cut)
        del self._block[:cut]
        self._keep(block)

    def _finish(self, cut: int) -> None:
        block = self._unstuffed(cut)
        self._block = bytearray()
        if self._file is None and self.fault is None:
            block = self._checked(block)
            self._size = len(block)
            self._content = block
            if self._size > self._limit:
                self._fail(Fault.TOO_LARGE)
            return
        self._keep(block)
        if self._file is not None:
            self._map()

    def _unstuffed(self, cut: int) -> bytes:
        """The block up to `cut` without the dots that the sender added (RFC 5321 section 4.5.2)."""
        block = bytes(memoryview(self._block)[:cut])
        begins_line, self._line_start = self._line_start, block.endswith(b"\r\n")
        if begins_line and block.startswith(b"."):
            block = block[1:]
        if self._dotted:
            block = block.replace(b"\r\n.", b"\r\n")
            self._dotted = self._block.find(b"\r\n.", cut) >= 0
        if self._skip:
            block, self._skip = block[self._skip :], 0
        return block

    def _checked(self, block: bytes) -> bytes:
        self._nul = self._nul or b"\0" in block
        self._seen.decode(str(block, "latin-1"), final=True)  # a CR at its end is a bare one: CRLF is never parted
        if self.sound or not self._repair:
            return block
        self.repaired = True
        return repaired(block)

    def _keep(self, block: bytes) -> None:
        if self.fault is not None:
            return
        block = self._checked(block)
        self._size += len(block)
        if self._size > self._limit:
            self._fail(Fault.TOO_LARGE)
            return
        try:
            self._file = self._file or SpoolFile(self._spool)
            self._file.write(block)
        except OSError:
            self._fail(Fault.NO_ROOM)

    def _map(self) -> None:
        assert self._file is not None
        try:
            self._content = self._file.read()
        except OSError:
            self._fail(Fault.NO_ROOM)

    def _fail(self, fault: Fault) -> None:
        self.fault = fault
        self.close()


def repaired(block: bytes) -> bytes:
    """Every line end as CRLF, without NUL. Blocks that do not part a CRLF can be repaired one by one."""
    lines = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return lines.replace(b"\0", b"")  # last: a NUL between CR and LF had made two line ends of them
