"""What a trusted hop says of the client behind it: XCLIENT and XFORWARD of Postfix.

A value that cannot be used is taken as not known, but for an address: a client that could have the whole command
refused by calling itself something odd would come in under the name of the hop that speaks for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from ipaddress import ip_address

from gateway.networks import plain
from gateway.smtp.commands import is_hello
from gateway.smtp.parameters import Refused
from gateway.smtp.replies import BAD_ARGUMENT

XCLIENT = ("NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT")  # those that Postfix 3.7 has
XFORWARD = ("NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE")
MAX_VALUE = 255  # characters, as Postfix sends at the most

_UNKNOWN = ("[UNAVAILABLE]", "[TEMPUNAVAIL]")
_IPV6 = "IPV6:"
_HEX = re.compile(r"\+([0-9A-F]{2})")  # xtext, RFC 3461 section 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """None where nothing was said, empty where it was said that nothing is known."""

    address: str | None = None
    hello: str | None = None
    login: str | None = None

    def updated(self, later: "Stated") -> "Stated":
        """What was said later stands, and of the rest what was said before."""
        said = {item.name: getattr(later, item.name) for item in fields(Stated)}
        return replace(self, **{name: value for name, value in said.items() if value is not None})


def read_stated(argument: str, known: tuple[str, ...]) -> Stated:
    """Read what follows XCLIENT or XFORWARD. Raises Refused for another attribute, another grammar, no address."""
    values: dict[str, str] = {}
    for word in argument.split(" "):
        name, equals, value = word.partition("=")
        if not equals or name.upper() not in known or name.upper() in values or len(value) > MAX_VALUE:
            raise Refused(BAD_ARGUMENT)
        values[name.upper()] = "" if value.upper() in _UNKNOWN else _HEX.sub(_decoded, value)
    return Stated(address=_address(values), hello=_usable(values, "HELO"), login=_usable(values, "LOGIN"))


def _decoded(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))


def _address(values: Mapping[str, str]) -> str | None:
    text = values.get("ADDR")
    if not text:
        return text
    if text.upper().startswith(_IPV6):
        text = text[len(_IPV6) :]
    try:
        address = ip_address(text)
    except ValueError:
        raise Refused(BAD_ARGUMENT) from None
    if "%" in text:  # the interface of another machine means nothing here
        raise Refused(BAD_ARGUMENT)
    return str(plain(address))


def _usable(values: Mapping[str, str], name: str) -> str | None:
    value = values.get(name)
    if value is None:
        return None
    fit = is_hello(value) if name == "HELO" else value.isascii() and value.isprintable() and " " not in value
    return value if fit else ""
