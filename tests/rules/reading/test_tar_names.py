"""A tar's own header may name another file than the record that stands before it."""

import gzip
import io
import tarfile

import pytest

from rules.reading.archives import unpack_archive
from rules.reading.budget import Budget
from rules.reading.formats import formats_of
from rules.reading.member import Unreadable
from rules.reading.signatures import Format
from rules.reading.tar_names import names_beside

LONG = "minutes/" + "a" * 120 + ".txt"


def recorded(long=LONG, own=None, layout=tarfile.PAX_FORMAT, records=None, content=b"words" * 200):
    """A tar of one member whose record says `long`; its header says `own`, with a right checksum."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=layout) as archive:
        entry = tarfile.TarInfo(long)
        entry.size = len(content)
        entry.pax_headers = records or {}
        archive.addfile(entry, io.BytesIO(content))
    made = bytearray(target.getvalue())
    if own is not None:
        at = 1_024
        made[at : at + 100] = own.ljust(100, b"\0")
        made[at + 345 : at + 500] = bytes(155)
        made[at + 148 : at + 156] = b" " * 8
        made[at + 148 : at + 156] = b"%06o\0 " % sum(made[at : at + 512])
    return bytes(made)


def in_pieces(octets, size=700):
    return (octets[at : at + size] for at in range(0, len(octets), size))


def taken(octets):
    return list(unpack_archive(octets, formats_of(octets)[0], (), Budget()))


@pytest.mark.parametrize("layout", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_both_names_count(layout, pack):
    long, own = taken(pack(recorded(own=b"payload.exe", layout=layout)))
    assert (long.names, long.octets) == ((LONG,), b"words" * 200)
    assert (own.names, own.octets) == (("payload.exe",), b"")


@pytest.mark.parametrize("layout", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_the_short_form_of_the_same_name_is_passed_over(layout):
    (member,) = taken(recorded(layout=layout))
    assert member.names == (LONG,)


@pytest.mark.parametrize("size", [1, 511, 512, 513, 100_000])
def test_headers_are_found_in_pieces_of_any_size(size):
    octets = recorded(own=b"payload.exe")
    assert names_beside(in_pieces(octets, size), 10).names == ["payload.exe"]


def test_records_that_say_another_size_are_told():
    octets = recorded("a.txt", records={"size": "999"})
    assert names_beside(in_pieces(octets), 10).sizes_differ
    with pytest.raises(Unreadable, match="a size in its records differs from the header's"):
        list(unpack_archive(octets, Format.TAR, (), Budget()))


@pytest.mark.parametrize(("more", "told"), [(0, False), (1, True)])
def test_a_record_as_long_as_is_looked_at_and_longer(more, told):
    """What stands beyond may name another file, so that the header's own name counts too."""
    short = recorded(records={"x": "y" * 60_000})
    octets = recorded(records={"x": "y" * (60_000 + 64 * 1024 - int(short[124:135], 8) + more)})
    assert int(octets[124:135], 8) == 64 * 1024 + more
    assert len(names_beside(in_pieces(octets), 10).names) == told


def test_records_about_times_and_owners_are_ordinary():
    octets = recorded("a.txt", records={"mtime": "1.5", "uname": "ann", "SCHILY.xattr.a": "b"})
    assert [member.names for member in taken(octets)] == [("a.txt",)]


def test_no_more_members_are_looked_at_than_the_limit():
    one = recorded(own=b"payload.exe")[: 512 * 5]
    assert len(names_beside(in_pieces(one * 20), 20).names) == 20
    assert len(names_beside(in_pieces(one * 20), 10).names) == 10
