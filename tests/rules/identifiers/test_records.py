"""Records without a number: rows with streets or pay, and acts of personnel; and what only looks like them."""

from datetime import date

import pytest

from rules.identifiers import IdentifierKind, find_identifiers
from rules.identifiers.records import ADDRESSES, PAID

TODAY = date(2026, 3, 2)
NAMES = ("Ann Lee", "Bo Chan", "Cy Dole", "Di Fox", "Ed Gray", "Flo Hale")


def kinds(text: str) -> list[IdentifierKind]:
    return [item.kind for item in find_identifiers(text, TODAY)]


def homes(count: int) -> str:
    return "".join(
        f"{name}, {number + 4} Larch Street, Kelsey, KS 66213\n" for number, name in enumerate(NAMES[:count])
    )


def pays(count: int) -> str:
    return "Name        Salary\n" + "".join(f"{name}     $4{number},200\n" for number, name in enumerate(NAMES[:count]))


def test_so_many_homes_are_a_list_and_one_fewer_is_none():
    assert kinds(homes(ADDRESSES)) == [IdentifierKind.HOME_ADDRESS] * ADDRESSES
    assert not kinds(homes(ADDRESSES - 1))


def test_so_many_pays_are_a_list_and_one_fewer_is_none():
    assert kinds(pays(PAID)) == [IdentifierKind.PAY] * PAID
    assert not kinds(pays(PAID - 1))


def test_the_same_pay_of_two_people_is_two():
    rows = "Hourly rate\n" + "".join(f"{name}, clerk, $31.50\n" for name in NAMES[:3])
    assert len({item.value for item in find_identifiers(rows, TODAY)}) == 3


@pytest.mark.parametrize(
    "text",
    [
        "Attached is the written reprimand of Cy Dole.",
        "Bo Chan was placed on administrative leave.",
        "The performance evaluation of Bo Chan: needs improvement.",
        "Cy Dole failed the drug test.",
    ],
)
def test_acts_on_somebody_by_name(text):
    assert kinds(text) == [IdentifierKind.PERSONNEL]


@pytest.mark.parametrize(
    "text",
    [
        "The termination of the lease is on the agenda; the performance review of the contract is due.",
        "The policy on written reprimands and drug tests was updated.",
        "Chief Ann Lee received $800,000 in salary, and chief Bo Chan received $900,000 in salary, while\n"
        "Cy Dole received $700,000 in salary and more.",
        "Salary budget\nRoads  $48,200\nParks  $61,000\nFire   $39,500\n",
        "Permit\n4 Larch Street, Kelsey, KS 66213\n5 Larch Street, Kelsey, KS 66213\n6 Larch Street, Kelsey, KS 66213\n"
        "7 Larch Street, Kelsey, KS 66213\n8 Larch Street, Kelsey, KS 66213\n",
    ],
)
def test_business_that_names_nobody(text):
    assert not kinds(text)
