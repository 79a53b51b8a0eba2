"""What a milter may answer, as octets. Pure; refuses to write what would end a string or a line early.

The codec is whole. What Mailward never says stands below `delete_recipient`: the rights to it are not asked for
(gateway.milter.negotiation), and an MTA carries out nothing else.
"""

import re
from collections.abc import Mapping

from gateway.milter.commands import NUMBERS
from gateway.milter.packets import LENGTH
from gateway.milter.protocol import ResponseCode, Right, Stage, Step
from gateway.reply import Reply
from gateway.smtp.replies import passed_up

_ENDS = re.compile(rb"[\0\r\n]")  # a string, or its line
# A field body goes folded, with LF alone (libmilter's smfi_addheader).
_ENDS_FIELD = re.compile(rb"[\0\r]|\n(?![ \t])")


class Unwritable(ValueError):
    """A string of ours has an octet that the protocol has no room for."""


def simple(code: ResponseCode) -> bytes:
    """A response without data: continue, accept, reject, tempfail, discard, skip, progress and their like."""
    return _packet(code, b"")


def negotiated(version: int, rights: Right, steps: Step, macros: Mapping[Stage, str]) -> bytes:
    """The answer to an offer; `macros` only with Right.CHOOSE_MACROS."""
    chosen = b"".join(LENGTH.pack(stage) + _string(names.encode()) for stage, names in macros.items())
    return _packet(ResponseCode.NEGOTIATE, NUMBERS.pack(version, rights, steps) + chosen)


def refusal(reply: Reply) -> bytes:
    """A 4xx or 5xx with our words. A per cent sign would be read as a macro by Sendmail."""
    line = str(passed_up(reply)).replace("%", "?")
    return _packet(ResponseCode.REPLY, _string(line.encode("ascii")))


def insert_header(index: int, name: bytes, value: bytes) -> bytes:
    """`index` 0 is above everything that the message has."""
    return _packet(ResponseCode.INSERT_HEADER, LENGTH.pack(index) + _string(name) + _value(value))


def change_header(index: int, name: bytes, value: bytes) -> bytes:
    """The `index`-th field of that name, from 1; an empty value removes it."""
    return _packet(ResponseCode.CHANGE_HEADER, LENGTH.pack(index) + _string(name) + _value(value))


def delete_recipient(path: bytes) -> bytes:
    """`path` as it came in RCPT, with its angle brackets."""
    return _packet(ResponseCode.DELETE_RECIPIENT, _string(path))


def add_header(name: bytes, value: bytes) -> bytes:
    """Below the fields there are. Ours go on top, where nobody takes them for the sender's."""
    return _packet(ResponseCode.ADD_HEADER, _string(name) + _value(value))


def add_recipient(path: bytes) -> bytes:
    return _packet(ResponseCode.ADD_RECIPIENT, _string(path))


def add_recipient_with_parameters(path: bytes, parameters: bytes) -> bytes:
    return _packet(ResponseCode.ADD_RECIPIENT_WITH_PARAMETERS, _string(path) + _string(parameters))


def change_from(path: bytes, parameters: bytes = b"") -> bytes:
    return _packet(ResponseCode.CHANGE_FROM, _string(path) + (_string(parameters) if parameters else b""))


def quarantine(reason: bytes) -> bytes:
    """Into the MTA's own hold queue, for all recipients at once, and with no record of ours."""
    return _packet(ResponseCode.QUARANTINE, _string(reason))


def replace_body(octets: bytes) -> bytes:
    """The next octets of another body. Where the MTA's default is accept, Postfix forgets them with the connection."""
    return _packet(ResponseCode.REPLACE_BODY, octets)


def _packet(code: ResponseCode, payload: bytes) -> bytes:
    return LENGTH.pack(1 + len(payload)) + code.encode() + payload


def _string(octets: bytes) -> bytes:
    return _checked(octets, _ENDS)


def _value(octets: bytes) -> bytes:
    return _checked(octets, _ENDS_FIELD)


def _checked(octets: bytes, ends: re.Pattern[bytes]) -> bytes:
    if ends.search(octets):
        raise Unwritable(repr(octets[:80]))
    return octets + b"\0"
