"""What looks like a person's name, and what only has capitals."""

import pytest

from rules.identifiers.names import names_person


@pytest.mark.parametrize(
    "passage",
    ["ask Ann Lee about it", "Lee, Ann B. called", "Wren O'Dale, clerk", "NAM: DALE,CY", "Mary J. Moore-Hill"],
)
def test_first_and_last_names(passage):
    assert names_person(passage)


@pytest.mark.parametrize(
    "passage",
    ["", "ask ann lee", "Public Works", "Date Of Birth", "Dear Members", "City Hall, Monday Morning", "iPhone SE"],
)
def test_the_furniture_of_letters_and_forms(passage):
    assert not names_person(passage)


def test_a_name_counts_beside_words_that_are_none():
    assert names_person("Dear Members of Public Works, Ann Lee retires")
