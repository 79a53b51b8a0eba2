"""The audit chain: what verifies, what does not, and where it says the trouble is (catalogue I11)."""

import os
from datetime import UTC, datetime

import pytest

from quarantine.audit import Audit, Record, records, verify
from quarantine.ports import StoreUnavailable

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ACTS = ("hold", "view", "release", "release ended", "delete")


@pytest.fixture
def chain(tmp_path):
    """The file of one chain of five records."""
    audit = Audit(folder=tmp_path / "audit")
    for act in ACTS:
        audit.append(Record(at=NOW, act=act, by="carl", item="x", reason="häß\u2028lich\n"))
    (path,) = (tmp_path / "audit").iterdir()
    return path


def fault_of(chain):
    (standing,) = verify(chain.parent).chains
    return standing.count + 1 if standing.fault else None


def test_an_untouched_chain_verifies(chain):
    standing = verify(chain.parent)
    assert standing.faults == ()
    assert standing.count == 5
    assert [record.act for record in records(chain.parent)] == list(ACTS)


def test_the_chain_is_private_and_one_line_a_record(chain):
    assert chain.stat().st_mode & 0o777 == 0o600
    assert chain.read_bytes().count(b"\n") == 5


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write as somebody else")
def test_a_chain_that_root_begins_belongs_to_the_service(tmp_path):
    """Else the service could not read it any more, and the daily digest, which verifies all chains, would end."""
    folder = tmp_path / "audit"
    folder.mkdir()
    os.chown(folder, 12345, 12346)
    Audit(folder=folder).append(Record(at=NOW, act="release", by="root", item="x"))
    (path,) = folder.iterdir()
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12346)


def test_every_flipped_bit_is_found_in_its_record(chain):
    octets = chain.read_bytes()
    ends = [index for index, octet in enumerate(octets) if octet == 10]
    for place in range(0, len(octets), 7):
        harmed = bytearray(octets)
        harmed[place] ^= 1 << place % 8
        chain.write_bytes(harmed)
        assert fault_of(chain) == 1 + sum(end < place for end in ends), place
        assert verify(chain.parent).faults


@pytest.mark.parametrize("gone", range(4))
def test_a_deleted_record_is_found(chain, gone):
    lines = chain.read_bytes().splitlines(keepends=True)
    chain.write_bytes(b"".join(lines[:gone] + lines[gone + 1 :]))
    assert fault_of(chain) == gone + 1


def test_swapped_records_are_found(chain):
    lines = chain.read_bytes().splitlines(keepends=True)
    lines[2], lines[3] = lines[3], lines[2]
    chain.write_bytes(b"".join(lines))
    assert fault_of(chain) == 3


def test_an_inserted_record_is_found(chain):
    lines = chain.read_bytes().splitlines(keepends=True)
    chain.write_bytes(b"".join([*lines[:2], lines[1], *lines[2:]]))
    assert fault_of(chain) == 3


def test_a_chain_under_another_name_is_found(chain):
    chain.rename(chain.with_name(f"other-{chain.name}"))
    assert fault_of(chain.with_name(f"other-{chain.name}")) == 1


def test_every_torn_end_names_the_torn_record_and_keeps_the_earlier(chain):
    """Reliability A14."""
    octets = chain.read_bytes()
    start_of_last = octets.rindex(b"\n", 0, -1) + 1
    for end in range(start_of_last + 1, len(octets)):
        chain.write_bytes(octets[:end])
        (standing,) = verify(chain.parent).chains
        assert (standing.count, "torn" in standing.fault) == (4, True)


def test_a_cut_at_a_records_end_shows_in_head_and_count_only(chain):
    """Which is why both stand in the digest."""
    before = verify(chain.parent)
    chain.write_bytes(b"".join(chain.read_bytes().splitlines(keepends=True)[:-1]))
    after = verify(chain.parent)
    assert after.faults == ()
    assert after.count == before.count - 1
    assert after.head != before.head


@pytest.mark.parametrize("read", [verify, lambda folder: list(records(folder))])
def test_what_cannot_be_read_is_not_taken_for_empty(tmp_path, read):
    """Path.glob would pass over a folder that it may not list."""
    (tmp_path / "audit").write_text("a file stands in its place")
    with pytest.raises(StoreUnavailable, match="audit record not readable"):
        read(tmp_path / "audit")


def test_a_removed_chain_shows_in_the_head(chain):
    Audit(folder=chain.parent).append(Record(at=NOW, act="view", by="dora"))
    before = verify(chain.parent)
    chain.unlink()
    assert verify(chain.parent).head != before.head


def test_each_start_begins_a_chain_of_its_own(chain):
    Audit(folder=chain.parent).append(Record(at=NOW, act="view", by="dora"))
    assert len(verify(chain.parent).chains) == 2


def test_a_forked_child_does_not_write_on_in_its_parents_chain(tmp_path):
    audit = Audit(folder=tmp_path)
    audit.append(Record(at=NOW, act="hold", by="gateway"))
    child = os.fork()
    if child == 0:
        audit.append(Record(at=NOW, act="view", by="child"))
        os._exit(0)
    os.waitpid(child, 0)
    audit.append(Record(at=NOW, act="delete", by="parent"))
    standing = verify(tmp_path)
    assert standing.faults == ()
    assert sorted(one.count for one in standing.chains) == [1, 2]


def test_a_record_that_may_not_be_durable_is_refused_and_taken_back(tmp_path, monkeypatch):
    audit = Audit(folder=tmp_path)
    audit.append(Record(at=NOW, act="hold", by="gateway"))

    def fsync(descriptor):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StoreUnavailable, match="Input/output error"):
        audit.append(Record(at=NOW, act="delete", by="carl"))
    monkeypatch.undo()
    audit.append(Record(at=NOW, act="delete", by="carl"))
    standing = verify(tmp_path)
    assert standing.faults == ()
    assert [one.count for one in standing.chains] in ([1, 1],)
