"""What CSS says about being seen."""

import time

import pytest

from rules.reading.styles import colour_of, hidden_classes, read_style


@pytest.mark.parametrize(
    "declarations",
    [
        "display:none",
        "display: none !important",
        "color:red;visibility : hidden",
        "font-size:0",
        "font-size:0.0px",
        "font-size:1px",
        "font-size:.5pt",
        "opacity:0",
        "opacity:0.0",
        "height:0;overflow:hidden",
        "max-height:0px",
        "text-indent:-9999px",
        "mso-hide:all",
    ],
)
def test_declarations_that_hide(declarations):
    assert read_style(declarations).hides


@pytest.mark.parametrize(
    "declarations",
    [
        "display:block",
        "font-size:10px",
        "font-size:1em",
        "font-size:1.5em",
        "opacity:0.9",
        "height:0",
        "overflow:hidden;height:20px",
        "max-height:none",
        "background:none",
        "text-decoration:none",
    ],
)
def test_declarations_that_do_not(declarations):
    assert not read_style(declarations).hides


@pytest.mark.parametrize(
    ("written", "colour"),
    [
        ("white", "ffffff"),
        ("#FFF", "ffffff"),
        ("#ffffff", "ffffff"),
        ("#ffffffff", "ffffff"),
        ("rgb(255,255,255)", "ffffff"),
        ("var(--x)", ""),
        (None, None),
    ],
)
def test_colours(written, colour):
    assert colour_of(written) == colour


def test_classes_that_a_sheet_hides():
    sheet = "@import url(x); .a,.b p{display:none} .c{color:red} @media print{.d{display:none}} .e{font-size:0}"
    assert hidden_classes(sheet) == {"a", "b", "e"}


@pytest.mark.parametrize(("more", "hidden"), [(0, {"a"}), (1, set())])
def test_a_style_sheet_as_long_as_is_read_and_longer_by_one_character(more, hidden):
    """What only later rules hide is read with what is seen."""
    rule = ".a{display:none}"
    assert hidden_classes(" " * (64 * 1024 - len(rule) + more) + rule) == hidden


@pytest.mark.parametrize("piece", [" ", "a{b", "{", "a{}", "}", "<!--", ";", "@a{"])
def test_hostile_repetition_in_a_style_sheet_costs_little(piece):
    began = time.process_time()
    hidden_classes(piece * 64 * 1024)
    assert time.process_time() - began < 1
