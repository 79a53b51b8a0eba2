"""The arithmetic and the number ranges that tell an identifier from any other number.

Each check takes the bare signs, without separators; none looks at the text around them.
"""

import re
from datetime import date

# Printed on sample cards and in advertisements, never a person's.
_VOID_SSN = frozenset({"078051120", "219099999", "457555462", "123456789", "111111111", "333333333"})

# Test numbers that card companies publish; they stand in manuals and sample files.
_TEST_CARDS = frozenset(
    {
        "4111111111111111",
        "4012888888881881",
        "4242424242424242",
        "5555555555554444",
        "5105105105105100",
        "378282246310005",
        "371449635398431",
        "6011111111111117",
        "6011000990139424",
        "3530111333300000",
        "30569309025904",
    }
)

# Length of an IBAN by country (SWIFT registry): those a city of ours may meet, the larger economies.
_IBAN_LENGTH = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "BR": 29, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22,
    "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23,
    "IT": 27, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24,
    "SA": 24, "SE": 24, "SI": 19, "SK": 24, "TR": 26, "UA": 29,
}  # fmt: skip

_EIN_PREFIXES = frozenset(
    f"{number:02}"
    for number in range(1, 100)
    # Campus codes that the Internal Revenue Service has not assigned.
    if number not in {7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97}
)


def is_ssn(digits: str) -> bool:
    """Nine digits that the Social Security Administration can have issued (rules of 2011, and before)."""
    if len(digits) != 9 or digits in _VOID_SSN or len(set(digits)) == 1:
        return False
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def is_itin(digits: str) -> bool:
    """A taxpayer number of the Internal Revenue Service: 9xx, with a group of 50-65, 70-88, 90-92 or 94-99."""
    if len(digits) != 9 or digits[0] != "9":
        return False
    group = int(digits[3:5])
    return 50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 92 or 94 <= group <= 99


def is_ein(digits: str) -> bool:
    """An employer's number: its first two digits name the office that issued it."""
    return len(digits) == 9 and digits[:2] in _EIN_PREFIXES and len(set(digits)) > 2


def is_card(digits: str) -> bool:
    """A payment card: an issuer's prefix, that issuer's length, and the Luhn check digit (ISO/IEC 7812)."""
    return digits not in _TEST_CARDS and len(set(digits)) > 3 and _issued(digits) and luhn(digits)


def _issued(digits: str) -> bool:
    length, two, four = len(digits), int(digits[:2]), int(digits[:4])
    if digits[0] == "4":  # Visa; the 13 digits of old cards are too many false matches
        return length in (16, 19)
    if 51 <= two <= 55 or 2221 <= four <= 2720:  # Mastercard
        return length == 16
    if two in (34, 37):  # American Express
        return length == 15
    if two == 65 or four == 6011 or 644 <= int(digits[:3]) <= 649:  # Discover
        return length in (16, 19)
    if two in (36, 38) or 300 <= int(digits[:3]) <= 305:  # Diners Club
        return length == 14
    return 3528 <= four <= 3589 and length == 16  # JCB


def luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_iban(text: str) -> bool:
    """An international account number (ISO 13616): its country's length and the remainder 1 of division by 97."""
    if _IBAN_LENGTH.get(text[:2]) != len(text):
        return False
    moved = text[4:] + text[:4]
    return int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1


def is_routing_number(digits: str) -> bool:
    """A bank's number (ABA): a district of the Federal Reserve, and the 3-7-1 check digit."""
    if len(digits) != 9 or len(set(digits)) < 3:
        return False
    district = int(digits[:2])
    if not (1 <= district <= 12 or 21 <= district <= 32 or 61 <= district <= 72 or district == 80):
        return False
    return sum(int(digit) * (3, 7, 1)[place % 3] for place, digit in enumerate(digits)) % 10 == 0


def birth_date(year: int, month: int, day: int, today: date) -> bool:
    """Whether somebody now living can have been born then."""
    try:
        born = date(year, month, day)
    except ValueError:
        return False
    return today.year - 110 <= year and born <= today


# Centers for Medicare & Medicaid Services, "Understanding the MBI": letters leave out S, L, O, I, B and Z.
_LETTER = "AC-HJKMNP-RT-Y"
_MBI = re.compile(rf"[1-9][{_LETTER}][{_LETTER}0-9]\d[{_LETTER}][{_LETTER}0-9]\d[{_LETTER}]{{2}}\d{{2}}")
_NPI_PREFIX = "80840"  # the card issuer's number that the check digit counts in (45 CFR 162.406)
_DEA_TYPES = frozenset("ABCDEFGHJKLMPRSTUX")  # kinds of registrants


def is_mbi(signs: str) -> bool:
    """A Medicare beneficiary's number: eleven signs, each of its own class."""
    return _MBI.fullmatch(signs) is not None


def is_npi(digits: str) -> bool:
    """A provider's number: ten digits that begin with 1 or 2, Luhn over them behind 80840."""
    return len(digits) == 10 and digits[0] in "12" and luhn(_NPI_PREFIX + digits)


def is_dea(signs: str) -> bool:
    """A prescriber's number: type, initial or 9, and seven digits of which the last checks the others."""
    if len(signs) != 9 or signs[0] not in _DEA_TYPES or not (signs[1].isalpha() or signs[1] == "9"):
        return False
    digits = [int(sign) for sign in signs[2:]]
    return (sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])) % 10 == digits[6] and len(set(digits)) > 1
