"""Packets into commands: each payload read exactly, or the connection is at fault. Pure."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.milter.packets import Packet
from gateway.milter.protocol import MACROS_READ, MAX_ARGUMENTS, MAX_MACROS, CommandCode, ProtocolViolation, Right, Step

NUMBERS = struct.Struct("!III")  # version, rights, steps
PORT = struct.Struct("!H")

_STAGES = {code.encode(): code for code in CommandCode}
_NAMES = {wire.encode(): name for name in MACROS_READ for wire in (name, f"{{{name}}}")}


@dataclass(frozen=True, slots=True)
class Negotiate:
    version: int
    rights: Right
    steps: Step


@dataclass(frozen=True, slots=True)
class Macros:
    """For the command that follows, those that we read. Names without the braces that most of them wear on the wire."""

    stage: CommandCode
    values: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Connect:
    """`family` is 4, 6, L (a Unix socket) or U (unknown, without port and address)."""

    hostname: bytes
    family: str
    port: int
    address: bytes


@dataclass(frozen=True, slots=True)
class Hello:
    name: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    path: bytes
    arguments: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Rcpt:
    path: bytes
    arguments: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Header:
    name: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Chunk:
    """Part of the body; `last` ends the message, and may be empty."""

    octets: bytes
    last: bool


@dataclass(frozen=True, slots=True)
class Signal:
    """A command that says all with its code: DATA, the end of the header, abort, both ways to quit, an unknown one."""

    code: CommandCode


Command = Negotiate | Macros | Connect | Hello | Mail | Rcpt | Header | Chunk | Signal


def read_command(packet: Packet) -> Command:
    """Raises ProtocolViolation."""
    return _READERS[packet.code](packet)


def _strings(packet: Packet, payload: bytes) -> list[bytes]:
    """The strings of a payload, each with its NUL."""
    if not payload.endswith(b"\0"):
        raise ProtocolViolation(f"command {packet.code} without its NUL")
    return payload[:-1].split(b"\0")


def _exactly(packet: Packet, number: int) -> list[bytes]:
    strings = _strings(packet, packet.payload)
    if len(strings) != number:
        raise ProtocolViolation(f"command {packet.code} with {len(strings)} strings")
    return strings


def _path(packet: Packet) -> tuple[bytes, tuple[bytes, ...]]:
    path, *arguments = _strings(packet, packet.payload)
    if len(arguments) > MAX_ARGUMENTS:
        raise ProtocolViolation(f"command {packet.code} with {len(arguments)} arguments")
    return path, tuple(arguments)


def _macros(packet: Packet) -> Macros:
    stage = _STAGES.get(packet.payload[:1])
    if stage is None:
        raise ProtocolViolation("macros for no command")
    rest = packet.payload[1:]
    if not rest:
        return Macros(stage, {})
    strings = _strings(packet, rest)
    if len(strings) % 2 or len(strings) > 2 * MAX_MACROS:
        raise ProtocolViolation(f"macros in {len(strings)} strings")
    pairs = zip(strings[::2], strings[1::2], strict=True)
    return Macros(stage, {_NAMES[name]: value for name, value in pairs if name in _NAMES})


def _negotiate(packet: Packet) -> Negotiate:
    """What stands behind the three numbers is of a version that we do not know, and is left alone."""
    payload = packet.payload
    if len(payload) < NUMBERS.size:
        raise ProtocolViolation(f"negotiation of {len(payload)} octets")
    version, rights, steps = NUMBERS.unpack_from(payload)
    return Negotiate(version, Right(rights), Step(steps))


def _connect(packet: Packet) -> Connect:
    hostname, nul, rest = packet.payload.partition(b"\0")
    family = chr(rest[0]) if rest else ""
    if not nul or family not in ("4", "6", "L", "U"):
        raise ProtocolViolation("connection of no known family")
    if family == "U":
        return Connect(hostname, family, 0, b"")
    if len(rest) < 1 + PORT.size + 1 or rest.find(b"\0", 1 + PORT.size) != len(rest) - 1:
        raise ProtocolViolation("connection without its address")
    return Connect(hostname, family, PORT.unpack_from(rest, 1)[0], rest[1 + PORT.size : -1])


_READERS: Mapping[CommandCode, Callable[[Packet], Command]] = {
    CommandCode.NEGOTIATE: _negotiate,
    CommandCode.MACROS: _macros,
    CommandCode.CONNECT: _connect,
    CommandCode.HELLO: lambda packet: Hello(*_exactly(packet, 1)),
    CommandCode.MAIL: lambda packet: Mail(*_path(packet)),
    CommandCode.RCPT: lambda packet: Rcpt(*_path(packet)),
    CommandCode.HEADER: lambda packet: Header(*_exactly(packet, 2)),
    CommandCode.BODY: lambda packet: Chunk(packet.payload, last=False),
    CommandCode.END_OF_MESSAGE: lambda packet: Chunk(packet.payload, last=True),
    **{
        code: lambda packet: Signal(packet.code)
        for code in (
            CommandCode.DATA,
            CommandCode.END_OF_HEADER,
            CommandCode.ABORT,
            CommandCode.QUIT,
            CommandCode.QUIT_NEW_CONNECTION,
            CommandCode.UNKNOWN,
        )
    },
}
