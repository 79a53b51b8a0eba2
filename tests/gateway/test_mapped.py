"""A content in a file is read where it lies, by us and by whoever is handed its descriptor, and by nobody changed."""

import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.mapped import map_file, overwrite

OURS = Path("/proc/self/fd")
CONTENT = b"Subject: in a file\r\n\r\nWords.\r\n"


@pytest.fixture
def file() -> Iterator[int]:
    with tempfile.TemporaryFile(buffering=0) as opened:
        opened.write(CONTENT)
        yield opened.fileno()


def test_it_reads_like_octets(file: int) -> None:
    mapped = map_file(file, len(CONTENT))
    assert mapped[:] == CONTENT and len(mapped) == len(CONTENT) and mapped.find(b"Words") > 0


def test_the_descriptor_reads_the_same_and_cannot_write(file: int) -> None:
    mapped = map_file(file, len(CONTENT))
    assert os.pread(mapped.descriptor, 100, 0) == CONTENT
    with pytest.raises(OSError):
        os.write(mapped.descriptor, b"x")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open any file; a worker of root's has no right to")
def test_nor_can_it_be_opened_again_for_writing(file: int) -> None:
    mapped = map_file(file, len(CONTENT))
    with pytest.raises(PermissionError):
        os.open(f"/proc/self/fd/{mapped.descriptor}", os.O_RDWR)


def test_the_descriptor_ends_with_the_map(file: int) -> None:
    mapped = map_file(file, len(CONTENT))
    descriptor = mapped.descriptor
    del mapped
    gc.collect()
    with pytest.raises(OSError):
        os.fstat(descriptor)


def test_what_is_not_there_cannot_be_mapped(file: int) -> None:
    before = len(list(OURS.iterdir()))
    with pytest.raises(ValueError):
        map_file(file, len(CONTENT) + 1)
    assert len(list(OURS.iterdir())) == before


def test_octets_are_overwritten_up_to_the_end_and_not_beyond(file: int) -> None:
    mapped = map_file(file, len(CONTENT))
    overwrite(mapped, len(CONTENT) - 8, b"******\r\n")
    assert mapped[:] == os.pread(mapped.descriptor, 100, 0) == CONTENT.replace(b"Words.", b"******")
    assert os.fstat(file).st_mode & 0o777 == 0o400
    with pytest.raises(ValueError):
        overwrite(mapped, len(CONTENT) - 7, b"******\r\n")
