"""The MTA's side of the protocol, for tests: commands as octets, and responses read back."""

import struct
from collections.abc import Iterator

OFFER = (6, 0x1FF, 0x1FFFFF)  # Postfix 3.7's


def packet(code: str, payload: bytes = b"") -> bytes:
    return struct.pack("!I", 1 + len(payload)) + code.encode() + payload


def offer(version: int = OFFER[0], rights: int = OFFER[1], steps: int = OFFER[2]) -> bytes:
    return packet("O", struct.pack("!III", version, rights, steps))


def strings(*octets: bytes) -> bytes:
    return b"".join(one + b"\0" for one in octets)


def macros(stage: str, **values: str) -> bytes:
    pairs = (one for name, value in values.items() for one in (f"{{{name}}}".encode(), value.encode()))
    return packet("D", stage.encode() + strings(*pairs))


def connect(address: str = "203.0.113.9", family: str = "4") -> bytes:
    return packet("C", b"client.example\0" + family.encode() + struct.pack("!H", 4000) + strings(address.encode()))


def hello(name: bytes = b"client.example") -> bytes:
    return packet("H", strings(name))


def message(
    recipients: tuple[bytes, ...] = (b"<b@city.example>",),
    fields: tuple[tuple[bytes, bytes], ...] = ((b"From", b" a@elsewhere.example"), (b"Subject", b" papers")),
    body: bytes = b"Words.\r\n",
    sender: bytes = b"<a@elsewhere.example>",
) -> bytes:
    """From MAIL to the end of the message."""
    return b"".join(
        [
            packet("M", strings(sender, b"SIZE=100")),
            *(packet("R", strings(recipient)) for recipient in recipients),
            *(packet("L", strings(name, value)) for name, value in fields),
            packet("N"),
            packet("B", body),
            macros("E", i="4XyZ"),
            packet("E"),
        ]
    )


def responses(octets: bytes) -> Iterator[tuple[str, bytes]]:
    """Code and data of each; raises AssertionError for what is not whole."""
    while octets:
        (length,) = struct.unpack_from("!I", octets)
        assert length >= 1 and len(octets) >= 4 + length, octets[:50]
        yield chr(octets[4]), octets[5 : 4 + length]
        octets = octets[4 + length :]
