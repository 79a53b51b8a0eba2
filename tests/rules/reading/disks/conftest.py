"""Disk images of a program and some notes, made by the programs that make them: mtools and genisoimage."""

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

PE = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0L\x01" + bytes(range(256)) * 20
NOTES = b"Notes of the meeting. " * 900


def _run(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.fixture
def program() -> bytes:
    return PE


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with notes, and a program with a long name in a folder of its own."""
    folder = tmp_path / "files"
    (folder / "sub").mkdir(parents=True)
    (folder / "notes.txt").write_bytes(NOTES)
    (folder / "sub" / "Quarterly report.exe").write_bytes(PE)
    return folder


@pytest.fixture
def floppy(files: Path) -> Callable[..., bytes]:
    """A FAT file system of these files; the arguments are mformat's: its kind follows from its size."""

    def make(*arguments: str) -> bytes:
        _run(files, "mformat", "-C", "-i", "../fat.img", *(arguments or ("-f", "1440")), "::")
        _run(files, "mcopy", "-s", "-i", "../fat.img", "notes.txt", "sub", "::")
        return (files.parent / "fat.img").read_bytes()

    return make


@pytest.fixture
def disc(files: Path) -> Callable[..., bytes]:
    """An ISO image of these files; the arguments are genisoimage's."""

    def make(*arguments: str) -> bytes:
        _run(files, "genisoimage", *arguments, "-o", "../disc.iso", ".")
        return (files.parent / "disc.iso").read_bytes()

    return make
