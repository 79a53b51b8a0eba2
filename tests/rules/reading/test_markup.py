"""HTML without a parser: what is too dangerous for one, and its text."""

import pytest

from rules.reading.markup import danger_of, strip_tags


@pytest.mark.parametrize(
    "page",
    [
        "<b>" * 300,
        "<p" + ' a="1"' * 1_000 + ">x",
        '<img src="' + "/x y" * 5_000 + '">',
        "words and words " * 5_000,
        "<div>" * 1_000,
        "<option>" * 1_000,
        "<b>x</b>" * 5_000,
        "<div>x</div>" * 5_000,
        "<p>x" * 5_000,
        "<table>" + "<tr><td>x" * 5_000 + "</table>",
    ],
)
def test_ordinary_pages_are_safe(page):
    assert danger_of(page) == ""


@pytest.mark.parametrize(
    "page",
    [
        "<b>" * 301,
        "<p" + ' a="1"' * 1_001 + ">x",
        "<p" + ' a=">"' * 1_001 + ">x",
        "<p" + " a<b" * (2_001) + ">x",
        "<div>" * 1_001,
        "<option>x</option>" * 1_001,
        "</b>" * 1_000 + "<b>" * 301,
        "<B>" * 301,
    ],
)
def test_one_more_than_the_bound_is_not(page):
    assert danger_of(page).startswith("HTML ")


def test_the_text_between_the_tags():
    page = "<style>p{}</style><p>pass<b></b>word &amp; <br>more</p><script>x"
    assert strip_tags(page).split() == ["password", "&", "more", "x"]
