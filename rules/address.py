"""Mail addresses of the envelope: a strict grammar in, a comparable value out (RFC 5321 section 4.1.2).

Owns what an address is; never asks whether it exists.
"""

import ipaddress
import re
from dataclasses import dataclass

MAX_LOCAL_PART = 64  # RFC 5321 section 4.5.3.1.1
MAX_DOMAIN = 255  # RFC 5321 section 4.5.3.1.2
MAX_PATH = 256  # RFC 5321 section 4.5.3.1.3

# Each class by what is not in it: a range up to the last sign of Unicode takes `re` milliseconds to compile, and every
# process of ours starts with these. So all signs beyond ASCII are in each (RFC 6531 section 3.3).
_ATEXT = r"[^\x00- \"(),.:;<>@\[\\\]\x7f]"
_LET_DIG = r"[^\x00-/:-@\[-`{-\x7f]"
_LDH = r"[^\x00-,./:-@\[-`{-\x7f]"
_QTEXT = r'[^\x00-\x1f"\\\x7f]'
_DOT_STRING = rf"{_ATEXT}+(?:\.{_ATEXT}+)*"
_QUOTED = rf'"(?:{_QTEXT}|\\[\x20-\x7e])*"'
_LABEL = rf"{_LET_DIG}(?:{_LDH}{{0,61}}{_LET_DIG})?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_LITERAL = r"\[(?:[0-9.]{7,15}|(?i:IPv6):[0-9A-Fa-f:.]{2,45})\]"
_MAILBOX = re.compile(rf"({_DOT_STRING}|{_QUOTED})@({_DOMAIN}|{_LITERAL})")


class AddressError(ValueError):
    """The text is not a mailbox of RFC 5321."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A mailbox. The local part keeps its case for the wire; comparison ignores case, as every city's server does."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def key(self) -> str:
        """The form to compare and look up by. Domains are lower case and not folded further: ß and ss are two hosts."""
        return f"{self.local.casefold()}@{self.domain}"

    @property
    def is_ascii(self) -> bool:
        return str(self).isascii()


def is_address(text: str) -> bool:
    """Whether `parse_address` would take it."""
    try:
        parse_address(text)
    except AddressError:
        return False
    return True


def key_of(text: str) -> str:
    """The `Address.key` of an address that was printed with `str`."""
    local, _, domain = text.rpartition("@")
    return f"{local.casefold()}@{domain.lower()}"


def parse_address(text: str) -> Address:
    """Read `local@domain` exactly. Raises AddressError for all else.

    Routes, blanks outside quotes, control and format characters, lone surrogates and a trailing dot are all else.
    """
    if len(text) > MAX_PATH - 2:  # the path's limit counts the angle brackets too
        raise AddressError("address too long")
    match = _MAILBOX.fullmatch(text)
    # Of the characters above ASCII that RFC 6531 lets in, those that show nothing or turn the line would only deceive.
    if match is None or not text.isprintable():
        raise AddressError("not a mailbox")
    local, domain = match.groups()
    if len(local.encode()) > MAX_LOCAL_PART or len(domain.encode()) > MAX_DOMAIN or len(text.encode()) > MAX_PATH - 2:
        raise AddressError("address too long")
    if domain.startswith("["):
        _check_literal(domain[1:-1])
    return Address(local=local, domain=domain.lower())


def _check_literal(text: str) -> None:
    """RFC 5321 section 4.1.3; the general form of other address families has no user."""
    tag, colon, rest = text.partition(":")
    try:
        if colon:
            ipaddress.IPv6Address(rest)
        else:
            ipaddress.IPv4Address(tag)
    except ValueError:
        raise AddressError("not an address literal") from None
