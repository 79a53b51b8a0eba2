import struct
from collections.abc import Callable
from itertools import accumulate

import pytest

from gateway.milter.packets import Packet, PacketReader
from gateway.milter.protocol import MAX_CHUNK, MAX_PACKET, CommandCode, ProtocolViolation
from tests.gateway.milter import mta

DIALOGUE = mta.offer() + mta.macros("C", j="mx") + mta.connect() + mta.hello() + mta.message() + mta.packet("Q")


def test_packets_do_not_depend_on_where_the_octets_were_cut(packets: Callable[[bytes], list[Packet]]) -> None:
    whole = packets(DIALOGUE)
    assert [packet.code for packet in whole] == [*map(CommandCode, "ODCHMRLLNBDEQ")]
    for cut in range(len(DIALOGUE)):
        reader = PacketReader()
        found = []
        for piece in (DIALOGUE[:cut], DIALOGUE[cut:]):
            reader.feed(piece)
            found += reader.packets()
        assert found == whole


def test_a_packet_is_there_with_its_last_octet(packets: Callable[[bytes], list[Packet]]) -> None:
    whole = packets(DIALOGUE)
    ends = list(accumulate(5 + len(packet.payload) for packet in whole))
    reader, found = PacketReader(), []
    for number, octet in enumerate(DIALOGUE, 1):
        reader.feed(bytes([octet]))
        found += reader.packets()
        assert found == whole[: sum(end <= number for end in ends)]
        assert reader.waiting == number - max((end for end in ends if end <= number), default=0)


@pytest.mark.parametrize("length", [0, 2 + MAX_PACKET, 2**32 - 1])
def test_a_length_is_refused_before_its_octets_come(packets: Callable[[bytes], list[Packet]], length: int) -> None:
    with pytest.raises(ProtocolViolation, match=f"a packet of {length} octets"):
        packets(struct.pack("!I", length))


def test_an_unknown_command_is_refused_before_its_octets_come(packets: Callable[[bytes], list[Packet]]) -> None:
    with pytest.raises(ProtocolViolation, match="unknown command 0x58"):
        packets(struct.pack("!I", 100) + b"X")


@pytest.mark.parametrize(("code", "most"), [("B", MAX_CHUNK), ("E", MAX_CHUNK), ("L", MAX_PACKET)])
def test_each_command_has_its_limit(packets: Callable[[bytes], list[Packet]], code: str, most: int) -> None:
    assert len(packets(mta.packet(code, b"x" * most))[0].payload) == most
    with pytest.raises(ProtocolViolation):
        packets(mta.packet(code, b"x" * (most + 1))[:5])
