"""An archive behind the end of another one is opened too; padding, words and what nobody knows are passed over."""

import bz2
import gzip
import io
import lzma
import random
import subprocess
import tarfile
import zipfile
from collections.abc import Callable

import pytest

from rules.reading.behind import behind
from rules.reading.budget import Budget
from rules.reading.containers import unpack
from rules.reading.filetype import signs_of

PROGRAM = b"MZ and so on" * 10
NOISE = random.Random(1).randbytes(70_000)


def zipped(name: str, content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, content)
    return target.getvalue()


def tarred() -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        entry = tarfile.TarInfo("notes.txt")
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"notes"))
    return target.getvalue()


FIRST: dict[str, Callable[[], bytes]] = {
    "zip": lambda: zipped("notes.txt", b"notes"),
    "tar": tarred,
    "tar.gz": lambda: gzip.compress(tarred()),
    "gz": lambda: gzip.compress(b"notes" * 20),
    "bz2": lambda: bz2.compress(b"notes" * 20),
    "lzma": lambda: lzma.compress(b"notes" * 20, lzma.FORMAT_ALONE, check=-1),
}
MADE = {
    "7z": ("7z", "a", "made", "-t7z", "notes.txt"),
    "arj": ("arj", "a", "made.arj", "notes.txt"),
    "cab": ("gcab", "-c", "made", "notes.txt"),
    "lzh": ("jlha", "c", "made", "notes.txt"),
    "lz": ("lzip", "-k", "-o", "made", "notes.txt"),
    "lz4": ("lz4", "-q", "notes.txt", "made"),
}


def members(octets: bytes, name: str = "attachment") -> list[bytes]:
    """The content of all that it holds at every depth."""
    budget = Budget()

    def all_of(octets: bytes, names: tuple[str, ...]) -> list[bytes]:
        found = []
        with budget.inside_container():
            for member in unpack(octets, names, signs_of(names, None, octets), budget):
                found += [member.octets, *all_of(member.octets, member.names)]
        return found

    return all_of(octets, (name,))


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("tail", [b"", NOISE], ids=["at the end", "more behind"])
def test_a_zip_or_rar_behind_an_archive_of_another_kind_is_opened(first, tail, stored_rar):
    assert PROGRAM in members(FIRST[first]() + stored_rar(content=PROGRAM) + tail)
    if first != "zip":  # of two, both are listed and the difference is told
        assert PROGRAM in members(FIRST[first]() + zipped("payload.exe", PROGRAM) + tail)


@pytest.mark.parametrize("second", ["zip", "tar"])
def test_it_is_opened_behind_a_rar(second, stored_rar):
    made = {"zip": zipped("payload.exe", PROGRAM), "tar": tarred()}[second]
    assert made[:512] in [content[:512] for content in members(stored_rar(content=b"notes") + made)]


@pytest.mark.real
@pytest.mark.parametrize("first", MADE)
def test_it_is_opened_behind_what_other_programs_make(first, tmp_path, stored_rar):
    (tmp_path / "notes.txt").write_bytes(b"notes " * 20)
    try:
        subprocess.run(MADE[first], cwd=tmp_path, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip(f"{MADE[first][0]} is not installed")
    (made,) = [path.read_bytes() for path in tmp_path.iterdir() if path.name != "notes.txt"]
    assert PROGRAM in members(made + stored_rar(content=PROGRAM))


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("tail", [b"\r\n", bytes(5_000), b"-- \r\nThe city of Example\r\n", NOISE])
def test_what_is_no_archive_is_passed_over(first, tail):
    assert members(FIRST[first]() + tail) == members(FIRST[first]())


def test_a_comment_of_a_zip_counts_as_behind_it(stored_rar):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("notes.txt", "notes")
        archive.comment = stored_rar(content=PROGRAM)
    assert PROGRAM in members(target.getvalue())


def test_the_rest_begins_behind_its_padding():
    meter = Budget().open(100)
    (member,) = behind(b"first" + bytes(50) + zipped("a.txt", b"x"), 5, meter)
    assert member.octets == zipped("a.txt", b"x")
    assert list(behind(b"first" + bytes(50), 5, meter)) == []
