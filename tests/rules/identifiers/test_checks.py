"""What can have been issued, and what cannot."""

from datetime import date

import pytest

from rules.identifiers.checks import (
    birth_date,
    is_card,
    is_dea,
    is_ein,
    is_iban,
    is_itin,
    is_mbi,
    is_npi,
    is_routing_number,
    is_ssn,
    luhn,
)


@pytest.mark.parametrize("digits", ["512449087", "001010001", "772231234"])
def test_numbers_that_social_security_can_have_issued(digits):
    assert is_ssn(digits)


@pytest.mark.parametrize(
    "digits", ["000449087", "666449087", "912449087", "512009087", "512440000", "078051120", "555555555", "51244908"]
)
def test_numbers_that_social_security_never_issued(digits):
    assert not is_ssn(digits)


@pytest.mark.parametrize(("digits", "valid"), [("912701234", True), ("912931234", False), ("812701234", False)])
def test_taxpayer_numbers_have_their_own_groups(digits, valid):
    assert is_itin(digits) is valid


@pytest.mark.parametrize(("digits", "valid"), [("486012345", True), ("076012345", False), ("000000000", False)])
def test_employer_numbers_begin_with_an_office(digits, valid):
    assert is_ein(digits) is valid


@pytest.mark.parametrize(
    "digits", ["4539148803436467", "5425233430109903", "2223000048410010", "374245455400126", "6011000991300009"]
)
def test_cards_have_an_issuer_a_length_and_a_check_digit(digits):
    assert luhn(digits) and is_card(digits)


@pytest.mark.parametrize(
    "digits",
    [
        "4539148803436468",  # check digit
        "453914880343646",  # too short for its issuer
        "9539148803436463",  # nobody's prefix
        "4111111111111111",  # printed in every manual
    ],
)
def test_other_long_numbers_are_no_cards(digits):
    assert not is_card(digits)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("DE89370400440532013000", True),
        ("GB82WEST12345698765432", True),
        ("GB82WEST12345698765433", False),
        ("DE8937040044053201300", False),
        ("US82WEST12345698765432", False),
    ],
)
def test_iban_by_country_length_and_remainder(text, valid):
    assert is_iban(text) is valid


@pytest.mark.parametrize(
    ("digits", "valid"), [("021000021", True), ("101000187", True), ("021000022", False), ("500000021", False)]
)
def test_routing_numbers_by_district_and_check_digit(digits, valid):
    assert is_routing_number(digits) is valid


@pytest.mark.parametrize(
    ("day", "valid"), [((1962, 3, 9), True), ((1962, 2, 30), False), ((1890, 3, 9), False), ((2027, 3, 9), False)]
)
def test_somebody_living_was_born_then(day, valid):
    assert birth_date(*day, date(2026, 3, 2)) is valid


@pytest.mark.parametrize(
    ("signs", "valid"),
    [
        ("1EG4TE5MK73", True),
        ("0EG4TE5MK73", False),
        ("1SG4TE5MK73", False),
        ("1EG4TE5MK7", False),
        ("1EG4TE55K73", False),
    ],
)
def test_medicare_numbers(signs, valid):
    assert is_mbi(signs) is valid


@pytest.mark.parametrize(
    ("digits", "valid"), [("1234567893", True), ("1234567894", False), ("3234567893", False), ("123456789", False)]
)
def test_provider_numbers(digits, valid):
    assert is_npi(digits) is valid


@pytest.mark.parametrize(
    ("signs", "valid"),
    [("AB1234563", True), ("A91234563", True), ("AB1234564", False), ("ZB1234563", False), ("AB0000000", False)],
)
def test_prescriber_numbers(signs, valid):
    assert is_dea(signs) is valid
