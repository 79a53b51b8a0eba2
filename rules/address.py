"""Mail addresses of the envelope: a strict grammar in, a comparable value out (RFC 5321 section 4.1.2).

Owns what an address is; never asks whether it exists.
"""

import re
from dataclasses import dataclass

MAX_LOCAL_PART = 64  # RFC 5321 section 4.5.3.1.1
MAX_DOMAIN = 255  # RFC 5321 section 4.5.3.1.2
MAX_PATH = 256  # RFC 5321 section 4.5.3.1.3

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]"
_DOT_STRING = rf"{_ATEXT}+(?:\.{_ATEXT}+)*"
_QUOTED = r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e\u0080-\U0010ffff]|\\[\x20-\x7e])*"'
_LABEL = r"[A-Za-z0-9\u0080-\U0010ffff](?:[A-Za-z0-9\-\u0080-\U0010ffff]{0,61}[A-Za-z0-9\u0080-\U0010ffff])?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_LITERAL = r"\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9A-Fa-f:.]{2,45})\]"
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
        """The form to compare and look up by."""
        return str(self).casefold()

    @property
    def is_ascii(self) -> bool:
        return str(self).isascii()


def parse_address(text: str) -> Address:
    """Read `local@domain` exactly; routes, blanks, control characters and a trailing dot raise AddressError."""
    match = _MAILBOX.fullmatch(text)
    if match is None:
        raise AddressError("not a mailbox")
    local, domain = match.groups()
    if len(local.encode()) > MAX_LOCAL_PART or len(domain.encode()) > MAX_DOMAIN or len(text.encode()) > MAX_PATH - 2:
        raise AddressError("address too long")
    return Address(local=local, domain=domain.lower())
