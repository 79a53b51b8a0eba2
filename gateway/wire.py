"""Frames between the gateway and its inspection workers: typed JSON, bounded, over a Unix socket pair.

The worker is the side that may have been taken over by a message, so what comes from it is only ever
read as a `Judgement` or an `Ended`, never as code or pickles.
"""

import asyncio
import mmap
import os
import socket
import struct
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from gateway.mapped import MappedFile
from gateway.sandbox.layers import Refusal
from rules.identity import UNKNOWN, Identity
from rules.message import Message, Octets
from rules.transaction import Client, Direction, Envelope, ListenerKind, Transaction

HEADER = struct.Struct("!II")  # to a worker: octets of JSON, octets of content; from it: octets of JSON, which kind
INLINE = b"I"
DESCRIPTOR = b"D"
JUDGED, LAST, ENDED = 0, 1, 2  # a judgement; one after which this worker ends; no judgement, and its end
MAX_INLINE = 256 * 1024  # larger contents travel as an open descriptor: two copies less
MAX_PREFACE = 64 * 1024 * 1024  # 100,000 recipients, the most that can be configured, with their DSN parameters
MAX_STARTED = 8 * 1024  # the reasons for what is refused are sentences

# What a judgement may take. Preview and evidence are bounded by who makes them, together to a quarter of this; what a
# worker that was taken over could make of a larger one is half a second in which no client is answered.
MAX_REPLY = 1024 * 1024
MAX_REPLY_PER_RECIPIENT = 2 * 1024  # an address and a dozen findings

_FIRST = 64 * 1024  # octets asked for at once: an ordinary frame is read with one system call
_HEAD = 1 + HEADER.size  # of a frame to a worker


class WireError(Exception):
    """The other side broke the protocol or went away."""


class Ended(StrEnum):
    """Why a worker gives up a message and ends; the values are words for an administrator."""

    MEMORY = "reading it took more memory than allowed"
    REPLY = "there is more to report of it than can be recorded"
    FAILED = "reading it failed"


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
    identity: Identity = UNKNOWN


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


def reply_limit(recipients: int) -> int:
    """Octets that a judgement for so many recipients may take."""
    return MAX_REPLY + recipients * MAX_REPLY_PER_RECIPIENT


def content_descriptor(octets: Octets) -> int:
    """A file with the octets, for handing on, the one they are in or a copy in memory; the caller closes it."""
    if isinstance(octets, MappedFile):
        return os.dup(octets.descriptor)
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


async def read_frame(sock: socket.socket, limit: int) -> tuple[int, bytes]:
    """In the gateway: the second number of a frame's header, and its JSON of at most `limit` octets.

    Raises WireError, also for octets that follow: nobody has asked for them.
    """
    octets = bytearray(await _some(sock, _FIRST))
    while len(octets) < HEADER.size:
        octets += await _some(sock, HEADER.size - len(octets))
    length, kind = HEADER.unpack_from(octets)
    if length > limit:
        raise WireError(f"a frame of {length} octets, of {limit} allowed")
    while (missing := HEADER.size + length - len(octets)) > 0:
        octets += await _some(sock, missing)
    if missing < 0:
        raise WireError("octets after the frame")
    return kind, bytes(memoryview(octets)[HEADER.size :])


async def _some(sock: socket.socket, most: int) -> bytes:
    octets = await asyncio.get_running_loop().sock_recv(sock, most)
    if not octets:
        raise WireError("the other side ended")
    return octets


def receive_content(sock: socket.socket) -> tuple[bytes, Octets] | None:
    """Blocking, in the worker: the preface's JSON and the octets; None when the gateway has closed."""
    first, descriptors, _, _ = socket.recv_fds(sock, _FIRST, 1)
    try:
        return _content(sock, first, descriptors) if first else None
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _content(sock: socket.socket, first: bytes, descriptors: list[int]) -> tuple[bytes, Octets]:
    if len(first) < _HEAD:
        first += receive_exactly(sock, _HEAD - len(first))
    inline = first[:1] == INLINE
    preface_size, content_size = HEADER.unpack_from(first, 1)
    if preface_size > MAX_PREFACE or (inline and content_size > MAX_INLINE) or bool(descriptors) == inline:
        raise WireError("not a frame of ours")
    preface_end = _HEAD + preface_size
    missing = preface_end + (content_size if inline else 0) - len(first)
    if missing < 0:
        raise WireError("a second message before the first was answered")
    frame = first + receive_exactly(sock, missing) if missing else first
    if inline:
        return frame[_HEAD:preface_end], frame[preface_end:]
    try:
        return frame[_HEAD:], mmap.mmap(descriptors[0], content_size, prot=mmap.PROT_READ)
    except (OSError, ValueError) as error:
        raise WireError("the content cannot be mapped") from error


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
