"""Holding: durable before it returns, once for every retry, never short of a recipient; deletion and legal hold."""

import os
import signal
import subprocess
from collections import Counter
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from quarantine import audit
from quarantine.adapters.sql import SqlIndex
from quarantine.item import Cause, State
from quarantine.ports import NoSuchItem, Refused, StoreUnavailable
from quarantine.quarantine import ALPHABET, ID_LENGTH, KEY_LIFE, new_id


def test_a_held_message_is_found_again_whole(keeping, keep):
    item = keeping.hold("Ann@city.example", "bob@city.example")
    again = keep().get(item.id)
    assert again == item
    assert again.judgement.preview == "Please forward this to ten friends."
    assert again.recipients[0].recipient.orcpt == "rfc822;Ann@city.example"
    assert again.envid == "QQ314159"
    assert keep().store.quarantine.content(again).endswith(b"ten friends.\r\n")


def test_a_retry_is_held_once(keeping):
    first = keeping.hold("ann@city.example")
    assert keeping.hold("ann@city.example") == first
    assert len(keeping.store.quarantine.list()) == 1
    assert [record.act for record in audit.records(keeping.state / "audit")] == ["hold", "hold again"]


def test_a_retry_keeps_the_order_of_its_recipients_out_of_the_key(keeping):
    first = keeping.hold("ann@city.example", "bob@city.example")
    assert keeping.hold("BOB@city.example", "ann@city.example").id == first.id


def test_another_content_is_another_item(keeping):
    assert keeping.hold("ann@city.example").id != keeping.hold("ann@city.example", body=b"other\r\n").id


def test_what_the_next_hop_refused_is_an_item_of_its_own(keeping):
    first = keeping.hold("ann@city.example")
    assert keeping.hold("ann@city.example", cause=Cause.NEXT_HOP_REFUSED).id != first.id


def test_after_seven_days_it_is_no_retry_any_more(keeping):
    first = keeping.hold("ann@city.example")
    keeping.clock.now += KEY_LIFE
    assert keeping.hold("ann@city.example").id != first.id


def test_a_message_sent_again_after_its_copy_was_decided_on_is_held_again(keeping):
    """A script that sends the same octets each day: what was deleted or released answers for no later message."""
    quarantine = keeping.store.quarantine
    ids = []
    for _ in range(3):
        ids.append(keeping.hold("ann@city.example").id)
        quarantine.delete([ids[-1]], by="it", reason="nothing new")
    assert len(set(ids)) == 3


def test_sent_again_only_the_copies_that_were_decided_on_are_held_anew(keeping):
    quarantine = keeping.store.quarantine
    envelope = ("ann@city.example", "bob@city.example")
    first = keeping.hold(*envelope)
    quarantine.delete([first.id], ["bob@city.example"], by="it", reason="not his")
    second = keeping.hold(*envelope)
    assert [str(copy.recipient.address) for copy in second.recipients] == ["bob@city.example"]
    assert keeping.hold(*envelope).id == second.id
    assert [copy.state for copy in keeping.get(first.id).recipients] == [State.HELD, State.DELETED]


def test_a_retry_that_holds_more_recipients_loses_none(keeping):
    """The policy changed between two tries: bob's copy, passed at first, is held now."""
    envelope = ("ann@city.example", "bob@city.example")
    first = keeping.hold("ann@city.example", envelope=envelope)
    second = keeping.hold(*envelope, envelope=envelope)
    assert [str(copy.recipient.address) for copy in second.recipients] == ["bob@city.example"]
    assert keeping.get(first.id).recipients == first.recipients
    assert keeping.hold(*envelope, envelope=envelope).id == second.id


def test_ids_are_long_and_without_look_alikes():
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(id) for id in ids} == {ID_LENGTH}
    assert set("".join(ids)) <= set(ALPHABET)


def test_ids_follow_no_pattern():
    """Catalogue I16: of 100,000 none is like another, and each sign is as frequent in each place as chance makes it."""
    ids = [new_id() for _ in range(100_000)]
    assert len({id[:12] for id in ids}) == len(ids)
    for place in range(ID_LENGTH):
        counts = Counter(id[place] for id in ids)
        assert len(counts) == len(ALPHABET)
        # 3,125 of each; ten deviations of 55 are as good as impossible.
        assert all(abs(count - 100_000 / len(ALPHABET)) < 550 for count in counts.values())
    assert sum(before < after for before, after in pairwise(ids)) in range(48_000, 52_000)  # nor do they grow


