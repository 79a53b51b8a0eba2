"""E12: every archive format cut at 64 points and changed in many places ends in members or in our own error."""

import bz2
import gzip
import io
import lzma
import random
import subprocess
import tarfile
import time
import zipfile

import pytest

from rules.reading.budget import Budget, LimitExceeded
from rules.reading.containers import unpack
from rules.reading.filetype import signs_of
from rules.reading.member import Unreadable

PROGRAM = b"MZ and so on. " * 60 + bytes(range(256))
CUTS, CHANGES = 64, 60
SECONDS = 20  # of CPU for one format: ten times what a quick machine takes

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("limited_memory")]


@pytest.fixture
def made(tmp_path):
    """What a program makes of the files here, under the last of its names."""

    def make(*command, pack=None):
        (tmp_path / "payload.exe").write_bytes(PROGRAM)
        (tmp_path / "notes.txt").write_bytes(b"notes")
        names = b"payload.exe\nnotes.txt\n"
        out = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, input=names).stdout
        octets = next(tmp_path.glob("made*")).read_bytes() if list(tmp_path.glob("made*")) else out
        return pack(octets) if pack else octets

    return make


def zipped(**options):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", **options) as archive:
        archive.writestr("payload.exe", PROGRAM)
        archive.writestr("notes.txt", "notes")
    return target.getvalue()


def tarred():
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        entry = tarfile.TarInfo("payload.exe")
        entry.size = len(PROGRAM)
        archive.addfile(entry, io.BytesIO(PROGRAM))
    return target.getvalue()


FORMATS = {
    "zip": lambda _: zipped(compression=zipfile.ZIP_DEFLATED),
    "zip-lzma": lambda _: zipped(compression=zipfile.ZIP_LZMA),
    "7z": lambda made: made("7z", "a", "made.7z", "payload.exe", "notes.txt"),
    "7z-locked": lambda made: made("7z", "a", "-psecret", "-mhe=on", "made.7z", "payload.exe"),
    "tar": lambda _: tarred(),
    "tar.gz": lambda _: gzip.compress(tarred(), mtime=0),
    "tar.bz2": lambda _: bz2.compress(tarred()),
    "tar.xz": lambda _: lzma.compress(tarred()),
    "lzma": lambda _: lzma.compress(PROGRAM, lzma.FORMAT_ALONE),
    "cpio": lambda made: made("cpio", "-o", "-H", "newc"),
    "cpio-old": lambda made: made("cpio", "-o", "-H", "bin"),
    "ar": lambda _: b"!<arch>\n" + b"payload.exe/    0           0     0     644     10        `\nMZ and so.",
    "arj": lambda made: made("arj", "a", "made.arj", "payload.exe", "notes.txt"),
}


def end_of(octets, names):
    """How many members, and the fault if there is one; any other exception is a failure of the test."""
    count = 0
    try:
        for _ in unpack(octets, names, signs_of(names, None, octets), Budget()):
            count += 1
    except (Unreadable, LimitExceeded) as error:
        return count, str(error)
    return count, None


@pytest.mark.parametrize("name", FORMATS)
def test_e12_damage_ends_in_a_result_or_in_our_own_error(made, name):
    _withstands(FORMATS[name](made), f"a.{name}")


def test_e12_damage_to_rar(stored_rar):
    _withstands(stored_rar(content=PROGRAM), "a.rar")


def _withstands(octets, name):
    began = time.process_time()
    assert end_of(octets, [name])[0] or name == "a.7z-locked"
    for step in range(CUTS):
        count, fault = end_of(octets[: len(octets) * step // CUTS], [name])
        assert fault is None or fault.isprintable()
        assert count <= 2
    chosen = random.Random(name)
    for _ in range(CHANGES):
        damaged = bytearray(octets)
        for _ in range(chosen.choice((1, 1, 4))):
            damaged[chosen.randrange(len(octets))] ^= 1 << chosen.randrange(8)
        end_of(bytes(damaged), [name])
    assert time.process_time() - began < SECONDS
