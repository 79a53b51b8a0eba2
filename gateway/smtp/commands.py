"""One command line as octets, read into a verb and an argument (RFC 5321 section 2.4, 4.1.1). Pure."""

import re
from dataclasses import dataclass

from gateway.reply import Reply
from gateway.smtp.parameters import Refused
from gateway.smtp.replies import BAD_ARGUMENT, BAD_COMMAND, BAD_LINE_END, CONTROL_CHARACTER, NOT_UTF8

# C0, DEL, C1 and Unicode's own line ends: none has a place in a command, all have been used to forge one.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# A domain or an address literal, and whatever else devices call themselves, but nothing that a Received field quotes.
_HELLO = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.:\[\]-]{1,255}")


class Farewell(Exception):
    """The session ends with `reply`."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


class ClientGone(ConnectionResetError):
    """The client hung up. A class of its own, so that no other broken connection, one of ours, is taken for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    verb: str  # upper case
    argument: str  # empty when there is none


def read_command(line: bytes) -> Command:
    """Read a line without its CRLF. Raises Refused for any octet that has no place in a command."""
    if b"\r" in line or b"\n" in line:
        raise Refused(BAD_LINE_END)  # RFC 5321 section 2.3.8: never recognized as a line end
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise Refused(NOT_UTF8) from None
    if not text.isprintable() and _CONTROL.search(text):  # none of them is printable, and few lines are not
        raise Refused(CONTROL_CHARACTER)
    verb, _, argument = text.partition(" ")
    if not verb.isascii() or not verb.isalpha():
        raise Refused(BAD_COMMAND)
    return Command(verb=verb.upper(), argument=argument.strip(" "))


def read_hello(argument: str) -> str:
    """The name a client gives itself; only its form is checked, for it proves nothing. Raises Refused."""
    if not is_hello(argument):
        raise Refused(BAD_ARGUMENT)
    return argument


def is_hello(text: str) -> bool:
    """Whether a client may call itself so."""
    return _HELLO.fullmatch(text) is not None
