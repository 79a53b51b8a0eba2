"""The content leaves octet for octet but for doubled dots; what could end it early never does (reliability D11, P7)."""

import mmap
import tempfile
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.mapped import map_file, overwrite
from gateway.received import received
from gateway.relay.content import SLICE, UncleanContent, check_clean, is_eight_bit, slices, stuffed


def wire(*pieces: bytes | memoryview | mmap.mmap) -> bytes:
    return b"".join(stuffed(pieces))


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        (b"", b".\r\n"),
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".a\r\n", b"..a\r\n.\r\n"),
        (b".\r\n", b"..\r\n.\r\n"),
        (b"a\r\n.\r\nb\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\r\n..\r\n", b"a\r\n...\r\n.\r\n"),
        (b"a.b.\r\n", b"a.b.\r\n.\r\n"),
    ],
)
def test_dots_are_doubled_only_at_the_start_of_a_line(content: bytes, sent: bytes) -> None:
    assert wire(content) == sent


@given(st.lists(st.sampled_from([b"\r\n", b".", b"a", b"..", b"\r\n.", b"a.b"])), st.integers(1, 7))
@example([b"\r\n", b"."], 1)
def test_it_does_not_matter_where_pieces_are_cut(parts: list[bytes], width: int) -> None:
    content = b"".join(parts)
    cut = [content[start : start + width] for start in range(0, len(content), width)]
    assert wire(*cut) == wire(content)
    assert check_clean(cut) == len(content)
    assert (b"\r\n" + wire(content)[:-3]).replace(b"\r\n.", b"\r\n")[2:].removesuffix(b"\r\n") == content.removesuffix(
        b"\r\n"
    )


def test_dots_on_both_sides_of_a_slice_border() -> None:
    for offset in range(-4, 3):
        content = b"x" * (SLICE + offset) + b"\r\n.tail\r\n"
        assert wire(content) == b"x" * (SLICE + offset) + b"\r\n..tail\r\n.\r\n"


def test_mapped_files_and_views_are_pieces_too() -> None:
    content = b"Subject: x\r\n\r\n" + b".line\r\n" * 100_000
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            expected = wire(content)
            assert wire(mapped) == wire(memoryview(content)) == expected
            assert check_clean((mapped,)) == len(content)


def test_slices_are_bounded_and_complete() -> None:
    content = b"a" * (2 * SLICE + 5)
    assert [len(octets) for octets in slices((b"", content))] == [SLICE, SLICE, 5]


@pytest.mark.parametrize(
    "pieces",
    [
        (b"a\rb\r\n",),
        (b"a\nb\r\n",),
        (b"a\r\n\n",),
        (b"a\r\r\n",),
        (b"a\0b\r\n",),
        (b"a\r",),
        (b"a\r", b"b\r\n"),
        (b"a", b"\nb\r\n"),
        (b"x" * SLICE, b"\r", b"\r\n"),
        (b"\r\n" * SLICE, b"a\n"),
    ],
)
def test_bare_line_ends_and_nul_fail_closed(pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(UncleanContent):
        check_clean(pieces)


def test_eight_bits_are_seen_in_any_piece() -> None:
    ascii_only = (b"a" * (SLICE + 1), bytes(range(128)))
    assert not is_eight_bit(ascii_only)
    assert is_eight_bit((*ascii_only, memoryview(b"\x80")))


def test_a_line_end_cut_in_two_is_clean() -> None:
    assert check_clean((b"a\r", b"\nb\r\n")) == 6
    assert check_clean((b"x" * (SLICE - 1) + b"\r\n",)) == SLICE + 1


CLEAN = st.lists(st.sampled_from([b"\r\n", b".", b"a", b"..", b"\r\n.", b"a.b"])).map(b"".join)


@given(CLEAN, st.integers(0, 40), st.integers(0, 40), CLEAN)
@example(b"a\r\n.b\r\n", 3, 3, b"")
@example(b"a.b", 1, 1, b"c\r\n")
def test_octets_that_were_looked_at_leave_as_others_do(content: bytes, start: int, end: int, instead: bytes) -> None:
    """As a field is taken out or put in: views of what came, and between them what is ours."""
    dotted = any(line.startswith(b".") for line in content.split(b"\r\n"))
    whole = memoryview(received(content, dotted=dotted))
    start, end = sorted((min(start, len(content)), min(end, len(content))))
    pieces = [piece for piece in (b"X: y\r\n", whole[:start], instead, whole[end:]) if len(piece)]
    plain = [bytes(piece) for piece in pieces]
    assert wire(*pieces) == wire(*plain)
    assert is_clean(pieces) == is_clean(plain)


def is_clean(pieces: Sequence[bytes | memoryview]) -> bool:
    try:
        return check_clean(pieces) == sum(map(len, pieces))
    except UncleanContent:
        return False


@pytest.mark.parametrize("ours", [b"x\r", b"x\n", b"\0"])
def test_what_is_ours_is_looked_at_beside_what_came(ours: bytes) -> None:
    assert not is_clean((ours, received(b"a\r\n", dotted=False)))
    assert not is_clean((received(b"a\r\n", dotted=False), ours, received(b"a\r\n", dotted=False)))
    assert not is_clean((ours, received(b"a\r\n", dotted=False), b"\n"))


def test_a_file_that_is_written_to_is_looked_at_again() -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"a\r\nb\r\n")
        file.flush()
        mapped = map_file(file.fileno(), 6)
        mapped.dotted = False
        assert is_clean((memoryview(mapped),))
        overwrite(mapped, 0, b"\n")
        assert not is_clean((mapped,))
