"""What readers of YAML disagree about, and what none of them mistakes."""

import pytest

from rules.mistaken import DATE, MAX_LENGTH, mistaken_for


@pytest.mark.parametrize("plain", ["no", "Yes", "ON", "off", "y", "True", "FALSE"])
def test_words_that_are_true_or_false_to_some(plain: str) -> None:
    assert mistaken_for(plain) == "true or false"


@pytest.mark.parametrize("plain", ["Null", "~"])
def test_words_for_nothing(plain: str) -> None:
    assert mistaken_for(plain) == "nothing"


@pytest.mark.parametrize("plain", ["1:30", "17:00", "12:30:45"])
def test_numbers_to_the_base_of_sixty(plain: str) -> None:
    assert mistaken_for(plain) == "a number of hours, minutes or seconds"


@pytest.mark.parametrize("plain", ["010", "0o17", "08", "-07"])
def test_numbers_that_may_be_octal(plain: str) -> None:
    assert mistaken_for(plain) == "an octal number, or a decimal one"


@pytest.mark.parametrize("plain", ["1_000", "0x1F", "0b11", "1e3", "1.10", "+12", ".5", ".inf", "-.NaN"])
def test_other_numbers(plain: str) -> None:
    assert mistaken_for(plain) == "a number"


@pytest.mark.parametrize("plain", ["2027-06-30", "2027-6-3", "2027-06-30T12:00:00Z", "2027-06-30 12:00:00"])
def test_dates(plain: str) -> None:
    assert mistaken_for(plain) == DATE


@pytest.mark.parametrize("plain", ["none", "C.8", "8, 9", "ATU-C4", "4a", "noon", "1:2:three", "19, 20", "", "1.2.3"])
def test_text_is_text(plain: str) -> None:
    assert mistaken_for(plain) is None


def test_what_is_longer_than_any_of_them_is_not_looked_at() -> None:
    assert mistaken_for("1" * MAX_LENGTH) is not None
    assert mistaken_for("1" * (MAX_LENGTH + 1)) is None
