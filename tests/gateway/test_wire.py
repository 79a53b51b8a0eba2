"""Frames between gateway and worker: what goes in comes out, and what is cut raises our own error."""

import mmap
import os
import socket
from datetime import UTC, datetime

import pytest

from gateway.wire import (
    DESCRIPTOR,
    HEADER,
    INLINE,
    Preface,
    WireError,
    content_descriptor,
    preface_of,
    receive_content,
    transaction_of,
)
from rules.address import parse_address
from rules.document import from_json, to_json
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
    socket.send_fds(ours, [DESCRIPTOR], [descriptor])
    ours.sendall(HEADER.pack(2, 0) + b"{}")
    received = receive_content(theirs)
    assert received is not None
    assert isinstance(received[1], mmap.mmap) and received[1][:] == octets


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
