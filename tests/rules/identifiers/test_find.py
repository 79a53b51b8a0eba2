"""Identifiers in text: shapes that count, words that speak for them, and numbers that are something else."""

import time
from datetime import date

import pytest

from rules.identifiers import IdentifierKind, find_identifiers

TODAY = date(2026, 3, 2)


def found(text: str) -> list[tuple[IdentifierKind, str]]:
    return [(item.kind, text[item.start : item.end]) for item in find_identifiers(text, TODAY)]


def weight(text: str) -> float:
    return max((item.weight for item in find_identifiers(text, TODAY)), default=0.0)


@pytest.mark.parametrize(
    ("text", "kind", "passage"),
    [
        ("her SSN is 512-44-9087.", IdentifierKind.SSN, "512-44-9087"),
        ("SSN=512-44-9087", IdentifierKind.SSN, "512-44-9087"),
        ("ss# 512 44 9087", IdentifierKind.SSN, "512 44 9087"),
        ("social security number: 512449087", IdentifierKind.SSN, "512449087"),
        ("512\u201144\u20119087 (social security)", IdentifierKind.SSN, "512\u201144\u20119087"),
        ("Visa 4539 1488 0343 6467, exp 04/28", IdentifierKind.CARD, "4539 1488 0343 6467"),
        ("amex 3742-454554-00126", IdentifierKind.CARD, "3742-454554-00126"),
        ("IBAN DE89 3704 0044 0532 0130 00", IdentifierKind.IBAN, "DE89 3704 0044 0532 0130 00"),
        ("checking account number: 004417829", IdentifierKind.BANK_ACCOUNT, "004417829"),
        ("routing 021000021", IdentifierKind.ROUTING, "021000021"),
        ("driver's license K01234567", IdentifierKind.DRIVERS_LICENCE, "K01234567"),
        ("his Medicare number is 1EG4-TE5-MK73", IdentifierKind.MEDICARE, "1EG4-TE5-MK73"),
        ("Blue Cross member ID XKZ204881207, group 00412", IdentifierKind.HEALTH_PLAN, "XKZ204881207"),
        ("subscriber no. W20488120 01", IdentifierKind.HEALTH_PLAN, "W20488120 01"),
        ("NPI: 1234567893", IdentifierKind.NPI, "1234567893"),
        ("DEA no. AB1234563", IdentifierKind.DEA, "AB1234563"),
        ("home address 412 Larch Street", IdentifierKind.HOME_ADDRESS, "412 Larch Street"),
        ("passport C12345678", IdentifierKind.PASSPORT, "C12345678"),
        ("ITIN 912-70-1234", IdentifierKind.ITIN, "912-70-1234"),
        ("our EIN is 48-6012345", IdentifierKind.EIN, "48-6012345"),
        ("Ann Lee, DOB 03/09/1962", IdentifierKind.BIRTH_DATE, "03/09/1962"),
        ("Ann Lee, date of birth: March 9, 1962", IdentifierKind.BIRTH_DATE, "March 9, 1962"),
        ("Ann Lee (d.o.b. 9 March 1962)", IdentifierKind.BIRTH_DATE, "9 March 1962"),
    ],
)
def test_each_kind_as_people_write_it(text, kind, passage):
    assert (kind, passage) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Call 913-555-0142 or (913) 555-0199, fax 913.555.0100",
        "512449087",  # nine digits and no word about them
        "Medicare form 1EG4-TE5-MK7S and SKU 1SG4-TE5-MK73",  # S is no letter of theirs
        "member ID 9135550142, health plan at 8005550142",  # numbers of telephones
        "liability policy GL20488120 of the city",
        "health plan form FX204881",  # six digits
        "NPI 1234567894",  # the check digit is wrong
        "DEA no. AB1234562",
        "The hole is before 412 Larch Street",
        "parcel 512-44-9087 on the west side",
        "https://shop.example/?order=4539148803436467",
        "ticket 2026-00123 of 03/09/2026, permit 4539-22",
        "invoice 021000021 for asphalt",
        "The account number of your water bill is 00441782",
        "business license 1234567 expires in June",
        "Our birthday list: Ann on March 9, Bob on June 1",  # day and month
        "she was not born yesterday; see you 03/09/2030",
        "192.168.100.200 and 512-44-90871 and 1512-44-9087",
    ],
)
def test_numbers_of_city_business_are_nobody_s(text):
    assert found(text) == []


def test_words_near_a_number_weigh():
    assert weight("SSN 512-44-9087") > weight("512-44-9087") > weight("case 512-44-9087") == 0
    assert weight("4539 1488 0343 6467") > weight("4539148803436467")


def test_the_heading_of_a_table_speaks_for_its_column():
    rows = "".join(f"Employee {number},5{number}2449087\n" for number in range(1, 9))
    assert len(found("name,ssn\n" + "x" * 100 + "\n" + rows)) == 8
    assert found("name,badge\n" + rows) == []


def test_a_list_of_parcels_is_no_list_of_people():
    rows = "".join(f"lot {number},046-1{number}-0031\n" for number in range(1, 9))
    assert found("lot,parcel\n" + "x" * 100 + "\n" + rows) == []
    assert len(found("lot,number\n" + "x" * 100 + "\n" + rows)) == 8


def test_a_birth_date_without_a_name_weighs_less():
    assert weight("Ann Lee DOB 03/09/1962") > weight("DOB 03/09/1962") > 0


def test_where_two_kinds_begin_together_the_heavier_stays():
    assert [kind for kind, _ in found("bank wire, routing; SSN 512449087")] == [IdentifierKind.SSN]


def test_time_grows_with_the_length_alone():
    hostile = ("4" * 40 + " 512-44-90 " + "A1" * 30 + " account " + "1-" * 50) * 2_000
    start = time.process_time()
    find_identifiers("ssn bank dl passport dob " + hostile, TODAY)
    assert time.process_time() - start < 5
