"""The content of one message as it arrives after 354: where it ends, what it says, and whether its lines are sound.

Owns RFC 5321 sections 4.1.1.4 and 4.5.2. Works on whatever pieces the network brings, in whole blocks, never by line;
the result does not depend on where the pieces were cut. Never sends anything.
"""

import io
from enum import StrEnum

from gateway.received import received
from gateway.smtp.spool import Spool, SpoolFile
from rules.message import Octets

BLOCK = 1024 * 1024  # octets kept in memory; a larger content goes to the spool, block by block
CROWD = 64  # contents at once from which on each keeps less, so that thousands that never end do not fill the memory
CROWDED_BLOCK = 16 * 1024  # octets
WRITTEN = 64 * 1024  # octets at least that go to the file at once
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
        self._held = b"\r\n"  # in what END may begin; a content may begin with its end, so first in two before it
        self._skip = len(self._held)
        self._line_start = True  # what comes begins a line, so that a dot there was added by the sender
        self._dotted = False  # a line of the content may begin with a dot
        self._seen = io.IncrementalNewlineDecoder(None, translate=False)  # records which line ends occur, in C
        self._nul = False
        self._size = 0
        self._memory = bytearray()  # what is not in the file
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
        self.received += len(octets)
        block = self._held + octets
        end, dotted = _find_end(block)
        if end >= 0:
            rest = block[end + len(END) :]
            self.received -= len(rest)
            self._finish(self._unstuffed(block, end + 2, dotted))
            return rest
        cut = max(len(block) - _HELD, 0)
        if cut and block[cut - 1] == 13:  # a CRLF is never parted, so that blocks can be looked at one by one
            cut -= 1
        self._held = block[cut:]
        if cut:
            self._keep(self._unstuffed(block, cut, dotted))
        return None

    def close(self) -> None:
        """Let the content go; may be called twice."""
        self._content = b""
        self._memory = bytearray()
        if self._open:
            self._open = False
            self._spool.readers -= 1
        if self._file is not None:
            self._file.close()
            self._file = None

    def _unstuffed(self, block: bytes, cut: int, dotted: bool) -> bytes:
        """The block up to `cut` without the dots that the sender added (RFC 5321 section 4.5.2)."""
        block, self._skip = block[self._skip : cut], 0
        begins_line = self._line_start and block.startswith(b".")
        if block:
            self._line_start = block.endswith(b"\r\n")
        self._dotted = self._dotted or dotted or begins_line
        if begins_line:
            block = block[1:]
        return block.replace(b"\r\n.", b"\r\n") if dotted else block

    def _keep(self, block: bytes) -> None:
        block = self._counted(block)
        if self.fault is None:
            self._memory += block
            if len(self._memory) > self._most:
                self._spill()

    def _finish(self, block: bytes) -> None:
        block = self._counted(block)
        if self.fault is not None:
            return
        if self._file is None:
            whole = bytes(self._memory + block) if self._memory else block
            self._content = received(whole, dotted=self._dotted) if self.sound or self.repaired else whole
        else:
            self._memory += block
            self._spill()
            self._map()
        self._memory = bytearray()

    def _counted(self, block: bytes) -> bytes:
        """The block checked, repaired where that is wanted, and counted; nothing of a content that cannot be taken."""
        if self.fault is not None:
            return b""
        block = self._checked(block)
        self._size += len(block)
        if self._size > self._limit:
            self._fail(Fault.TOO_LARGE)
        return block

    def _checked(self, block: bytes) -> bytes:
        self._nul = self._nul or b"\0" in block
        self._seen.decode(str(block, "latin-1"), final=True)  # a CR at its end is a bare one: CRLF is never parted
        if self.sound or not self._repair:
            return block
        self.repaired = self._dotted = True
        return repaired(block)

    def _spill(self) -> None:
        try:
            self._file = self._file or SpoolFile(self._spool)
            self._file.write(self._memory)
        except OSError:
            self._fail(Fault.NO_ROOM)
        self._memory = bytearray()
        self._most = min(self._most, WRITTEN)

    def _map(self) -> None:
        if self._file is None:  # it could not be written
            return
        try:
            content = self._file.read()
        except OSError:
            self._fail(Fault.NO_ROOM)
        else:
            if self.sound or self.repaired:
                content.dotted = self._dotted
            self._content = content

    def _fail(self, fault: Fault) -> None:
        self.fault = fault
        self.close()


def _find_end(block: bytes) -> tuple[int, bool]:
    """Where END begins, or -1, and whether a line begins with a dot: one search for both, for nearly none does.

    A search for the dot alone comes first: it is a hundred times as fast, and base64 has none.
    """
    dot = block.find(b".")
    if dot < 0:
        return -1, False
    at = block.find(b"\r\n.", max(dot - 2, 0))
    if at < 0 or block.startswith(END, at):
        return at, False
    if END.startswith(block[at:]):  # as far as it has come
        return -1, False
    return block.find(END, at), True


def repaired(block: bytes) -> bytes:
    """Every line end as CRLF, without NUL. Blocks that do not part a CRLF can be repaired one by one."""
    lines = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return lines.replace(b"\0", b"")  # last: a NUL between CR and LF had made two line ends of them
