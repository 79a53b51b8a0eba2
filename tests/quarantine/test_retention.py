"""Expiry: off by default, beaten by legal hold, asks before it takes much, and leaves a tombstone."""

import pytest

from quarantine.item import State
from quarantine.ports import Refused
from quarantine.release import Order
from quarantine.retention import MAX_ITEMS, tombstone


def expire(keeping, **options):
    return keeping.store.quarantine.retention.expire(keeping.clock(), by="gateway", **options)


def test_without_a_schedule_nothing_ever_expires(keeping):
    keeping.hold("ann@city.example")
    keeping.clock.pass_(days=36_500)
    assert expire(keeping) == ()


def test_what_is_past_its_date_goes_and_leaves_hash_size_rules_and_dates(keep):
    keeping = keep(keep_days=30)
    item = keeping.hold("ann@city.example")
    keeping.clock.pass_(days=29)
    assert expire(keeping) == ()
    keeping.clock.pass_(days=1)
    assert [gone.id for gone in expire(keeping)] == [item.id]
    gone = keeping.get(item.id)
    assert (gone.state, gone.sha256, gone.size) == (State.EXPIRED, item.sha256, item.size)
    assert gone.judgement.verdicts == item.judgement.verdicts
    assert gone.judgement.subject == gone.judgement.preview == ""
    assert not keeping.store.quarantine.contents.has(item.sha256)
    assert expire(keeping) == ()


def test_legal_hold_beats_expiry(keep):
    keeping = keep(keep_days=30)
    item = keeping.hold("ann@city.example")
    keeping.store.quarantine.set_legal_hold(item.id, by="carl", reason="case")
    keeping.clock.pass_(days=31)
    assert expire(keeping) == ()
    assert keeping.get(item.id).state is State.HELD


def test_a_released_message_gives_its_content_up_too(keep, release, courier):
    keeping = keep(keep_days=30)
    item = keeping.hold("ann@city.example")
    release.release(item.id, Order(by="carl", reason="asked for"))
    keeping.clock.pass_(days=31)
    expire(keeping)
    assert keeping.get(item.id).state is State.RELEASED
    assert not keeping.store.quarantine.contents.has(item.sha256)


def test_unusually_much_at_once_needs_a_word(keep):
    keeping = keep(keep_days=30)
    for number in range(MAX_ITEMS + 1):
        keeping.hold("ann@city.example", body=b"%d\r\n" % number)
    keeping.clock.pass_(days=400)
    with pytest.raises(Refused, match="check clock"):
        expire(keeping)
    assert len(expire(keeping, confirmed=True)) == MAX_ITEMS + 1


def test_collecting_takes_orphans_and_nothing_else(keeping):
    item = keeping.hold("ann@city.example")
    orphan = keeping.store.quarantine.contents.put(b"of a hold that was cut short")
    assert keeping.store.quarantine.retention.collect() == [orphan]
    assert keeping.store.quarantine.content(item)


def test_a_tombstone_has_no_word_of_the_message(judgement_of):
    bare = tombstone(judgement_of("ann@city.example"))
    assert "friends" not in repr(bare)
    assert bare.verdicts == judgement_of("ann@city.example").verdicts
