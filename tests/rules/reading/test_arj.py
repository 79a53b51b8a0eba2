"""ARJ archives made by arj come apart; locked, cut and continued ones are told."""

import struct
import subprocess
import zlib

import pytest

from rules.reading.archives import unpack_lh7
from rules.reading.arj import unpack_arj
from rules.reading.budget import Budget, LimitExceeded, Limits
from rules.reading.member import Unreadable

PROGRAM = b"MZ and so on, " * 900 + bytes(range(256)) * 3


def taken(octets, limits=None):
    found = []
    try:
        for member in unpack_arj(octets, Budget(limits), unpack_lh7):
            found.append(member)
    except (Unreadable, LimitExceeded) as error:
        return found, str(error)
    return found, None


@pytest.fixture
def made(tmp_path):
    """What `arj a` makes of a program in a folder, with these options."""

    def make(*options):
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub" / "payload.exe").write_bytes(PROGRAM)
        subprocess.run(["arj", "a", "-r", *options, "made.arj", "sub"], cwd=tmp_path, check=True, capture_output=True)
        return (tmp_path / "made.arj").read_bytes()

    return make


@pytest.mark.real
@pytest.mark.parametrize("method", range(5))
def test_every_method_comes_apart(made, method):
    (member,), fault = taken(made(f"-m{method}"))
    assert (member.names, member.octets, fault) == (("sub/payload.exe",), PROGRAM, None)


@pytest.mark.real
def test_e08_a_locked_member_is_named(made):
    (member,), fault = taken(made("-gsecret"))
    assert (member.names, member.octets, member.encrypted) == (("sub/payload.exe",), b"", "encrypted ARJ member")
    assert fault is None


@pytest.mark.real
def test_e17_one_volume_of_several_is_told(made):
    (member,), fault = taken(made("-m0", "-v10k", "-y"))
    assert member.names == ("sub/payload.exe",)
    assert fault == "one volume of an ARJ archive of several"


@pytest.mark.real
@pytest.mark.parametrize("method", [1, 4])
def test_e12_no_damage_raises_anything_else(made, method):
    octets = made(f"-m{method}")
    for cut in range(64):
        _, fault = taken(octets[: len(octets) * cut // 64])
        assert fault is not None
    for at in range(0, len(octets), max(1, len(octets) // 100)):
        taken(octets[:at] + bytes([octets[at] ^ 0xFF]) + octets[at + 1 :])


def block(name, method=0, size=0, packed=b"", checksum=0, kind=0):
    """A header and its data (ARJ technote)."""
    fields = struct.pack("<8B4I", 30, 11, 1, 0, 0, method, kind, 0, 0, len(packed), size, checksum) + bytes(6)
    header = fields + name + b"\0\0"
    return b"\x60\xea" + struct.pack("<H", len(header)) + header + bytes(4) + bytes(2) + packed


MAIN, END = block(b"a.arj", kind=2), b"\x60\xea\0\0"


def test_a_stored_member_comes_out():
    octets = MAIN + block(b"a.txt", 0, 4, b"text", zlib.crc32(b"text")) + END
    assert [(member.names, member.octets) for member in taken(octets)[0]] == [(("a.txt",), b"text")]


def test_a_method_that_is_not_known_is_told_with_the_name():
    (member,), fault = taken(MAIN + block(b"payload.exe", 9, 4, b"text") + END)
    assert (member.names, member.octets) == (("payload.exe",), b"")
    assert fault == "ARJ member that cannot be unpacked: payload.exe"


@pytest.mark.parametrize("method", [1, 4])
def test_a_size_that_is_a_lie_ends_at_the_limits(method):
    _, fault = taken(MAIN + block(b"bomb", method, 0xFFFFFFFF, bytes(1_000)) + END)
    assert fault == "containers unpack to more than 500 MiB"


@pytest.mark.parametrize(("more", "fault"), [(0, None), (1, "ARJ member of more than 4 MiB packed in the fastest way")])
def test_a_member_packed_in_the_fastest_way_as_large_as_is_unpacked_and_larger(more, fault):
    size = 4 * 1024 * 1024 + more
    bits = "0" + "0" * 8 + ("1" * 14 + "0" * 10) * 16_384  # an octet, and copies of the last one, 256 octets each
    packed = int(bits.ljust(393_232, "0"), 2).to_bytes(49_154, "big")
    octets = MAIN + block(b"a.txt", 4, size, packed, zlib.crc32(bytes(size))) + END
    assert taken(octets)[1] == fault


@pytest.mark.parametrize(("more", "fault"), [(0, None), (1, "ARJ archive that is cut off")])
def test_a_header_as_long_as_is_read_and_longer(more, fault):
    octets = MAIN + block(b"a" * (2_600 - len(block(b"")) + 10 + more)) + END
    assert taken(octets)[1] == fault


def test_members_are_counted():
    octets = MAIN + block(b"a.txt") * 6 + END
    assert len(taken(octets, Limits(members=6))[0]) == 6
    assert taken(octets, Limits(members=5))[1] == "more than 5 files in containers"


def test_an_archive_without_its_end_is_told():
    assert taken(MAIN + block(b"a.txt"))[1] == "ARJ archive that is cut off"
    assert taken(b"\x60\xea")[1] == "ARJ archive that is cut off"
