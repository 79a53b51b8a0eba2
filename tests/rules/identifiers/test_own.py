"""Numbers of a city's own are found by what an administrator said of them."""

import pytest

from rules.identifiers.own import BARE, EXPLAINED, OwnNumber, find_own

ACCOUNT = OwnNumber(
    name="customer account", pattern=r"\d{3}-\d{5}-\d", examples=("204-88120-7",), words=("account", "customer no.")
)
PLATE = OwnNumber(name="plate", pattern="[A-Z]{3} ?[0-9]{4}", examples=("KLR 2047", "klr2047"))


def weights(text: str, *numbers: OwnNumber) -> list[tuple[str, float]]:
    return [(text[item.start : item.end], item.weight) for item in find_own(text, numbers)]


def test_a_number_counts_beside_its_words() -> None:
    assert weights("Her account is 204-88120-7.", ACCOUNT) == [("204-88120-7", EXPLAINED)]
    assert weights("204-88120-7 (Customer No.)", ACCOUNT) == [("204-88120-7", EXPLAINED)]
    assert weights("Part 204-88120-7 is on the shelf.", ACCOUNT) == [("204-88120-7", BARE)]


def test_words_a_line_away_say_nothing() -> None:
    assert weights("account" + " " * 60 + "204-88120-7", ACCOUNT) == [("204-88120-7", BARE)]
    assert weights("account" + " " * 53 + "204-88120-7", ACCOUNT) == [("204-88120-7", EXPLAINED)]


def test_the_heading_of_a_table_speaks_for_all_its_numbers() -> None:
    lines = "\n".join(f"{'name ' * 20} 204-8812{last}-7" for last in range(3))
    assert {weight for _, weight in weights(f"customer no. of each\n{lines}", ACCOUNT)} == {EXPLAINED}
    assert {weight for _, weight in weights(lines, ACCOUNT)} == {BARE}


def test_without_words_the_number_is_enough_and_a_longer_one_is_another() -> None:
    assert weights("seen: KLR 2047, XKLR 2047, KLR 20471", PLATE) == [("KLR 2047", EXPLAINED)]


@pytest.mark.parametrize("examples", [(), ("204-88120",), ("account 204-88120-7",)])
def test_an_example_that_the_pattern_does_not_find_is_refused(examples: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="example"):
        OwnNumber(name="customer account", pattern=r"\d{3}-\d{5}-\d", examples=examples)


def test_it_is_told_in_words() -> None:
    assert str(ACCOUNT) == r"customer account (\d{3}-\d{5}-\d, near account or customer no.)"
    assert str(PLATE) == "plate ([A-Z]{3} ?[0-9]{4})"
