"""Senders without a live account, and addresses that never had one."""

from dataclasses import replace

import pytest

from rules.detectors.revoked_sender import Parameters, detect
from rules.directory import Directory, Person
from rules.facts import Mailbox
from rules.identity import Authentication, Identity, Rung

VIC, HANA = "vic.nowak@city.example", "hana.sato@city.example"
OURS = Directory(
    domains=frozenset({"city.example"}),
    people={VIC: Person(address=VIC, active=False), HANA: Person(address=HANA)},
    groups={"works@city.example": frozenset({HANA})},
)


@pytest.fixture
def seen(facts_of):
    def seen(sender, author=None, *, parameters=None, identity=None, directory=OURS, **options):
        facts = facts_of("Hello.", sender=sender, directory=directory, **options)
        originators = (Mailbox(name="", address=author or sender or "x@city.example"),)
        facts = replace(facts, originators=originators, identity=identity or Identity())
        return list(detect(facts, parameters or Parameters()))

    return seen


def test_an_account_that_has_ended(seen):
    (found,) = seen(VIC)
    assert found.detected and found.summary == f"{VIC} has no live account"
    assert found.recipients == ("bob.baker@elsewhere.example",)


def test_in_from_alone_and_in_any_case(seen):
    assert seen(HANA, author="Vic.Nowak@City.example")[0].detected


def test_the_mailbox_that_was_proved_counts_most(seen):
    (found,) = seen(HANA, identity=Identity(rung=Rung.SMTP_AUTH, person=VIC))
    assert found.score == 1.0


def test_the_living_and_groups(seen):
    assert seen(HANA) == []
    assert seen("works@city.example") == []


def test_addresses_that_are_not_on_the_list(seen):
    (found,) = seen("permits@city.example")
    assert not found.detected
    assert seen("permits@city.example", parameters=Parameters(unlisted=True))[0].detected
    known = Parameters(unlisted=True, known_addresses=("Permits@city.example",))
    assert seen("permits@city.example", parameters=known) == []


def test_absence_notes_go_on(seen):
    assert seen(None, author=VIC) == []


def test_mail_from_outside_is_judged_elsewhere(seen):
    assert seen("x@elsewhere.example", author=VIC, to=(HANA,)) == []
    assert seen(VIC, identity=Identity(authentication=Authentication())) == []


def test_without_a_staff_list_nobody_is_judged(seen):
    assert seen(VIC, directory=Directory(domains=frozenset({"city.example"}))) == []
