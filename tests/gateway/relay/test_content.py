"""The content leaves octet for octet but for doubled dots; what could end it early never does (reliability D11, P7)."""

import mmap
import tempfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

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