@pytest.mark.parametrize("ask", ["never", "gone"])
def test_what_was_never_there_and_what_is_gone_are_answered_alike(keeping, ask):
    """Catalogue I16; whom an item is forbidden to cannot open the store at all (test_account.py)."""
    names = {"never": new_id(), "gone": f"../{keeping.hold('ann@city.example').id}"}
    with pytest.raises(NoSuchItem, match="no item"):
        keeping.store.quarantine.find(names[ask])


def test_an_id_is_found_by_its_beginning_and_forgives_look_alikes(keeping):
    item = keeping.hold("ann@city.example")
    find = keeping.store.quarantine.find
    assert find(item.id[:6]) == item.id
    assert find(item.id.upper().replace("0", "O").replace("1", "l")) == item.id


@pytest.mark.parametrize("id", ["", "zz", "zzzzzzzz", "%%%%%%", "____", "../../etc/passwd"])
def test_a_wrong_id_is_no_item(keeping, id):
    keeping.hold("ann@city.example")
    with pytest.raises(NoSuchItem):
        keeping.store.quarantine.find(id)


def test_a_deleted_message_leaves_a_tombstone_and_no_word_of_it(keeping):
    item = keeping.hold("ann@city.example")
    keeping.store.quarantine.delete([item.id], by="carl", reason="advertising")
    gone = keeping.get(item.id)
    assert gone.state is State.DELETED
    assert (gone.sha256, gone.size, gone.purged) == (item.sha256, item.size, keeping.clock())
    assert gone.judgement.verdicts == item.judgement.verdicts
    assert "friends" not in repr(gone)
    assert not keeping.store.quarantine.contents.has(item.sha256)
    assert b"ten friends" not in (keeping.state / "quarantine.sqlite").read_bytes()
    with pytest.raises(Refused, match="given up"):
        keeping.store.quarantine.content(gone)


def test_content_that_another_item_needs_stays(keeping):
    first = keeping.hold("ann@city.example")
    second = keeping.hold("bob@city.example")
    assert first.sha256 == second.sha256
    keeping.store.quarantine.delete([first.id], by="carl", reason="advertising")
    assert keeping.store.quarantine.content(second)


def test_one_copy_deleted_leaves_the_other_held(keeping):
    item = keeping.hold("ann@city.example", "bob@city.example")
    keeping.store.quarantine.delete([item.id], ["BOB@city.example"], by="carl", reason="left")
    assert [copy.state for copy in keeping.get(item.id).recipients] == [State.HELD, State.DELETED]
    assert keeping.store.quarantine.content(keeping.get(item.id))


def test_legal_hold_beats_deletion(keeping):
    item = keeping.hold("ann@city.example")
    other = keeping.hold("bob@city.example")
    keeping.store.quarantine.set_legal_hold(item.id, by="carl", reason="case 114")
    with pytest.raises(Refused, match="case 114"):
        keeping.store.quarantine.delete([other.id, item.id], by="dora", reason="advertising")
    assert {one.state for one in keeping.store.quarantine.list()} == {State.HELD}
    assert (
        keeping.store.quarantine.index.change(
            item.id, ["ann@city.example"], State.DELETED, at=keeping.clock(), by="dora", reason="past all checks"
        )
        == []
    )
    keeping.store.quarantine.lift_legal_hold(item.id, by="carl", reason="closed")
    keeping.store.quarantine.delete([item.id], by="dora", reason="advertising")
    assert keeping.get(item.id).state is State.DELETED


def test_nothing_is_done_without_a_record(keeping):
    """Catalogue I13. The audit folder cannot be written: hold, delete, view, export and legal hold are all refused."""
    item = keeping.hold("ann@city.example")
    keeping.store.quarantine.audit.folder = keeping.state / "quarantine.sqlite"  # a file, so no folder
    keeping.store.quarantine.audit._chain = None
    acts = keeping.store.quarantine
    for act in (
        lambda: keeping.hold("bob@city.example"),
        lambda: acts.delete([item.id], by="carl", reason="x"),
        lambda: acts.view(item.id, by="carl"),
        lambda: acts.export(item.id, by="carl"),
        lambda: acts.set_legal_hold(item.id, by="carl", reason="x"),
    ):
        with pytest.raises(StoreUnavailable):
            act()
    assert keeping.get(item.id) == item


