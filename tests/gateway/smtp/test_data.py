"""The content reader: its result depends on the octets alone, never on where the network cut them."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.received import lines_seen
from gateway.smtp import data
from gateway.smtp.data import DataReader, Fault, repaired
from gateway.smtp.spool import SPOOL_BUDGET, Spool

PIECES = st.lists(
    st.sampled_from(
        [b"\r\n", b".", b"\r", b"\n", b"\0", b"a", b"\r\n.", b"\r\n..", b"text and more text", b"\r\n.\r\n"]
    ),
    max_size=40,
)

# Such as do not end a content before its end: every line begins with a letter or two dots.
ENDLESS = st.lists(st.sampled_from([b"a\r\n", b"b\r\n..", b"..", b"\r", b"\n", b"\0", b"a", b"word word"]), max_size=40)


def read(tmp_path, octets: bytes, cuts=(), *, repair=False, limit=10**6) -> tuple[DataReader, bytes | None]:
    reader = DataReader(limit=limit, spool=Spool(tmp_path), repair=repair)
    places = [0, *sorted(cuts), len(octets)]
    for start, end in pairwise(places):
        rest = reader.feed(octets[start:end])
        if rest is not None:
            return reader, rest + octets[end:]
    return reader, None


def plain(octets: bytes) -> tuple[bytes, bytes] | None:
    """The same by the words of RFC 5321, one line after the other: content and what follows, or None without an end."""
    content, rest = b"", octets
    while True:
        line, end, rest = rest.partition(b"\r\n")
        if not end:
            return None
        if line == b".":
            return content, rest
        content += line.removeprefix(b".") + end


@pytest.fixture
def tiny_blocks(monkeypatch):
    monkeypatch.setattr(data, "BLOCK", 16)


@settings(max_examples=400)
@given(pieces=PIECES, data=st.data())
def test_cut_anywhere_the_result_is_the_same(tmp_path_factory, pieces, data):
    octets = b"".join(pieces) + b"\r\n.\r\nQUIT\r\n"
    cuts = data.draw(st.lists(st.integers(0, len(octets)), max_size=12))
    reader, rest = read(tmp_path_factory.getbasetemp(), octets, cuts)
    content, after = plain(octets) or (None, None)
    assert (bytes(reader.content[:]), rest) == (content, after)
    lines = content.split(b"\r\n")
    assert reader.sound == (not any(sign in line for line in lines for sign in (b"\r", b"\n", b"\0")))
    assert (lines_seen(reader.content) is not None) is (reader.sound and content not in (b"\r", b"\n"))
    if any(line.startswith(b".") for line in lines):
        assert lines_seen(reader.content) in (None, True)


@settings(max_examples=400)
@given(pieces=ENDLESS, step=st.integers(1, 9), repair=st.booleans())
def test_the_spool_changes_nothing(tmp_path_factory, pieces, step, repair):
    octets = b"".join(pieces) + b"x\r\n.\r\n"
    folder = tmp_path_factory.getbasetemp()
    whole, _ = read(folder, octets, repair=repair)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "BLOCK", 8)
        spooled, _ = read(folder, octets, range(step, len(octets), step), repair=repair)
    assert bytes(spooled.content[:]) == bytes(whole.content[:])
    assert (spooled.sound, spooled.repaired) == (whole.sound, whole.repaired)
    assert lines_seen(whole.content) == lines_seen(spooled.content)
    spooled.close()


@given(octets=st.binary(max_size=60))
def test_what_is_put_right_is_clean_and_stays_so(octets):
    once = repaired(octets)
    assert not any(sign in line for line in once.split(b"\r\n") for sign in (b"\r", b"\n", b"\0"))
    assert repaired(once) == once


def test_sound_content_is_not_touched_by_repair(tmp_path):
    reader, _ = read(tmp_path, b"a\r\n..\r\nb\r\n.\r\n", repair=True)
    assert reader.content == b"a\r\n.\r\nb\r\n"
    assert not reader.repaired


def test_a_content_over_the_limit_is_read_to_its_end_and_not_kept(tmp_path, tiny_blocks):
    spool = Spool(tmp_path)
    reader = DataReader(limit=100, spool=spool, repair=False)
    for _ in range(50):
        assert reader.feed(b"0123456789\r\n") is None
    assert reader.feed(b".\r\nMAIL") == b"MAIL"
    assert reader.fault is Fault.TOO_LARGE
    assert reader.content == b""
    assert spool.free == SPOOL_BUDGET


def test_the_limit_counts_the_content_and_not_the_added_dots(tmp_path):
    reader, _ = read(tmp_path, b"..\r\n..\r\n.\r\n", limit=6)
    assert reader.fault is None
    reader, _ = read(tmp_path, b"..\r\n..\r\n.\r\n", limit=5)
    assert reader.fault is Fault.TOO_LARGE


def test_a_disk_that_fails_is_a_fault_and_the_end_is_found_all_the_same(tmp_path, tiny_blocks):
    reader, rest = read(tmp_path / "absent", b"0123456789\r\n" * 10 + b".\r\nMAIL", cuts=range(0, 120, 5))
    assert (reader.fault, rest) == (Fault.NO_ROOM, b"MAIL")


def test_a_large_content_leaves_nothing_with_a_name(tmp_path, tiny_blocks):
    reader, _ = read(tmp_path, b"0123456789\r\n" * 10 + b".\r\n", cuts=(50,))
    content = reader.content
    assert list(tmp_path.iterdir()) == []
    reader.close()
    reader.close()
    assert bytes(content[:12]) == b"0123456789\r\n", "who still holds it may still read it"


def test_the_64th_content_keeps_a_block_in_memory_and_the_65th_little(tmp_path):
    spool = Spool(tmp_path)
    readers = [DataReader(limit=10**6, spool=spool, repair=False) for _ in range(data.CROWD + 1)]
    content = b"x" * (data.CROWDED_BLOCK * 3)
    for reader in readers[-2:]:
        assert reader.feed(content) is None
    assert readers[-2]._file is None and len(readers[-2]._memory) > data.CROWDED_BLOCK
    assert readers[-1]._file is not None and len(readers[-1]._memory) <= data.CROWDED_BLOCK
    for reader in readers:
        assert reader.feed(b"\r\n.\r\n") == b""
        reader.close()
        reader.close()
    assert spool.readers == 0 and spool.free == SPOOL_BUDGET
