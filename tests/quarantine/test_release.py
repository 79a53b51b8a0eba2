"""Releasing: octets and envelope kept, only a 250 counts, unreviewed rules hold, one of two releases sends."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from quarantine import audit
from quarantine.item import Cause, State
from quarantine.ports import Busy, NoSuchItem, Refused, ReviewUnavailable, StoreUnavailable
from quarantine.release import LEASE, Order, Release, merge
from rules.address import parse_address

ORDER = Order(by="carl", reason="asked for")


def states(keeping, item):
    return [copy.state for copy in keeping.get(item.id).recipients]


def test_a_release_sends_the_octets_received_and_keeps_the_reply(keeping, release, courier):
    item = keeping.hold("Ann@city.example", "bob@city.example")
    release.release(item.id, ORDER)
    assert courier.sent == [
        ("exchange", ("Ann@city.example", "bob@city.example"), keeping.store.quarantine.content(item))
    ]
    after = keeping.get(item.id)
    assert states(keeping, item) == [State.RELEASED, State.RELEASED]
    assert {(copy.reply, copy.by, copy.reason) for copy in after.recipients} == {("250 said so", "carl", "asked for")}


@pytest.mark.parametrize(("code", "reason"), [(451, "not sent"), (550, "not sent")])
def test_without_a_250_it_is_held_again_with_the_reply(keeping, release, courier, code, reason):
    item = keeping.hold("ann@city.example")
    courier.says = code
    (attempt,) = release.release(item.id, ORDER)
    (copy,) = keeping.get(item.id).recipients
    assert (copy.state, copy.reply, copy.reason) == (State.HELD, f"{code} said so", reason)
    assert attempt.permanent == (code == 550)


def test_an_unknown_outcome_is_held_and_said(keeping, release, courier):
    item = keeping.hold("ann@city.example")
    courier.in_doubt = True
    release.release(item.id, ORDER)
    (copy,) = keeping.get(item.id).recipients
    assert copy.state is State.HELD
    assert copy.reason.startswith("unknown outcome")


def test_a_courier_that_breaks_leaves_the_outcome_unknown(keeping, release, courier):
    item = keeping.hold("ann@city.example")

    def fall_over():
        raise RuntimeError

    courier.before = fall_over
    (attempt,) = release.release(item.id, ORDER)
    assert attempt.in_doubt
    assert states(keeping, item) == [State.HELD]


def test_a_released_message_is_not_sent_again(keeping, release, courier):
    item = keeping.hold("ann@city.example")
    release.release(item.id, ORDER)
    with pytest.raises(Refused, match="released"):
        release.release(item.id, ORDER)
    assert len(courier.sent) == 1


def test_one_recipient_alone(keeping, release, courier):
    item = keeping.hold("ann@city.example", "bob@city.example")
    release.release(item.id, replace(ORDER, recipients=("BOB@city.example",)))
    assert states(keeping, item) == [State.HELD, State.RELEASED]
    with pytest.raises(NoSuchItem, match=r"zoe@city\.example"):
        release.release(item.id, replace(ORDER, recipients=("zoe@city.example",)))


def test_a_rule_that_no_one_reviewed_holds_it_and_is_named(keeping, release, review, courier):
    item = keeping.hold("ann@city.example")
    review.rules = ("chain-letter", "executable-attachment")
    with pytest.raises(Refused, match=r"executable-attachment \(for ann@city\.example\)"):
        release.release(item.id, ORDER)
    assert courier.sent == []
    assert states(keeping, item) == [State.HELD]
    rules = [finding.rule for finding in keeping.get(item.id).judgement.verdicts[0].findings]
    assert rules == ["chain-letter", "executable-attachment"]


def test_once_read_it_can_be_released(keeping, release, review, courier):
    """The finding is on the item now; whoever releases it again has seen it."""
    item = keeping.hold("ann@city.example")
    review.rules = ("executable-attachment",)
    with pytest.raises(Refused):
        release.release(item.id, ORDER)
    release.release(item.id, ORDER)
    assert len(courier.sent) == 1


def test_what_the_next_hop_refused_is_judged_too(keeping, release, review, judgement_of):
    passed = judgement_of("ann@city.example", rules=())
    item = keeping.hold("ann@city.example", cause=Cause.NEXT_HOP_REFUSED, judgement=passed)
    with pytest.raises(Refused, match="chain-letter"):
        release.release(item.id, ORDER)


def test_findings_of_another_recipient_are_not_waived(keeping, release, review, judgement_of):
    judgement = judgement_of("ann@city.example", "bob@city.example")
    bob = replace(judgement.verdicts[1], findings=())
    item = keeping.hold(
        "ann@city.example", "bob@city.example", judgement=replace(judgement, verdicts=(judgement.verdicts[0], bob))
    )
    with pytest.raises(Refused, match=r"chain-letter \(for bob@city\.example\)"):
        release.release(item.id, ORDER)
    assert states(keeping, item) == [State.HELD, State.HELD]


def test_a_copy_to_another_address_changes_no_recipient(keeping, release, courier):
    item = keeping.hold("ann@city.example")
    release.release(item.id, replace(ORDER, to=(parse_address("clerk@city.example"),)))
    assert courier.sent[0][1] == ("clerk@city.example",)
    assert states(keeping, item) == [State.HELD]
    acts = [record.act for record in audit.records(keeping.state / "audit")]
    assert acts == ["hold", "copy to another address, recipients unchanged", "copy ended"]
    (event,) = keeping.store.quarantine.index.history(item.id)
    assert (event.after, event.recipient, event.reply) == (None, "clerk@city.example", "250 said so")


def test_a_copy_to_another_address_is_judged_for_it(keeping, release, review):
    item = keeping.hold("ann@city.example")
    review.rules = ("confidential-to-outside",)
    with pytest.raises(Refused, match=r"confidential-to-outside \(for press@elsewhere\.example\)"):
        release.release(item.id, replace(ORDER, to=(parse_address("press@elsewhere.example"),)))


def test_no_judgement_no_release(keeping, release, review, courier, monkeypatch):
    item = keeping.hold("ann@city.example")

    def away(*arguments):
        raise ReviewUnavailable("no worker")

    monkeypatch.setattr(review, "rejudge", away)
    with pytest.raises(ReviewUnavailable):
        release.release(item.id, ORDER)
    assert courier.sent == []
    assert states(keeping, item) == [State.HELD]


def test_no_record_no_release(keeping, release, courier):
    item = keeping.hold("ann@city.example")
    keeping.store.quarantine.audit.folder = keeping.state / "quarantine.sqlite"
    keeping.store.quarantine.audit._chain = None
    with pytest.raises(StoreUnavailable):
        release.release(item.id, ORDER)
    assert courier.sent == []
    assert states(keeping, item) == [State.HELD]


def test_no_content_no_release(keeping, release, courier):
    item = keeping.hold("ann@city.example")
    next((keeping.state / "content").rglob(f"{item.sha256}*")).write_bytes(b"damaged")
    with pytest.raises(StoreUnavailable, match="damaged"):
        release.release(item.id, ORDER)
    assert courier.sent == []


def test_of_two_releases_at_once_exactly_one_sends(keeping, keep, courier, review):
    item = keeping.hold("ann@city.example", "bob@city.example")
    begin = Barrier(2)

    class Together:
        def rejudge(self, *arguments):
            begin.wait()
            return review.rejudge(*arguments)

    def go(_):
        mine = Release(quarantine=keep().store.quarantine, courier=courier, review=Together())
        try:
            return mine.release(item.id, ORDER)
        except (Busy, Refused) as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(go, range(2)))
    assert len(courier.sent) == 1
    assert sum(isinstance(result, tuple) for result in results) == 1
    assert states(keeping, item) == [State.RELEASED, State.RELEASED]


def test_a_release_killed_on_its_way_is_returned_after_its_lease(keeping, keep, release, courier, review):
    """Reliability A12: never `released` without a 250; and it can be released again."""
    item = keeping.hold("ann@city.example")
    child = os.fork()
    if child == 0:
        courier.before = lambda: os.kill(os.getpid(), signal.SIGKILL)
        Release(quarantine=keep().store.quarantine, courier=courier, review=review).release(item.id, ORDER)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert states(keeping, item) == [State.RELEASING]
    with pytest.raises(Busy):
        release.release(item.id, ORDER)
    assert release.resume(keeping.clock()) == 0
    keeping.clock.now += LEASE
    assert release.resume(keeping.clock()) == 1
    (copy,) = keeping.get(item.id).recipients
    assert (copy.state, copy.reason) == (State.HELD, "unknown outcome: the release was cut short")
    assert "release abandoned" in [record.act for record in audit.records(keeping.state / "audit")]
    release.release(item.id, ORDER)
    assert states(keeping, item) == [State.RELEASED]


def test_merging_keeps_what_was_found_and_points_at_the_right_observations(judgement_of):
    old, new = judgement_of("ann@city.example", rules=("a", "b")), judgement_of("ANN@city.example", rules=("b", "c"))
    merged = merge(old, new)
    findings = merged.verdicts[0].findings
    assert [finding.rule for finding in findings] == ["a", "b", "c"]
    assert [merged.observations[finding.observation] for finding in findings]
    assert findings[2].observation == 3
