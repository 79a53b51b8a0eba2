"""SMTP replies as octets arrive, without I/O and without trust (RFC 5321 section 4.2).

Owns the grammar of a reply and the cleaning of its text; never decides what a reply means.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from gateway.reply import Reply

MAX_LINE = 2_048  # octets; RFC 5321 section 4.5.3.1.5 says 512, real servers say more
MAX_LINES = 128  # in one reply; the longest EHLO answer of Exchange has about 20
MAX_TEXT = 450  # octets of text handed on, so that our own reply stays below 512 (RFC 5321 section 4.5.3.1.5)

_LINE = re.compile(rb"([2-5][0-5][0-9])(?:([ -])([^\r\n\0]*))?")
_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?: |$)")  # RFC 3463 section 2
_PRINTABLE = bytes(octet if 0x20 <= octet < 0x7F else ord("?") for octet in range(256))


class ReplyError(ValueError):
    """What came is no SMTP reply. Nothing that follows on this connection can be believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireReply:
    """A whole reply: its code and the text of each line, printable ASCII only. `quoted`: a next hop has said it."""

    code: int
    lines: tuple[str, ...]
    quoted: bool = True

    @property
    def positive(self) -> bool:
        return 200 <= self.code < 300

    def reply(self) -> Reply:
        """One line of it: the enhanced status, when its class agrees with the code, and the joined text."""
        match = _STATUS.match(self.lines[0])
        status = match.group(1) if match and match.group(1)[0] == str(self.code)[0] else ""
        text = " ".join(line.removeprefix(status).strip() for line in self.lines)
        return Reply(code=self.code, status=status, text=text.strip()[:MAX_TEXT], quoted=self.quoted)


class ReplyParser:
    """Collects octets and yields whole replies. After a ReplyError it must not be fed again."""

    def __init__(self) -> None:
        self._rest = b""
        self._code = 0
        self._lines: list[str] = []

    @property
    def partial(self) -> bool:
        """Octets have come that are not yet a reply."""
        return bool(self._rest or self._lines)

    def feed(self, octets: bytes) -> Iterator[WireReply]:
        """Yield each reply that is complete, then raise ReplyError if what follows cannot become one."""
        lines = (self._rest + octets).split(b"\r\n")
        self._rest = lines.pop()
        for line in lines:
            reply = self._line(line)
            if reply is not None:
                yield reply
        if len(self._rest.removesuffix(b"\r")) > MAX_LINE:  # the LF of a CRLF may come later
            raise ReplyError("reply line too long")

    def _line(self, line: bytes) -> WireReply | None:
        if len(line) > MAX_LINE or len(self._lines) >= MAX_LINES:
            raise ReplyError("reply too long")
        reply, last = _read_line(line)
        if last and not self._lines:
            return reply
        if self._lines and reply.code != self._code:  # RFC 5321 section 4.2.1: every line has the same code
            raise ReplyError("reply changes its code")
        self._code = reply.code
        self._lines += reply.lines
        if not last:
            return None
        reply = WireReply(code=reply.code, lines=tuple(self._lines))
        self._lines = []
        return reply


@lru_cache(maxsize=64)  # a server says the same few lines for all mail, but for the one to the final dot
def _read_line(line: bytes) -> tuple[WireReply, bool]:
    """A line as if it were the whole reply, and whether it is the last one. Raises ReplyError."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise ReplyError("not an SMTP reply")
    code, sign, text = match.groups()
    printable = (text or b"").translate(_PRINTABLE).decode("ascii")
    return WireReply(code=int(code), lines=(printable,)), sign != b"-"
