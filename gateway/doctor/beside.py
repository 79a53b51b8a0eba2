"""What holds of every MTA that asks us: how long it must wait, and what the words of its settings mean. Pure."""

import re
import socket
from collections.abc import Sequence
from ipaddress import ip_address

from gateway.config import Config, MilterListener, NextHop

LEAST_COMMAND = 30.0  # seconds to wait for MAIL and RCPT; they are answered at once, but for a busy machine
LEAST_CONTENT = 90.0  # from the end of a message to our answer at the latest
SMTP_PORT = 25

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def names(milter: MilterListener, text: str) -> bool:
    """Whether an MTA's words for sockets name this one: `inet:host:port`, Sendmail's `inet:port@host`, a path."""
    if milter.socket is not None:
        return re.search(rf"(?<![\w./-]){re.escape(str(milter.socket))}(?![\w./-])", text) is not None
    return re.search(rf"inet6?:(?:\S*:)?{milter.port}(?:@|(?![\w.]))", text) is not None


def seconds_of(text: str) -> float | None:
    """`30s`, `5m`; a bare number is seconds. None for what is neither."""
    match = re.fullmatch(r"(\d+)([smhdw]?)", text.strip())
    return None if match is None else float(int(match[1]) * _UNITS[match[2] or "s"])


def port_of(name: str) -> int | None:
    """Of a number, or of a service by its name, with an address before it or without. None for no port at all."""
    word = name.rpartition(":")[2]
    if word.isascii() and word.isdecimal():
        return int(word)
    try:
        return socket.getservbyname(word, "tcp")
    except OSError:
        return None


def releases_at(config: Config, port: int | None) -> Sequence[NextHop]:
    """The next hops on this machine, at that port, that released mail is handed to."""
    hops = {milter.next_hop: config.next_hop(milter.next_hop) for milter in config.milters}
    return [hop for hop in hops.values() if hop.port == port and _is_here(hop.host or "")]


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
