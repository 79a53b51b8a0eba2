"""No pattern that matches is ever ruled out, and most that do not are."""

import random
from collections.abc import Iterator

import pytest

from rules.needed_words import needed_by
from rules.normalising import normalise
from rules.pattern_syntax import Either, Letters, Node, OneOf, Repeated, UnknownSyntax, read_pattern
from rules.patterns import Phrase
from rules.signals import scale_of, whole_words
from tests.rules.test_signals import MODELS

LETTER = "The council meets on Tuesday at six in the old town hall. Please bring the plans for the bridge with you."


def ruled_out(pattern: str, text: str) -> bool:
    return not needed_by((pattern,)).possible(text)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\bdonate\b",
        r"\bdonat\w*",
        r"\b(?:lottery|raffle) tickets?\b",
        r"\bin the old barn\b",
        r"\bon (?:sunday|monday)\b",
        r"\bin\W+bridge\b",
        r"\bplease (?:\w+ ){0,3}money\b",
        r"\bthe (?:new|best) plans\b",
        whole_words(("for the money", "buy")),
    ],
)
def test_what_lacks_its_words_is_ruled_out(pattern: str) -> None:
    assert ruled_out(pattern, LETTER)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\bdonate\b", "DONATE!"),
        (r"\bdonat\w*", "donations"),
        (r"\bdonat\w*", "donat"),
        (r"nate", "donate"),
        (r"\bdo(?:nate)?", "don't"),
        (r"\bpass(?: it)? on\b", "pass on"),
        (r"\bpass(?: it)? on\b", "pass it on"),
        (r"\bpass (?:it )*on\b", "pass it it it on"),
        (r"\bpass.on\b", "pass on"),
        (r"\bpass[^x]on\b", "pass-on"),
        (r"\be-?mail\b", "e-mail"),
        (r"\be-?mail\b", "email"),
        (r"\bcaf. nord\b", "café nord"),
        (r"\bwork{1,3}s\b", "workkks"),
        (r"\bbook\b", "boo\u212a"),  # the sign of the kelvin
        (r"\bsale\b", "\u017fale"),  # a long s
        (r"\bfull width\b", "\uff46\uff55\uff4c\uff4c width"),
        (r"\bunseen\b", "un\u200bseen"),
        (r"\$ ?\d+ off", "\uff04 50 off"),
        (r"\d{3}-\d\d", "123-45"),
        (r"\pL+ money", "the money"),
        (r"one|\bother word\b", "gone"),
        (r"\b(?:a|the) (?:b|big) (?:c|car)\b", "The Big Car"),
        (r"(?:^|\b|\s)(?:!!!+)(?:\b|\s|$)", "now!!!"),
        (r"\bfoo_bar\b", "foo_bar"),
        (r"\bfoo\b", "é foo"),
        (r"\bfoo\b", "éfooé"),
    ],
)
def test_what_matches_is_never_ruled_out(pattern: str, text: str) -> None:
    assert Phrase(pattern).stands_in(normalise(text).text.encode()) or Phrase(pattern).stands_in(text.encode())
    assert not ruled_out(pattern, text)


def test_numbers_are_those_of_the_list() -> None:
    needed = needed_by((r"\bmoney\b", r"\bbridge\b", r"\d", r"\bthe old town\b"))
    assert needed.possible(LETTER) == {1, 2, 3}


def test_a_pattern_made_after_a_text_was_seen_finds_its_words_all_the_same() -> None:
    assert ruled_out(r"\bzebra\b", "one heffalump")
    assert not ruled_out(r"\bheffalump\b", "one heffalump")


def test_every_shipped_phrase_is_possible_in_what_it_matches() -> None:
    """Texts are made from each phrase itself, a few ways each: what RE2 finds in one must not be ruled out."""
    chance = random.Random(20)
    tried = 0
    for path in MODELS:
        scale = scale_of(path)
        for number, pattern in enumerate(_shipped(path.stem)):
            for _ in range(3):
                text = normalise("Well: " + _made(read_pattern(pattern), chance) + ", so.").text
                if scale.phrases[number].stands_in(text.encode()):
                    tried += 1
                    assert number in scale.needed.possible(text), (path.stem, pattern, text)
    assert tried > 3_000


def _shipped(name: str) -> Iterator[str]:
    model = next(path for path in MODELS if path.stem == name)
    scale = scale_of(model)
    return iter([phrase.pattern for phrase in scale.phrases])


def _made(node: Node, chance: random.Random) -> str:
    """A text that the tree matches, for the most part: an edge becomes a blank."""
    if isinstance(node, OneOf):
        sign = chance.choice(sorted(node.characters)) if node.characters else chance.choice("aZ7-é ")
        return chance.choice((sign, sign.upper()))
    if isinstance(node, Letters):
        return chance.choice((node.text, node.text.upper()))
    if isinstance(node, Either):
        return _made(chance.choice(node.choices), chance)
    if isinstance(node, Repeated):
        most = node.least + 2 if node.most is None else min(node.most, node.least + 3)
        return "".join(_made(node.item, chance) for _ in range(chance.randint(node.least, most)))
    return "".join(_made(item, chance) for item in node.items)


def test_every_shipped_phrase_can_be_read() -> None:
    unread = []
    for path in MODELS:
        for pattern in _shipped(path.stem):
            try:
                read_pattern(pattern)
            except UnknownSyntax:
                unread.append(pattern)
    assert unread == []
