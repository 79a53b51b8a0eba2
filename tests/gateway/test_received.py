"""What was seen of octets is told of them and of their parts, and of nothing that was made of them."""

import pytest

from gateway.received import lines_seen, received


@pytest.mark.parametrize("dotted", [True, False])
def test_a_part_is_as_the_whole(dotted: bool):
    octets = received(b"a\r\nb\r\n", dotted=dotted)
    assert octets == b"a\r\nb\r\n"
    assert lines_seen(octets) is lines_seen(memoryview(octets)) is lines_seen(memoryview(octets)[2:][1:]) is dotted


def test_a_part_that_parts_a_line_end_is_not():
    view = memoryview(received(b"a\r\nb\r\n", dotted=False))
    assert [lines_seen(part) for part in (view[:2], view[2:], view[:1], view[:3])] == [None, None, False, False]


def test_a_copy_or_what_was_put_together_has_not_been_looked_at():
    octets = received(b"a\r\n", dotted=False)
    assert [lines_seen(other) for other in (octets[:2], octets + b"b", bytes(octets), memoryview(octets[1:]))] == [
        None
    ] * 4
