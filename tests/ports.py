"""Ports on loopback for what the tests start."""

import itertools
import os
import socket

# Linux gives outgoing connections and binds to port 0 a number from 32,768 on (ip_local_port_range), so a port below
# that is not taken between the moment it is chosen and the moment it is used.
_FIRST, _COUNT = 12_000, 20_000
_STEP = 7_919  # prime to the count: each process walks all ports, from a place of its own
_walk = itertools.count(os.getpid() * _STEP)


def free_port() -> int:
    """A port that nothing uses, neither over TCP nor over UDP; never the same one twice soon."""
    while True:
        port = _FIRST + next(_walk) % _COUNT
        if _is_free(port, socket.SOCK_STREAM) and _is_free(port, socket.SOCK_DGRAM):
            return port


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as one:
        if kind is socket.SOCK_STREAM:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
