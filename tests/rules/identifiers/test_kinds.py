"""The table of kinds: complete, sensible in its weights, and with gates that let through what the patterns find."""

import pytest

from rules.identifiers.kinds import SHAPES, IdentifierKind
from rules.patterns import compile_patterns

SPECIMENS = {
    IdentifierKind.SSN: ("SSN 512-44-9087", "ss# 512 44 9087", "social security 512449087"),
    IdentifierKind.ITIN: ("ITIN 912-70-1234", "taxpayer 912701234"),
    IdentifierKind.EIN: ("EIN 48-6012345", "W-9: 48-6012345"),
    IdentifierKind.CARD: ("card 4539 1488 0343 6467", "amex 3742-454554-00126", "cc 4539148803436467"),
    IdentifierKind.IBAN: ("IBAN DE89 3704 0044 0532 0130 00", "bank GB82WEST12345698765432"),
    IdentifierKind.BANK_ACCOUNT: ("bank account number: 004417829", "credit union acct# 00-441782"),
    IdentifierKind.ROUTING: ("routing 021000021", "wire to 021000021"),
    IdentifierKind.DRIVERS_LICENCE: ("driver's license K01234567", "OLN 123-45-6789", "DL D123-4567-8901"),
    IdentifierKind.MEDICARE: ("Medicare 1EG4-TE5-MK73", "MBI: 1EG4TE5MK73"),
    IdentifierKind.NPI: ("NPI 1234567893",),
    IdentifierKind.DEA: ("DEA number AB1234563",),
    IdentifierKind.HOME_ADDRESS: ("home address: 412 N. Larch Street", "He resides at 9 Mill Pond Rd"),
    IdentifierKind.PARTIAL_SSN: ("SSN xxx-xx-4471", "last four of his SSN: 4471", "ss# ***-**-4471"),
    IdentifierKind.ALIEN: ("alien number A012-345-678", "USCIS A# 012345678"),
    IdentifierKind.TRAVELLER: ("known traveler 123456789", "KTN TT1234567"),
    IdentifierKind.EMPLOYEE: ("Employee ID 44718", "emp no. 004471"),
    IdentifierKind.HOME_TELEPHONE: ("home phone: 816-555-0100", "Home (816) 555-0100"),
    IdentifierKind.CONTACT: ("Name: Mr. Lee Ortega\naddress: 12 Larch St, Kelsey\n816.555.0100",),
    IdentifierKind.PASSPORT: ("passport C12345678", "Passports: 123456789"),
}


def test_every_kind_but_dates_and_records_has_a_shape():
    others = {IdentifierKind.BIRTH_DATE, IdentifierKind.PAY, IdentifierKind.PERSONNEL}
    assert {shape.kind for shape in SHAPES} == set(IdentifierKind) - others


def test_context_makes_a_shape_heavier():
    assert all(0.0 <= shape.alone < shape.near <= 1.0 for shape in SHAPES)


@pytest.mark.parametrize(
    ("kind", "text"),
    [(kind, text) for kind, texts in SPECIMENS.items() for text in texts],
    ids=str,
)
def test_a_gate_never_hides_what_its_pattern_would_find(kind, text):
    fitting = [
        shape for shape in SHAPES if shape.kind is kind and shape.pattern.search(text) and shape.context.search(text)
    ]
    assert fitting
    for shape in fitting:
        assert compile_patterns((shape.look,)).fires(text)
        assert compile_patterns((shape.hint,)).fires(text)
