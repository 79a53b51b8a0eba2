"""Large contents on disk: within the budget, without a name, readable as long as somebody holds them."""

import os
import resource
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp.spool import Spool, SpoolFile, SpoolFull

DISK = 64 * 1024  # octets that full_disk leaves for each file


@pytest.fixture
def full_disk():
    """Files end at DISK octets: a write comes short there, and the next one fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (DISK, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def open_in(folder: Path) -> int:
    """How many descriptors and maps of this process belong to files in the folder, with or without a name."""
    links = [entry for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
    return sum(link.readlink().is_relative_to(folder) for link in links)


def test_the_budget_may_be_used_to_its_last_octet_h04(tmp_path):
    spool = Spool(tmp_path, budget=10)
    spool.take(10)
    with pytest.raises(SpoolFull):
        spool.take(1)
    spool.give_back(4)
    spool.take(4)
    assert spool.free == 0


def test_a_full_budget_is_a_full_disk_to_who_writes():
    assert issubclass(SpoolFull, OSError)


def test_what_the_budget_refuses_is_neither_counted_nor_written(tmp_path):
    spool = Spool(tmp_path, budget=10)
    file = SpoolFile(spool)
    file.write(b"12345678")
    with pytest.raises(SpoolFull):
        file.write(b"901")
    assert spool.free == 2
    assert file.read()[:] == b"12345678"
    file.close()
    assert spool.free == 10


def test_files_share_one_budget(tmp_path):
    spool = Spool(tmp_path, budget=10)
    first, second = SpoolFile(spool), SpoolFile(spool)
    first.write(b"123456")
    with pytest.raises(SpoolFull):
        second.write(b"12345")
    first.close()
    second.write(b"12345")
    assert spool.free == 5
    second.close()


def test_closing_twice_gives_back_once(tmp_path):
    spool = Spool(tmp_path, budget=10)
    file = SpoolFile(spool)
    file.write(b"1234")
    file.close()
    file.close()
    assert spool.free == 10


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=8).filter(any))
def test_what_was_written_is_read(tmp_path_factory, pieces):
    spool = Spool(tmp_path_factory.getbasetemp(), budget=400)
    file = SpoolFile(spool)
    for piece in pieces:
        file.write(piece)
    assert file.read()[:] == b"".join(pieces)
    assert spool.free == 400 - len(b"".join(pieces))
    file.close()


def test_a_write_that_comes_short_goes_on(tmp_path, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, octets: real(descriptor, bytes(octets[:3])))
    file = SpoolFile(Spool(tmp_path))
    file.write(b"0123456789")
    assert file.read()[:] == b"0123456789"
    file.close()


def test_a_full_disk_is_an_error_and_costs_no_budget_h04(tmp_path, full_disk):
    spool = Spool(tmp_path, budget=10 * DISK)
    file = SpoolFile(spool)
    file.write(b"x" * (DISK - 1))
    with pytest.raises(OSError):
        file.write(b"yy")
    file.close()
    assert spool.free == 10 * DISK


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(OSError):
        SpoolFile(Spool(tmp_path / "absent"))


def test_no_file_has_a_name(tmp_path):
    file = SpoolFile(Spool(tmp_path))
    file.write(b"a record")
    assert open_in(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []
    file.close()


def test_a_content_outlives_close_and_vanishes_with_its_last_reader(tmp_path):
    spool = Spool(tmp_path, budget=100)
    file = SpoolFile(spool)
    file.write(b"a record")
    content = file.read()
    file.close()
    assert content[:] == b"a record"
    assert open_in(tmp_path) == 2  # the map's own, and the one to hand on
    content.close()
    assert open_in(tmp_path) == 0


def test_a_content_cannot_be_written_to(tmp_path):
    file = SpoolFile(Spool(tmp_path))
    file.write(b"a record")
    content = file.read()
    with pytest.raises(TypeError):
        content[0:1] = b"A"
    file.close()
