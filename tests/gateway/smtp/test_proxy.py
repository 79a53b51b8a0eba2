"""The PROXY header: read exactly, whatever pieces it comes in, and no octet of what follows (C21)."""

import asyncio
import struct
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.smtp.intake import Intake
from gateway.smtp.proxy import MAX_BODY, MAX_LINE, SIGNATURE, BadHeader, read_header

REST = b"EHLO a.example\r\n"


def version_2(kind: int = 0x21, family: int = 0x11, body: bytes | None = None, length: int | None = None) -> bytes:
    if body is None:
        body = ip_address("192.0.2.7").packed + ip_address("10.0.0.1").packed + struct.pack("!HH", 40_000, 25)
    return SIGNATURE + struct.pack("!BBH", kind, family, len(body) if length is None else length) + body


V6 = ip_address("2001:db8::7").packed + ip_address("2001:db8::1").packed + struct.pack("!HH", 40_000, 25)
MAPPED = ip_address("::ffff:192.0.2.9").packed + ip_address("2001:db8::1").packed + struct.pack("!HH", 1, 25)
READ = [
    (b"PROXY TCP4 192.0.2.7 10.0.0.1 40000 25\r\n", "192.0.2.7"),
    (b"PROXY TCP6 2001:db8::7 2001:db8::1 40000 25\r\n", "2001:db8::7"),
    (b"PROXY TCP6 ::ffff:192.0.2.9 2001:db8::1 40000 25\r\n", "192.0.2.9"),
    (b"PROXY UNKNOWN\r\n", None),
    (b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", None),
    (version_2(), "192.0.2.7"),
    (version_2(family=0x21, body=V6), "2001:db8::7"),
    (version_2(family=0x21, body=MAPPED), "192.0.2.9"),
    (version_2(kind=0x20, family=0, body=b""), None),
    (version_2(family=0, body=b"\3\0\1x"), None),
    (version_2(body=version_2()[16:] + b"\x03\x00\x04\xde\xad\xbe\xef"), "192.0.2.7"),
    (version_2(body=version_2()[16:] + bytes(MAX_BODY - 12)), "192.0.2.7"),
]


async def read(*pieces: bytes) -> tuple[str | None, bytes]:
    """The address, and what is left for the session."""
    intake = Intake(asyncio.get_running_loop())
    task = asyncio.ensure_future(read_header(intake))
    for piece in pieces:
        await asyncio.sleep(0)
        intake.feed(piece)
    intake.end()
    return await task, await intake.exactly(len(intake))


@pytest.mark.parametrize(("header", "address"), READ)
async def test_the_client_is_told_and_what_follows_is_left(header, address):
    assert await read(header + REST) == (address, REST)
    assert await read(header, REST) == (address, REST)


@pytest.mark.parametrize(("header", "address"), READ)
async def test_pieces_of_one_octet_make_no_difference_c21(header, address):
    assert await read(*(bytes([octet]) for octet in header + REST)) == (address, REST)


@pytest.mark.parametrize(
    "header",
    [
        b"EHLO client.example\r\n",
        b"PROXY",
        b"PROXY \r\n" + b"x" * 20,
        b"PROXY TCP4 192.0.2.7 10.0.0.1 40000\r\n",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 40000 25 26\r\n",
        b"PROXY TCP4 192.0.2.7  10.0.0.1 40000 25\r\n",
        b"PROXY TCP4 2001:db8::7 2001:db8::1 40000 25\r\n",
        b"PROXY TCP6 192.0.2.7 10.0.0.1 40000 25\r\n",
        b"PROXY UDP4 192.0.2.7 10.0.0.1 40000 25\r\n",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 65536 25\r\n",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 -1 25\r\n",
        b"PROXY TCP4 192.0.2.7\n250 10.0.0.1 1 25\r\n",
        b"PROXY TCP4 192.0.2.777 10.0.0.1 1 25\r\n",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 1 25\n" + b"x" * 3_000,
        version_2(kind=0x11),
        version_2(kind=0x22),
        version_2(family=0x12),
        version_2(family=0x31),
        version_2(body=b"\xc0\0\2\7"),
        version_2(family=0x21),
        version_2(length=65_535),
        version_2(body=bytes(MAX_BODY + 1)),
        SIGNATURE[:-1] + b"X" + version_2()[12:],
    ],
)
async def test_anything_else_is_refused_c21(header):
    with pytest.raises((BadHeader, EOFError)):
        await read(header)


async def test_a_line_is_read_up_to_107_octets_and_not_one_more_c21():
    line = b"PROXY UNKNOWN " + b"x" * (MAX_LINE - 16) + b"\r\n"
    assert len(line) == 107
    assert (await read(line))[0] is None
    with pytest.raises(BadHeader):
        await read(line.replace(b"x\r", b"xx\r"))


@given(st.binary(max_size=300), st.sampled_from([b"", SIGNATURE, b"PROXY TCP4 ", version_2()[:16]]))
@settings(max_examples=300)
def test_any_octets_end_in_an_address_or_in_a_refusal(octets, start):
    try:
        address, _ = asyncio.run(read(start + octets))
    except (BadHeader, EOFError):
        return
    assert address is None or ip_address(address)
