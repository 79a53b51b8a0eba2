"""What the policies allow passes every rule of conduct: a private word, a complaint, a question, another language."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rules.detectors import BY_NAME
from rules.detectors.fundraising import Parameters as Fundraising
from rules.facts import By, Facts, Kind, Part, Sign

FactsOf = Callable[..., Facts]
CONDUCT = (
    "advocacy",
    "chain_letter",
    "commercial_solicitation",
    "concealment",
    "fundraising",
    "harassment",
    "obscenity",
    "personal_opinion",
    "phishing",
    "profanity",
)


def found(facts: Facts) -> list[str]:
    """What the detectors of conduct find, in the words of each."""
    return [
        f"{item.detector}: {item.summary}"
        for name in CONDUCT
        for item in BY_NAME[name].detect(facts, BY_NAME[name].parameters())
        if item.detected
    ]


@pytest.mark.parametrize(
    "words",
    [
        "Can you pick up Max at five? I am stuck in the budget meeting. The casserole is in the freezer.",
        "Mom, the doctor says Thursday at nine. I will drive you. Love, Ann",
        "Who is in for bowling on Friday? Bo brings the cake for Dee's birthday.",
        "We sold the house! Closing is on the 12th, so I am off that afternoon.",
        "Thanks for the flowers, they made my week. Good luck with the race on Sunday!",
    ],
)
def test_incidental_private_mail(facts_of: FactsOf, words: str) -> None:
    assert found(facts_of(words)) == []


def test_somebody_elses_abuse_in_a_complaint(facts_of: FactsOf) -> None:
    words = (
        'I want to file a complaint about the driver of truck 9. He called me a stupid bitch, said "I will break your '
        'neck", and told me to shut the hell up. Please investigate.'
    )
    assert found(facts_of(words)) == []


def test_a_journalists_question(facts_of: FactsOf) -> None:
    words = (
        "I am working on a story about Measure C. Does the mayor support it, will she urge residents to vote for it? "
        "My deadline is at five. I also reached out to the opponents for comment."
    )
    assert found(facts_of(words, sender="ivy.reed@paper.example", to=("clerk@city.example",))) == []


def test_what_a_resident_wrote_to_a_council_member_who_answers_or_sends_it_to_staff(facts_of: FactsOf) -> None:
    letter = (
        "Please vote no on the rezoning. I think it is outrageous, the council should be ashamed of wasting our taxes."
    )
    answer = facts_of("Thank you for writing. The hearing is on May 4.", subject="Re: rezoning", quoted=letter)
    assert found(answer) == []
    note = "Please log this with the other letters on case 26-11 and answer by Friday with the hearing date. "
    assert found(facts_of(note * 3, subject="FW: rezoning", forwarded=letter)) == []


def test_a_drive_that_the_city_sponsors(facts_of: FactsOf) -> None:
    facts = facts_of("Mayor's Food Drive: please donate canned food today, the box is in the lobby. Every can helps!")
    assert found(facts) != []
    fundraising = BY_NAME["fundraising"].detect(facts, Fundraising(sponsored=("Mayor's Food Drive",)))
    assert [item.detected for item in fundraising] == [False]


def test_reports_of_delivery_automatic_answers_and_invitations(facts_of: FactsOf) -> None:
    report = "Your message could not be delivered within 48 hours. The mailbox of the recipient is full: 552 5.2.2"
    assert found(facts_of(report, sender=None, to=("ann.clerk@city.example",))) == []
    away = facts_of(
        "I am away until Monday.", subject="Automatic reply: street", fields=(("auto-submitted", "auto-replied"),)
    )
    assert found(away) == []
    sign = Sign(kind=Kind.CALENDAR, by=By.DECLARED, text="text/calendar")
    part = Part(path="2", names=(), declared_type="text/calendar", signs=(sign,), size=1, digest="")
    assert found(replace(facts_of("Budget review. Join by telephone, code 4417."), parts=(part,))) == []


@pytest.mark.parametrize(
    "words",
    [
        "Sehr geehrte Damen und Herren, die Sitzung des Rates beginnt um neun Uhr. Mit freundlichen Grüßen",
        "Bonjour, je voudrais savoir quand la piscine municipale ouvre cet été. Merci de votre réponse.",
        "Buenos días, ¿cuándo recogen la basura en la calle Larch? Gracias por su ayuda. Atentamente, Inés",
        "Chào buổi sáng, tôi muốn hỏi về giấy phép xây dựng. Cảm ơn.",
        "Здравствуйте! Подскажите, пожалуйста, когда откроется библиотека. Спасибо.",
        "您好，请问图书馆星期六几点开门？谢谢。",
        "السلام عليكم، متى تفتح المكتبة يوم السبت؟ شكرا لكم.",
    ],
)
def test_other_languages(facts_of: FactsOf, words: str) -> None:
    assert found(facts_of(words)) == []
