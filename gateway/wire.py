"""Frames between the gateway and its inspection workers: typed JSON, bounded, over a Unix socket pair.

The worker is the side that may have been taken over by a message, so what comes from it is only ever
read as a `Judgement`, never as code or pickles.
"""

import mmap
import os
import socket
import struct
from dataclasses import dataclass, fields
from datetime import datetime

from gateway.sandbox.layers import Refusal
from rules.message import Message, Octets
from rules.transaction import Client, Direction, Envelope, ListenerKind, Transaction

HEADER = struct.Struct("!II")  # octets of JSON, octets of inline content
INLINE = b"I"
DESCRIPTOR = b"D"
MAX_INLINE = 256 * 1024  # larger contents travel as an open descriptor: two copies less
MAX_ENVELOPE = 2 * 1024 * 1024  # a thousand recipients with their DSN parameters
MAX_REPLY = 4 * 1024 * 1024  # evidence and preview are bounded by the detectors; this is the last word


MAX_STARTED = 8 * 1024  # the reasons for what is refused are sentences


class WireError(Exception):
    """The other side broke the protocol or went away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preface:
    """A transaction without its octets, which travel behind it."""

    id: str
    received: datetime
    listener: str
    kind: ListenerKind
    direction: Direction | None
    client: Client
    envelope: Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What the inspection side and each worker say first: who it is, and what of its confinement is missing."""

    pid: int
    refused: tuple[Refusal, ...]


def preface_of(transaction: Transaction) -> Preface:
    return Preface(**{item.name: getattr(transaction, item.name) for item in fields(Preface)})


def transaction_of(preface: Preface, octets: Octets) -> Transaction:
    parts = {item.name: getattr(preface, item.name) for item in fields(Preface)}
    return Transaction(**parts, message=Message(octets))


def content_descriptor(octets: Octets) -> int:
    """An anonymous file with the octets, for handing on; the caller closes it."""
    descriptor = os.memfd_create("content", os.MFD_CLOEXEC)
    view = memoryview(octets)
    try:
        written = 0
        while written < len(view):
            written += os.write(descriptor, view[written:])
    except BaseException:
        os.close(descriptor)
        raise
    finally:
        view.release()
    return descriptor


def receive_content(sock: socket.socket) -> tuple[bytes, Octets] | None:
    """Blocking, in the worker: the envelope's JSON and the octets; None when the gateway has closed."""
    kind, descriptors, _, _ = socket.recv_fds(sock, 1, 1)
    if not kind:
        return None
    try:
        envelope_size, content_size = HEADER.unpack(receive_exactly(sock, HEADER.size))
        envelope = receive_exactly(sock, envelope_size)
        if kind == INLINE:
            return envelope, receive_exactly(sock, content_size)
        return envelope, mmap.mmap(descriptors[0], 0, prot=mmap.PROT_READ)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def receive_exactly(sock: socket.socket, size: int) -> bytes:
    """Blocking; raises WireError when the other side ends early."""
    buffer = bytearray(size)
    view = memoryview(buffer)
    have = 0
    while have < size:
        count = sock.recv_into(view[have:])
        if count == 0:
            raise WireError("connection ended inside a frame")
        have += count
    return bytes(buffer)
