"""A pattern is read as RE2 reads it, or not at all."""

import pytest

from rules.pattern_syntax import (
    ANY,
    EDGE,
    Either,
    Letters,
    Node,
    OneOf,
    Repeated,
    Sequence,
    UnknownSyntax,
    read_pattern,
)


def one(characters: str) -> OneOf:
    return OneOf(frozenset(characters))


@pytest.mark.parametrize(
    ("pattern", "tree"),
    [
        ("a", one("a")),
        ("A", one("a")),
        ("Ab", Letters("ab")),
        ("ab?", Sequence((one("a"), Repeated(one("b"), 0, 1)))),
        ("ab c", Sequence((Letters("ab"), one(" "), one("c")))),
        (r"\.", one(".")),
        (r"\s", one(" ")),
        (r"\bx", Sequence((EDGE, one("x")))),
        ("^x$", Sequence((EDGE, one("x"), EDGE))),
        (r"\Bx", Sequence((Sequence(()), one("x")))),
        (".", ANY),
        (r"\w", ANY),
        ("[abC]", one("abc")),
        ("[a-c]", one("abc")),
        ("[]a]", one("]a")),
        ("[a-]", one("a-")),
        (r"[\]\W]", one("] ")),
        ("[^a]", ANY),
        (r"[\da]", ANY),
        ("[a-\u0400]", ANY),
        ("a|b", Either((one("a"), one("b")))),
        ("(?:a|b)", Either((one("a"), one("b")))),
        ("(?i:a)", one("a")),
        ("(?-i:A)", one("a")),
        ("(?P<name>a)", one("a")),
        ("a?", Repeated(one("a"), 0, 1)),
        ("a*?", Repeated(one("a"), 0, None)),
        ("a+", Repeated(one("a"), 1, None)),
        ("a{2}", Repeated(one("a"), 2, 2)),
        ("a{2,}", Repeated(one("a"), 2, None)),
        ("a{2,3}?", Repeated(one("a"), 2, 3)),
        ("a{x", Sequence((one("a"), one("{"), one("x")))),
    ],
)
def test_a_pattern_becomes_a_tree(pattern: str, tree: Node) -> None:
    assert read_pattern(pattern) == tree


@pytest.mark.parametrize("pattern", [r"\pL", r"\Qa", r"\x41", "[[:alpha:]]", "(?i)a", "(a", "a)", "[a", "a\\", "(?=a)"])
def test_what_it_does_not_know_is_refused(pattern: str) -> None:
    with pytest.raises(UnknownSyntax):
        read_pattern(pattern)
