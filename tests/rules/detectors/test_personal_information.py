"""Identifiers of people in a message: what is detected, how it adds up, and what evidence shows."""

from rules.detectors.personal_information import Parameters, detect
from rules.facts import Role, Text
from rules.identifiers import IdentifierKind
from rules.identifiers.own import OwnNumber


def seen(facts_of, author="", parameters=None, **more):
    return list(detect(facts_of(author, **more), parameters or Parameters()))


def test_a_number_with_its_name_beside_it(facts_of):
    (found,) = seen(facts_of, "Please add her, SSN 512-44-9087, to the plan.")
    assert found.detected and found.score == 0.98
    assert found.summary == "1 × social security number"


def test_evidence_shows_the_last_four_digits_of_it_and_of_its_neighbours(facts_of):
    (found,) = seen(facts_of, "SSN 512-44-9087, then SSN 513-55-8076 and card 4539 1488 0343 6467")
    shown = " ".join(item.text for item in found.evidence)
    assert "***-**-9087" in shown and "512" not in shown and "513-55" not in shown and "4539" not in shown
    first = found.evidence[0]
    assert first.text[slice(*first.mark)] == "***-**-9087" and (first.start, first.end) == (4, 15)


def test_in_attachments_quotes_and_forwards_too_but_not_in_a_footer(facts_of):
    number = "SSN 512-44-9087"
    for role in ("attached", "quoted", "forwarded", "hidden", "subject"):
        assert seen(facts_of, **{role: number})
    assert not seen(facts_of, footer=number)
    texts = (Text(part="2", role=Role.ATTACHED, text=number, start=100),)
    (found,) = seen(facts_of, texts=texts)
    assert (found.evidence[0].part, found.evidence[0].start) == ("2", 104)


def test_a_birth_date_alone_is_told_and_with_a_name_detected(facts_of):
    (alone,) = seen(facts_of, "DOB 03/09/1962")
    (named,) = seen(facts_of, "Ann Lee, DOB 03/09/1962")
    assert not alone.detected and named.detected


def test_several_kinds_together_weigh_more_than_each(facts_of):
    (found,) = seen(facts_of, "DOB 03/09/1962, checking account no. 004417829")
    assert found.score > 0.7


def test_the_number_of_a_business_is_not_personal(facts_of):
    assert not seen(facts_of, "Our EIN is 48-6012345; please send the W-9.")
    (found,) = seen(facts_of, "Our EIN is 48-6012345", Parameters(kinds=(IdentifierKind.EIN,), threshold=0.5))
    assert found.detected


def test_an_administrator_may_ask_for_several(facts_of):
    twice = "SSN 512-44-9087 and again SSN 512-44-9087"
    (found,) = seen(facts_of, twice, Parameters(minimum=2))
    assert not found.detected


def test_ordinary_city_mail_is_silent(facts_of):
    assert not seen(
        facts_of,
        "Mr. Holloway called from 913-555-0142 about 1420 Elm Street, parcel 046-12-0031, permit 2026-0417.\n"
        "The crew looks at it on 03/09/2026. Write to works@city.example, ticket 88120034.",
    )


def test_one_home_address_is_told_and_a_list_of_them_detected(facts_of):
    (one,) = detect(facts_of("Her home address is 412 Larch Street."), Parameters())
    assert (one.detected, one.score) == (False, 0.45)
    homes = "Home addresses: 412 Larch Street, 9 Mill Pond Road, 31 Quarry Lane"
    assert any(item.detected for item in detect(facts_of(homes), Parameters()))


def test_a_physicians_published_number_does_not_count(facts_of):
    assert list(detect(facts_of("NPI 1234567893"), Parameters())) == []


def test_numbers_of_the_citys_own_count_and_are_masked_like_others(facts_of):
    own = OwnNumber(name="customer account", pattern=r"\d{3}-\d{5}-\d", examples=("204-88120-7",), words=("account",))
    text = "SSN 512-44-9087, account 204-88120-7"
    (found,) = seen(facts_of, text, Parameters(own=(own,), minimum=2))
    assert found.detected and found.summary == "1 × social security number, 1 × customer account"
    assert all("204-88" not in item.text and "512" not in item.text for item in found.evidence)
    (without,) = seen(facts_of, text, Parameters(minimum=2))
    assert not without.detected
    (bare,) = seen(facts_of, "part 204-88120-7", Parameters(own=(own,)))
    assert not bare.detected and bare.score == 0.3
