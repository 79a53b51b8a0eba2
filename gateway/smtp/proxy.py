"""The PROXY protocol, versions 1 and 2: the address of the client behind a load balancer, told before the banner.

Owns the header at the front of a connection and nothing after it. Who may say it is the session's business: the
octets themselves prove nothing.
"""

import struct
from ipaddress import ip_address

from gateway.networks import plain
from gateway.smtp.intake import CRLF, Intake, LineTooLong

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"  # of version 2; no line that an SMTP client could begin with
MAX_LINE = 107  # octets of a version 1 header with CRLF, the longest that its grammar allows
MAX_BODY = 2_048  # octets behind a version 2 head: two IPv6 addresses take 36, the rest is extensions that we skip
SECONDS = 5.0  # for the whole header: a load balancer sends it with the connection

_HEAD = struct.Struct("!BBH")  # version and command, family and transport, octets that follow
_LOCAL, _PROXY = 0x20, 0x21
_TCP4, _TCP6, _UNSPECIFIED = 0x11, 0x21, 0x00
_SIZES = {_TCP4: 4, _TCP6: 16}  # octets of an address
_FAMILIES = {"TCP4": 4, "TCP6": 6}


class BadHeader(ValueError):
    """The connection does not begin with a PROXY header that we can read. The reason is fit for a log."""


async def read_header(intake: Intake) -> str | None:
    """The client's address; None when the load balancer speaks for itself, as in a health check.

    Takes exactly the header. Raises BadHeader, EOFError, OSError.
    """
    start = await intake.exactly(len(SIGNATURE))
    if start == SIGNATURE:
        kind, family, length = _HEAD.unpack(await intake.exactly(_HEAD.size))
        if length > MAX_BODY:
            raise BadHeader(f"{length} octets of addresses")
        return _version_2(kind, family, await intake.exactly(length))
    if not start.startswith(b"PROXY "):
        raise BadHeader("no PROXY header")
    try:
        line = start + await intake.next_line()
    except LineTooLong:
        raise BadHeader("a line without end") from None
    if len(line) + len(CRLF) > MAX_LINE:
        raise BadHeader(f"a line of {len(line) + len(CRLF)} octets")
    return _version_1(line)


def _version_1(line: bytes) -> str | None:
    words = line.decode("latin-1").split(" ")
    if words[1] == "UNKNOWN":
        return None
    if words[1] not in _FAMILIES or len(words) != 6:
        raise BadHeader("not an address of TCP")
    try:
        source, destination = ip_address(words[2]), ip_address(words[3])
    except ValueError:
        raise BadHeader("not an address") from None
    if {source.version, destination.version} != {_FAMILIES[words[1]]}:
        raise BadHeader("not an address of its family")
    if not all(_is_port(word) for word in words[4:]):
        raise BadHeader("not a port")
    return str(plain(source))


def _is_port(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= 5 and int(word) <= 65_535


def _version_2(kind: int, family: int, body: bytes) -> str | None:
    if kind == _LOCAL:
        return None
    if kind != _PROXY:
        raise BadHeader(f"version and command {kind:#04x}")
    if family == _UNSPECIFIED:
        return None
    if family not in _SIZES:
        raise BadHeader(f"family and transport {family:#04x}")
    size = _SIZES[family]
    if len(body) < 2 * size + 4:
        raise BadHeader(f"{len(body)} octets are no two addresses and ports")
    return str(plain(ip_address(body[:size])))
