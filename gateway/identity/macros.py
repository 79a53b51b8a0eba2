"""Macros of SPF records (RFC 7208 section 7): text with facts of the transaction in it. Pure."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

MAX_NAME = 253  # characters of a domain name; what is longer loses labels from the left (section 7.3)

_PIECE = re.compile(r"%\{([slodiphcrtv])([0-9]{0,3})(r?)([.+,/_=-]*)\}|%([%_-])|([^%]+)", re.IGNORECASE)
_ESCAPES = {"%": "%", "_": " ", "-": "%20"}
_CUT = "\0"  # in no value; and no pattern is compiled for each of a record's thousand lists of delimiters
_EXPLANATION_ONLY = "crt"  # letters that have no place in a domain


class MacroError(ValueError):
    """The text is no macro-string."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MacroFacts:
    sender: str  # local@domain; never empty
    domain: str
    client: IPv4Address | IPv6Address
    hello: str
    name: str = ""  # a validated name of the client


def expand(text: str, facts: MacroFacts) -> str:
    """The domain name that a domain-spec stands for. Raises MacroError."""
    parts: list[str] = []
    position = 0
    while position < len(text):
        match = _PIECE.match(text, position)
        if match is None:
            raise MacroError(f"not a macro: {text[position : position + 20]}")
        letter, digits, turned, delimiters, escape, literal = match.groups()
        if letter:
            parts.append(_macro(letter, digits, bool(turned), delimiters or ".", facts))
        else:
            parts.append(literal or _ESCAPES[escape])
        position = match.end()
    return _shortened("".join(parts))


def _macro(letter: str, digits: str, turned: bool, delimiters: str, facts: MacroFacts) -> str:
    if letter.lower() in _EXPLANATION_ONLY or (digits and int(digits) == 0):
        raise MacroError(f"%{{{letter}{digits}}} in a domain")
    pieces = _value(letter.lower(), facts).translate(dict.fromkeys(map(ord, delimiters), _CUT)).split(_CUT)
    if turned:
        pieces.reverse()
    if digits:
        pieces = pieces[-int(digits) :]
    value = ".".join(pieces)
    return quote(value, safe="-._~") if letter.isupper() else value


def _value(letter: str, facts: MacroFacts) -> str:
    local, _, domain = facts.sender.rpartition("@")
    match letter:
        case "s":
            return facts.sender
        case "l":
            return local
        case "o":
            return domain
        case "d":
            return facts.domain
        case "i":
            return _dotted(facts.client)
        case "v":
            return "in-addr" if facts.client.version == 4 else "ip6"
        case "h":
            return facts.hello
        case _:
            return facts.name or "unknown"  # p, whose use section 7.3 advises against


def _dotted(client: IPv4Address | IPv6Address) -> str:
    if isinstance(client, IPv4Address):
        return str(client)
    return ".".join(client.exploded.replace(":", "").upper())


def _shortened(name: str) -> str:
    if len(name) <= MAX_NAME:
        return name
    cut = name.find(".", len(name) - MAX_NAME - 1)  # at once: a record can make half a million characters of it
    return name[cut + 1 :] if cut >= 0 else name.rpartition(".")[2]
