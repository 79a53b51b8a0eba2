"""Contents in files: durable, private, verified, and removed only while no one is keeping one."""

import errno
import os
import resource
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from quarantine.adapters.files import FileContents, listed
from quarantine.ports import StoreUnavailable


@pytest.fixture
def contents(tmp_path):
    return FileContents(root=tmp_path / "content")


def path_of(contents, name):
    return contents.root / name[:2] / f"{name}.z"


@pytest.mark.parametrize("octets", [b"", b"x", b"\r\n\x00\xff" * 700_000, os.urandom(3_000_000)])
def test_what_is_put_is_got_octet_for_octet(contents, octets):
    assert contents.get(contents.put(octets)) == octets


def test_text_is_compressed(contents):
    name = contents.put(b"Please forward this to ten friends.\r\n" * 1000)
    assert path_of(contents, name).stat().st_size < 1000


def test_the_same_content_is_kept_once(contents):
    assert contents.put(b"same") == contents.put(b"same")
    assert len(list(contents.names())) == 1


def test_files_and_folders_are_private(contents):
    name = contents.put(b"private")
    assert path_of(contents, name).stat().st_mode & 0o777 == 0o600
    assert contents.root.stat().st_mode & 0o777 == 0o700
    assert path_of(contents, name).parent.stat().st_mode & 0o777 == 0o700


def test_a_missing_content_is_a_key_error(contents):
    with pytest.raises(KeyError):
        contents.get("0" * 64)


@pytest.mark.parametrize("harm", [lambda octets: octets[:-3], lambda octets: b"", lambda octets: b"\x00" * 40])
def test_damage_is_noticed(contents, harm):
    name = contents.put(b"whole" * 100)
    path = path_of(contents, name)
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(StoreUnavailable, match="damaged"):
        contents.get(name)


def test_another_content_under_its_name_is_noticed(contents):
    name, other = contents.put(b"one"), contents.put(b"two")
    path_of(contents, name).write_bytes(path_of(contents, other).read_bytes())
    with pytest.raises(StoreUnavailable, match="damaged"):
        contents.get(name)


def test_putting_again_mends_a_damaged_content(contents):
    name = contents.put(b"whole")
    path_of(contents, name).write_bytes(b"broken")
    contents.put(b"whole")
    assert contents.get(name) == b"whole"


def test_every_write_is_synced_before_and_its_folder_after_the_rename(contents, monkeypatch):
    contents.put(b"first, which makes the folders")
    calls = []
    real = os.fsync

    def fsync(descriptor):
        calls.append("folder" if Path(f"/proc/self/fd/{descriptor}").is_dir() else "file")
        real(descriptor)

    rename = os.rename
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "rename", lambda *names: (calls.append("rename"), rename(*names)))
    contents.put(b"second")
    assert calls == ["file", "rename", "folder"]


def test_after_a_failed_fsync_the_file_is_abandoned_and_its_descriptor_not_synced_again(contents, monkeypatch):
    """Reliability A08."""
    contents.put(b"first")
    synced = []

    def fsync(descriptor):
        synced.append(descriptor)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StoreUnavailable, match="Input/output error"):
        contents.put(b"second")
    assert len(synced) == 1
    monkeypatch.undo()
    assert list(contents.root.rglob("new-*")) == []
    assert len(list(contents.names())) == 1
    assert contents.get(contents.put(b"second")) == b"second"


def test_a_file_that_may_not_grow_is_store_unavailable(contents):
    contents.put(b"first")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(StoreUnavailable):
            contents.put(os.urandom(1_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(contents.root.rglob("new-*")) == []
    assert len(list(contents.names())) == 1


def test_a_content_that_someone_needs_is_not_removed(contents):
    one, two = contents.put(b"one"), contents.put(b"two")
    assert contents.remove([one, two], lambda names: {two}) == [one]
    assert list(contents.names()) == [two]


def test_pieces_of_dead_writers_go_with_the_next_removal(contents):
    contents.put(b"one")
    (contents.root / "ab" / "new-0123").write_bytes(b"half")
    contents.remove([], lambda names: set())
    assert list(contents.root.rglob("new-*")) == []


def test_nothing_is_removed_between_a_put_and_its_row(contents):
    """A message whose content was there already is being held while the old item's content is given up."""
    needed: set[str] = set()
    name = contents.put(b"wanted again")
    removal = threading.Thread(target=lambda: contents.remove([name], lambda names: needed))
    with contents.keeping():
        contents.put(b"wanted again")
        removal.start()
        time.sleep(0.05)
        needed.add(name)  # the row is committed
    removal.join()
    assert contents.get(name) == b"wanted again"


def test_a_folder_that_may_not_be_read_is_not_an_empty_one(tmp_path):
    """As Path.glob would have it."""
    (tmp_path / "b.z").touch()
    (tmp_path / "a.z").touch()
    (tmp_path / "lock").touch()
    assert listed(tmp_path, ".z") == [tmp_path / "a.z", tmp_path / "b.z"]
    assert listed(tmp_path / "none", ".z") == []
    with pytest.raises(OSError):
        listed(tmp_path / "lock", ".z")


def test_a_root_that_is_a_file_is_store_unavailable(tmp_path):
    (tmp_path / "content").write_text("in the way")
    contents = FileContents(root=tmp_path / "content")
    with pytest.raises(StoreUnavailable), contents.keeping():
        pass
    with suppress(KeyError), pytest.raises(StoreUnavailable):
        contents.put(b"x")
