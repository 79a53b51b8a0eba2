"""Mail that waits for somebody named: nobody else's release sends it, and the letter is sent once for each case."""

import email
from dataclasses import replace

import pytest

from quarantine.approval import Letters, approvers_of, check_approval
from quarantine.ports import Attempt, Refused
from quarantine.release import Order, Release
from rules.address import parse_address
from rules.finding import Action
from rules.verdict import Mailing

MANAGER = "Manager@city.example"
HOSTILE = "Picnic\r\nBcc: all@elsewhere.example\r\n\r\n\x1b[2J http://evil.example/"


def held(keeping, judgement_of, number=0, *, approver=MANAGER, action=Action.QUARANTINE, subject="Picnic"):
    """A piece of one mailing that a rule with this approver held."""
    who = f"p{number}@city.example"
    judgement = judgement_of(who, subject=subject)
    verdicts = tuple(
        replace(one, findings=tuple(replace(found, approver=approver, action=action) for found in one.findings))
        for one in judgement.verdicts
    )
    mailing = Mailing(originator="zoe@city.example", prints=("aa",), reaches=(who,))
    return keeping.hold(who, body=b"%d\r\n" % number, judgement=replace(judgement, verdicts=verdicts, mailing=mailing))


@pytest.fixture
def letters(keeping, courier):
    return Letters(
        quarantine=keeping.store.quarantine,
        courier=courier,
        sender=parse_address("mailward@gw.city.example"),
        hostname="gw.city.example",
        next_hop="exchange",
    )


def test_only_what_held_it_asks_for_approval(keeping, judgement_of):
    assert approvers_of(held(keeping, judgement_of)) == (MANAGER,)
    assert approvers_of(held(keeping, judgement_of, 1, action=Action.TAG)) == ()
    assert approvers_of(held(keeping, judgement_of, 2, approver="")) == ()


@pytest.mark.parametrize(
    ("by", "approved_by", "sent"),
    [
        ("carl", "", False),
        ("carl", "somebody@city.example", False),
        ("carl", "manager@CITY.example", True),
        (MANAGER, "", True),
    ],
)
def test_nobody_elses_release_sends_it(keeping, judgement_of, courier, by, approved_by, sent):
    """Catalogue I07, four eyes where they are set. Other roles are accounts of the machine: test_account.py."""
    item = held(keeping, judgement_of)

    class Waives:
        def rejudge(self, item, octets, recipients):
            return item.judgement

    release = Release(quarantine=keeping.store.quarantine, courier=courier, review=Waives())
    order = Order(by=by, reason="x", approved_by=approved_by)
    if sent:
        assert [attempt.accepted for attempt in release.release(item.id, order)] == [True]
    else:
        with pytest.raises(Refused, match="has to approve it"):
            release.release(item.id, order)
        assert keeping.store.quarantine.get(item.id).state.value == "held"


def test_what_names_nobody_needs_no_approval(keeping, judgement_of):
    check_approval(held(keeping, judgement_of, approver=""), "carl", "")


def test_the_letter_is_sent_once_for_a_case(keeping, judgement_of, letters, monkeypatch):
    sent = submitted(letters, monkeypatch)
    first = held(keeping, judgement_of)
    assert letters.send_due(keeping.clock()) == 1
    held(keeping, judgement_of, 1)
    assert letters.send_due(keeping.clock()) == 0
    (octets,) = sent
    message = email.message_from_bytes(octets)
    assert (message["To"], message["Auto-Submitted"]) == (f"<{MANAGER}>", "auto-generated")
    assert f"release {first.id} --case" in message.get_payload()


def test_one_that_was_not_taken_is_due_again(keeping, judgement_of, letters, monkeypatch):
    held(keeping, judgement_of)
    submitted(letters, monkeypatch, code=451)
    assert letters.send_due(keeping.clock()) == 0
    submitted(letters, monkeypatch)
    assert letters.send_due(keeping.clock()) == 1


def test_a_hostile_subject_stays_on_its_line(keeping, judgement_of, letters, monkeypatch):
    """Reliability F04 and I08."""
    sent = submitted(letters, monkeypatch)
    held(keeping, judgement_of, subject=HOSTILE)
    letters.send_due(keeping.clock())
    message = email.message_from_bytes(sent[0])
    assert message["Bcc"] is None and not message.defects
    assert sent[0].isascii() and b"\x1b" not in sent[0] and b"http://evil" not in sent[0]


def submitted(letters: Letters, monkeypatch: pytest.MonkeyPatch, code: int = 250) -> list[bytes]:
    """What the courier is given from now on; it answers with the code."""
    sent: list[bytes] = []

    def submit(next_hop, reverse_path, recipients, octets):
        sent.append(octets)
        return tuple(Attempt(recipient=one, code=code, text=f"{code} told") for one in recipients)

    monkeypatch.setattr(type(letters.courier), "submit", staticmethod(submit))
    return sent
