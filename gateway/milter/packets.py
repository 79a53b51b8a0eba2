"""Octets into packets: four octets of length, one of command, data. Keeps but the part of a packet."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.milter.protocol import MAX_CHUNK, MAX_PACKET, CommandCode, ProtocolViolation

LENGTH = struct.Struct("!I")

_HEAD = LENGTH.size + 1
_CODES = {ord(code): code for code in CommandCode}
_LIMITS = dict.fromkeys(CommandCode, MAX_PACKET) | {
    CommandCode.BODY: MAX_CHUNK,
    CommandCode.END_OF_MESSAGE: MAX_CHUNK,  # may bring the last chunk along
}


@dataclass(frozen=True, slots=True)
class Packet:
    code: CommandCode
    payload: bytes


class PacketReader:
    """The packets of one connection. What is asked for next is decided before its octets are waited for."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, octets: bytes) -> None:
        self._buffer += octets

    @property
    def waiting(self) -> int:
        """Octets that nobody has asked for yet."""
        return len(self._buffer)

    def packets(self) -> Iterator[Packet]:
        """Every packet that is whole. Raises ProtocolViolation as soon as the head of one shows it."""
        while (packet := self._next()) is not None:
            yield packet

    def _next(self) -> Packet | None:
        if len(self._buffer) < LENGTH.size:
            return None
        (length,) = LENGTH.unpack_from(self._buffer)
        if not 1 <= length <= 1 + MAX_PACKET:
            raise ProtocolViolation(f"a packet of {length} octets")
        if len(self._buffer) < _HEAD:
            return None
        code = _CODES.get(self._buffer[LENGTH.size])
        if code is None:
            raise ProtocolViolation(f"unknown command 0x{self._buffer[LENGTH.size]:02x}")
        if length - 1 > _LIMITS[code]:
            raise ProtocolViolation(f"command {code} with {length - 1} octets")
        end = LENGTH.size + length
        if len(self._buffer) < end:
            return None
        payload = bytes(memoryview(self._buffer)[_HEAD:end])
        del self._buffer[:end]
        return Packet(code, payload)
