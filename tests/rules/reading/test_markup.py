"""HTML without a parser: what is too dangerous for one, and its text."""

import pytest

from rules.reading.markup import MAX_ATTRIBUTES, MAX_DEPTH, MAX_OPEN_FORMATTING, danger_of, strip_tags


@pytest.mark.parametrize(
    "page",
    [
        "<b>" * MAX_OPEN_FORMATTING,
        "<p" + ' a="1"' * MAX_ATTRIBUTES + ">x",
        '<img src="' + "/x y" * 5_000 + '">',
        "words and words " * 5_000,
        "<div>" * MAX_DEPTH,
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
        "<b>" * (MAX_OPEN_FORMATTING + 1),
        "<p" + ' a="1"' * (MAX_ATTRIBUTES + 1) + ">x",
        "<p" + ' a=">"' * (MAX_ATTRIBUTES + 1) + ">x",
        "<p" + " a<b" * (2 * MAX_ATTRIBUTES + 1) + ">x",
        "<div>" * (MAX_DEPTH + 1),
        "<option>x</option>" * 1_001,
        "</b>" * 1_000 + "<b>" * (MAX_OPEN_FORMATTING + 1),
        "<B>" * (MAX_OPEN_FORMATTING + 1),
    ],
)
def test_one_more_than_the_bound_is_not(page):
    assert danger_of(page).startswith("HTML ")


def test_the_text_between_the_tags():
    page = "<style>p{}</style><p>pass<b></b>word &amp; <br>more</p><script>x"
    assert strip_tags(page).split() == ["password", "&", "more", "x"]
