"""Mailings say so themselves; discussion, automatic answers and invitations are none."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rules.detectors.bulk_mail import Parameters, detect
from rules.facts import By, Facts, Kind, Part, Sign

FactsOf = Callable[..., Facts]
LIST = (("list-id", "<a.example>"), ("list-post", "<mailto:a@a.example>"), ("list-unsubscribe", "<x>"))


def detected(facts: Facts, parameters: Parameters | None = None) -> bool:
    return any(observation.detected for observation in detect(facts, parameters or Parameters()))


@pytest.mark.parametrize(
    "fields",
    [
        (("list-unsubscribe", "<mailto:leave@a.example>"),),
        (("precedence", "bulk"),),
        (("x-spam-flag", "YES"),),
        (("x-mailer", "MailChimp Mailer"),),
        (("feedback-id", "1:2:3"),),
    ],
)
def test_marks_of_mass_mailers(facts_of: FactsOf, fields: tuple[tuple[str, str], ...]) -> None:
    assert detected(facts_of("Hello.", fields=fields))


@pytest.mark.parametrize(
    "fields", [(), (("precedence", "list"),), (("x-spam-flag", "no"),), (("x-mailer", "Outlook"),)]
)
def test_ordinary_mail(facts_of: FactsOf, fields: tuple[tuple[str, str], ...]) -> None:
    assert not detected(facts_of("Hello.", fields=fields))


def test_words_alone_are_told_and_not_detected(facts_of: FactsOf) -> None:
    (observation,) = detect(facts_of("How do I unsubscribe from the planners' list?"), Parameters())
    assert (observation.detected, observation.score) == (False, 0.5)
    assert detected(facts_of("To unsubscribe, write to us.", fields=(("precedence", "list"),)))


def test_discussion_counts_only_when_wanted(facts_of: FactsOf) -> None:
    facts = facts_of("I agree.", fields=LIST)
    assert not detected(facts)
    assert detected(facts, Parameters(discussion_lists=True))
    assert detected(facts_of("I agree.", fields=(*LIST, ("x-spam-status", "Yes, score=9"))))


def test_automatic_answers_reports_and_invitations(facts_of: FactsOf) -> None:
    bulk = (("precedence", "bulk"),)
    assert not detected(facts_of("Away.", fields=(*bulk, ("auto-submitted", "auto-replied"))))
    assert detected(facts_of("News.", fields=(*bulk, ("auto-submitted", "no"))))
    assert not detected(facts_of("Not delivered.", sender=None, fields=bulk))
    sign = Sign(kind=Kind.CALENDAR, by=By.DECLARED, text="text/calendar")
    part = Part(path="2", names=(), declared_type="text/calendar", signs=(sign,), size=1, digest="")
    assert not detected(replace(facts_of("Meeting.", fields=bulk), parts=(part,)))
