"""Octets into packets: four octets of length, one of command, data. Keeps but the part of a packet."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from gateway.milter.protocol import MAX_CHUNK, MAX_PACKET, CommandCode, ProtocolViolation

LENGTH = struct.Struct("!I")

_HEAD = struct.Struct("!IB")  # length of what follows it, command
_CODES = {ord(code): code for code in CommandCode}
_LIMITS = dict.fromkeys(CommandCode, MAX_PACKET) | {
    CommandCode.BODY: MAX_CHUNK,
    CommandCode.END_OF_MESSAGE: MAX_CHUNK,  # may bring the last chunk along
}


class Packet(NamedTuple):
    code: CommandCode
    payload: bytes


class PacketReader:
    """The packets of one connection. What is asked for next is decided before its octets are waited for."""

    def __init__(self) -> None:
        self._octets = b""
        self._start = 0  # of what nobody has asked for yet
        self._later: list[bytes] = []  # what came after that
        self._later_size = 0
        self._awaited = 0  # octets without which there is no further packet

    def feed(self, octets: bytes) -> None:
        self._later.append(octets)
        self._later_size += len(octets)

    @property
    def waiting(self) -> int:
        """Octets that nobody has asked for yet."""
        return len(self._octets) - self._start + self._later_size

    def packets(self) -> Iterator[Packet]:
        """Every packet that is whole. Raises ProtocolViolation as soon as the head of one shows it."""
        if self.waiting < self._awaited:  # a packet that comes octet by octet is put together once, at its end
            return
        octets = self._joined()
        size = len(octets)
        while size - self._start >= _HEAD.size:
            begin = self._start
            length, letter = _HEAD.unpack_from(octets, begin)
            code = _checked(length, letter)
            end = begin + LENGTH.size + length
            if end > size:
                self._awaited = end - begin
                return
            self._start = end
            yield Packet(code, octets[begin + _HEAD.size : end])
        self._awaited = LENGTH.size
        if size - self._start == LENGTH.size:
            _check_length(*LENGTH.unpack_from(octets, self._start))

    def _joined(self) -> bytes:
        if self._later:
            self._octets = b"".join((self._octets[self._start :], *self._later))
            self._start = self._later_size = 0
            self._later.clear()
        return self._octets


def _check_length(length: int) -> None:
    if not 1 <= length <= 1 + MAX_PACKET:
        raise ProtocolViolation(f"a packet of {length} octets")


def _checked(length: int, letter: int) -> CommandCode:
    _check_length(length)
    code = _CODES.get(letter)
    if code is None:
        raise ProtocolViolation(f"unknown command 0x{letter:02x}")
    if length - 1 > _LIMITS[code]:
        raise ProtocolViolation(f"command {code} with {length - 1} octets")
    return code
