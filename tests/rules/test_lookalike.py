"""Domains that were made to be taken for another, and neighbours that were not."""

import pytest

from rules.lookalike import differ_by_one, likeness, skeleton


@pytest.mark.parametrize(
    ("domain", "own", "least"),
    [
        ("c1ty.example", "city.example", 1.0),
        ("mail.c1ty.example", "city.example", 1.0),
        ("\u0441ity.example", "city.example", 1.0),  # Cyrillic
        ("\u0441ity.example".encode("idna").decode(), "city.example", 1.0),
        ("starnford.example", "stamford.example", 1.0),
        ("stamf0rd.example", "stamford.example", 1.0),
        ("stamfrod.example", "stamford.example", 0.8),
        ("stamfordd.example", "stamford.example", 0.8),
        ("stamford.test", "stamford.example", 0.7),
        ("city.example.login.test", "city.example", 0.9),
        ("city-example.test", "city.example", 0.9),
        ("cityexample-pay.test", "city.example", 0.9),
    ],
)
def test_doubles(domain: str, own: str, least: float) -> None:
    found = likeness(domain, own)
    assert (found.score if found else 0.0) >= least


@pytest.mark.parametrize(
    ("domain", "own"),
    [
        ("city.example", "city.example"),
        ("mail.city.example", "city.example"),
        ("example", "city.example"),
        ("county.example", "city.example"),
        ("stamfordhill.example", "stamford.example"),
        ("elsewhere.example", "stamford.example"),
    ],
)
def test_strangers_and_parts_of_ones_own(domain: str, own: str) -> None:
    assert likeness(domain, own) is None


@pytest.mark.parametrize(("domain", "own"), [("kant.example", "kent.example"), ("kent.test", "kent.example")])
def test_short_names_differ_by_chance(domain: str, own: str) -> None:
    found = likeness(domain, own)
    assert found is not None and found.score == 0.5


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("ab", "ab", False),
        ("ab", "ba", True),
        ("ab", "a", True),
        ("ab", "axb", True),
        ("ab", "ac", True),
        ("abc", "cba", False),
        ("ab", "abcd", False),
        ("", "a", True),
    ],
)
def test_one_letter(first: str, second: str, expected: bool) -> None:
    assert differ_by_one(first, second) is expected


def test_skeletons() -> None:
    assert skeleton("MODERN") == skeleton("modem")
    assert skeleton("Müller") == skeleton("muller")
