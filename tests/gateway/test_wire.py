"""Frames between gateway and worker: what goes in comes out, and what is cut raises our own error."""

import asyncio
import mmap
import os
import socket
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.mapped import map_file
from gateway.wire import (
    DESCRIPTOR,
    ENDED,
    HEADER,
    INLINE,
    JUDGED,
    MAX_INLINE,
    MAX_PREFACE,
    Preface,
    WireError,
    content_descriptor,
    preface_of,
    read_frame,
    receive_content,
    transaction_of,
)
from rules.address import parse_address
from rules.document import from_json, to_json
from rules.identity import Authentication, Identity, Result, Rung, SpfResult
from rules.message import Message
from rules.transaction import Client, Envelope, ListenerKind, Recipient, Transaction

TRANSACTION = Transaction(
    id="t1",
    received=datetime(2026, 11, 2, 9, 0, tzinfo=UTC),
    listener="edge",
    kind=ListenerKind.EDGE,
    direction=None,
    client=Client(address="192.0.2.1", name="client.example"),
    envelope=Envelope(
        reverse_path=None,
        recipients=(Recipient(address=parse_address('"o dd"@city.example'), notify="NEVER"),),
        envid="QQ+3D",
    ),
    message=Message(b"Subject: \xff\r\n\r\n\x00body"),
    identity=Identity(rung=Rung.TLS, authentication=Authentication(spf=SpfResult(result=Result.PASS))),
)


def pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair()


def test_a_transaction_survives_the_wire() -> None:
    preface = from_json(to_json(preface_of(TRANSACTION), Preface), Preface)
    assert transaction_of(preface, TRANSACTION.message.octets) == TRANSACTION


def test_inline_content_arrives_as_sent() -> None:
    ours, theirs = pair()
    ours.sendall(INLINE + HEADER.pack(2, 3) + b"{}" + b"\r\n\0")
    assert receive_content(theirs) == (b"{}", b"\r\n\0")


def test_large_content_arrives_as_a_mapped_descriptor() -> None:
    ours, theirs = pair()
    octets = os.urandom(700_000)
    descriptor = content_descriptor(octets)
    socket.send_fds(ours, [DESCRIPTOR + HEADER.pack(2, len(octets)) + b"{}"], [descriptor])
    received = receive_content(theirs)
    assert received is not None
    assert isinstance(received[1], mmap.mmap) and received[1][:] == octets


def test_content_in_a_file_is_handed_on_without_a_copy() -> None:
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(b"words")
        descriptor = content_descriptor(map_file(file.fileno(), 5))
        assert os.fstat(descriptor).st_ino == os.fstat(file.fileno()).st_ino
        os.close(descriptor)


def test_the_gateways_end_is_not_an_error() -> None:
    ours, theirs = pair()
    ours.close()
    assert receive_content(theirs) is None


@pytest.mark.parametrize("cut", [1, 5, 9, 10, 12])
def test_a_frame_cut_anywhere_is_a_wire_error(cut: int) -> None:
    ours, theirs = pair()
    ours.sendall((INLINE + HEADER.pack(2, 3) + b"{}" + b"abc")[:cut])
    ours.close()
    with pytest.raises(WireError):
        receive_content(theirs)


def sent(octets: bytes, *descriptors: int) -> socket.socket:
    """The far end of a socket on which these have been sent, and nothing will follow."""
    ours, theirs = pair()
    ours.setblocking(False)
    socket.send_fds(ours, [octets], descriptors) if descriptors else ours.send(octets)
    ours.close()
    return theirs


@given(st.binary(max_size=100))
@example(INLINE + HEADER.pack(MAX_PREFACE + 1, 0))
@example(INLINE + HEADER.pack(0, MAX_INLINE + 1))
@example(INLINE + HEADER.pack(2**32 - 1, 2**32 - 1))
@example(DESCRIPTOR + HEADER.pack(2, 10) + b"{}")
def test_any_octets_to_a_worker_end_in_a_frame_or_a_wire_error(octets: bytes) -> None:
    with sent(octets) as theirs:
        try:
            received = receive_content(theirs)
        except WireError:
            return
    assert received is None or sum(map(len, received)) == len(octets) - 1 - HEADER.size


def test_inline_content_has_a_limit() -> None:
    ours, theirs = pair()
    content = bytes(MAX_INLINE)
    with ThreadPoolExecutor(1) as sender:
        sender.submit(ours.sendall, INLINE + HEADER.pack(2, len(content)) + b"{}" + content)
        assert receive_content(theirs) == (b"{}", content)
    ours.sendall(INLINE + HEADER.pack(2, len(content) + 1))
    with pytest.raises(WireError):
        receive_content(theirs)


def test_a_second_message_before_the_answer_is_a_wire_error() -> None:
    frame = INLINE + HEADER.pack(2, 1) + b"{}" + b"a"
    with sent(frame * 2) as theirs, pytest.raises(WireError):
        receive_content(theirs)


@pytest.mark.parametrize(("size", "claimed"), [(10, 11), (0, 0), (10, 2**32 - 1)])
def test_a_descriptor_with_less_than_was_said_is_a_wire_error(size: int, claimed: int) -> None:
    """Reading beyond a file's end through a map would end the worker."""
    descriptor = content_descriptor(bytes(size))
    with sent(DESCRIPTOR + HEADER.pack(2, claimed) + b"{}", descriptor) as theirs, pytest.raises(WireError):
        receive_content(theirs)
    os.close(descriptor)


def read(octets: bytes, limit: int) -> tuple[int, bytes]:
    async def reading() -> tuple[int, bytes]:
        with sent(octets) as theirs:
            theirs.setblocking(False)
            return await asyncio.wait_for(read_frame(theirs, limit), 5)

    return asyncio.run(reading())


@given(st.binary(max_size=60))
@example(HEADER.pack(2**32 - 1, JUDGED))
@example(HEADER.pack(0, ENDED))
@example(HEADER.pack(3, JUDGED) + b"{}")
@example(HEADER.pack(1, JUDGED) + b"{}")
def test_any_octets_from_a_worker_end_in_a_frame_or_a_wire_error(octets: bytes) -> None:
    try:
        kind, told = read(octets, 40)
    except WireError:
        return
    assert octets == HEADER.pack(len(told), kind) + told and len(told) <= 40


def test_a_frame_of_exactly_the_limit_is_read_and_one_octet_more_is_not() -> None:
    assert read(HEADER.pack(40, JUDGED) + b"x" * 40, 40) == (JUDGED, b"x" * 40)
    with pytest.raises(WireError, match="41 octets, of 40"):
        read(HEADER.pack(41, JUDGED) + b"x" * 41, 40)


async def test_a_frame_that_comes_octet_by_octet_is_whole() -> None:
    ours, theirs = pair()
    theirs.setblocking(False)
    reading = asyncio.create_task(read_frame(theirs, 40))
    for octet in HEADER.pack(3, ENDED) + b"abc":
        ours.send(bytes((octet,)))
        await asyncio.sleep(0)
    assert await reading == (ENDED, b"abc")