def test_each_act_has_one_record(keeping):
    """Catalogue I13; of a policy that comes into force in gateway/test_taking.py, of releases in test_release.py."""
    item = keeping.hold("ann@city.example")
    acts = keeping.store.quarantine
    acts.view(item.id, by="carl")
    acts.export(item.id, by="carl", reason="for the clerk")
    acts.set_legal_hold(item.id, by="carl", reason="case")
    acts.lift_legal_hold(item.id, by="carl", reason="closed")
    acts.delete([item.id], by="carl", reason="advertising")
    told = [(record.act, record.by, record.item) for record in audit.records(keeping.state / "audit")]
    acts_done = ["hold", "view", "export", "legal hold", "legal hold lifted", "delete"]
    assert told == [(act, "gateway" if act == "hold" else "carl", item.id) for act in acts_done]


def test_content_missing_is_said_and_is_no_crash_a05(keeping):
    item = keeping.hold("ann@city.example")
    next((keeping.state / "content").rglob(f"{item.sha256}*")).unlink()
    with pytest.raises(Refused, match="content missing"):
        keeping.store.quarantine.export(item.id, by="carl")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
def test_a_full_disk_holds_nothing_and_recovers(tmp_path, keep):
    """Reliability A10: temporary, no row, no piece left; and the next message is held when there is room again."""
    state = tmp_path / "state"
    state.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(state)], check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let root mount a tmpfs")
    try:
        keeping = keep()
        keeping.hold("ann@city.example")
        with pytest.raises(StoreUnavailable):
            keeping.hold("bob@city.example", body=os.urandom(4_000_000))
        assert len(keeping.store.quarantine.list()) == 1
        assert list((state / "content").rglob("new-*")) == []
        _fill(state / "ballast")
        with pytest.raises(StoreUnavailable):
            keeping.hold("bob@city.example")
        (state / "ballast").unlink()
        assert len(keep().store.quarantine.list()) == 1
        keeping.hold("bob@city.example")
        assert audit.verify(state / "audit").faults == ()
    finally:
        subprocess.run(["umount", "-l", str(state)], check=True)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as ballast, suppress(OSError):
        for size in (65536, 1):
            with suppress(OSError):
                while ballast.write(b"x" * size):
                    pass


class _Death:
    """Kills this process at the nth step of a hold."""

    def __init__(self, step: int) -> None:
        self.left = step

    def before(self, work):
        def wrapped(*arguments, **named):
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return work(*arguments, **named)

        return wrapped


STEPS = 11  # one more than a hold has, so that the last run completes; SQLite's own steps are not among them


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_a_kill_at_any_step_of_a_hold(step, tmp_path, keep, monkeypatch):
    """Reliability A01 and A04, in small: what was acknowledged is there; what was not is adopted or collected."""
    acknowledged = tmp_path / "acknowledged"
    child = os.fork()
    if child == 0:
        keeping = keep()
        keeping.store.quarantine.contents._prepare()
        _deadly(monkeypatch, _Death(step))
        item = keeping.hold("ann@city.example")
        acknowledged.write_text(item.id)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    keeping = keep()
    held = [item.id for item in keeping.store.quarantine.list()]
    if acknowledged.exists():
        assert status == 0
        assert held == [acknowledged.read_text()]
    else:
        assert os.WTERMSIG(status) == signal.SIGKILL
    for id in held:
        assert keeping.store.quarantine.content(keeping.get(id))
    keeping.store.quarantine.retention.collect()
    needed = {item.sha256 for item in keeping.store.quarantine.list()}
    assert set(keeping.store.quarantine.contents.names()) == needed
    assert list((tmp_path / "state" / "content").rglob("new-*")) == []
    again = keeping.hold("ann@city.example")  # the sender's retry
    assert [item.id for item in keeping.store.quarantine.list()] == [again.id]
    assert held in ([], [again.id])


def test_the_last_step_of_that_test_completes(tmp_path, keep, monkeypatch):
    """Otherwise the kills above would not have covered the hold to its end."""
    keeping = keep()
    keeping.store.quarantine.contents._prepare()
    death = _Death(10_000)
    _deadly(monkeypatch, death)
    keeping.hold("ann@city.example")
    assert 10_000 - death.left == STEPS - 1


def _deadly(monkeypatch, death):
    for owner, name in ((os, "fsync"), (os, "write"), (Path, "rename"), (SqlIndex, "insert")):
        monkeypatch.setattr(owner, name, death.before(getattr(owner, name)))
