"""Every possessive repetition of a group finds what the same in an atomic group finds, on the Python that runs this.

Before 3.11.5 Python's own goes wrong where a last try fails midway; Debian 12 has 3.11.2.
"""

import importlib
import pkgutil
import random
import re
import re._compiler as compiler  # type: ignore[import-not-found]
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from typing import Any

import pytest

import rules
from rules.possessive import possessive

TEXTS = 2_000
USUAL = " \t\r\n;:.=\"'\\()<>,-a0"
WRONG = r"a(?:\.[a-z]++)*+"  # in Python 3.11.2 it takes the last dot of `a.b.#` along


def atomically(pattern: re.Pattern[Any]) -> tuple[re.Pattern[Any], bool]:
    """The same with each possessive repetition of more than one sign in an atomic group, and whether there is one."""
    tree = parser.parse(pattern.pattern, pattern.flags)
    is_one = changed(tree)
    return compiler.compile(tree), is_one


def changed(tree: Any) -> bool:
    is_one = False
    for index, (code, given) in enumerate(tree.data if isinstance(tree, parser.SubPattern) else ()):
        if code is sre.POSSESSIVE_REPEAT and not compiler._simple(given[2]):
            inner = parser.SubPattern(tree.state, [(sre.MAX_REPEAT, given)])
            tree.data[index] = (sre.ATOMIC_GROUP, inner)
            is_one = True
        for item in given if isinstance(given, tuple | list) else (given,):
            for one in item if isinstance(item, list) else (item,):
                is_one |= changed(one)
    return is_one


def patterns() -> dict[str, re.Pattern[Any]]:
    """All that modules of `rules` have under a name."""
    modules = [importlib.import_module(found.name) for found in pkgutil.walk_packages(rules.__path__, "rules.")]
    named = {f"{each.__name__}.{name}": value for each in modules for name, value in vars(each).items()}
    return {name: value for name, value in named.items() if isinstance(value, re.Pattern)}


WITH_GROUPS = {name: found for name, found in patterns().items() if atomically(found)[1]}


def texts(pattern: re.Pattern[Any]) -> list[Any]:
    """Short ones of few signs that the pattern speaks of."""
    written = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    signs, words = sorted({*written, *USUAL}), re.findall(r"[A-Za-z<:/-]{2,}", written)
    chosen = random.Random(written)
    made = []
    for _ in range(TEXTS):
        few = chosen.sample(signs, chosen.randint(2, 7)) + chosen.choices(words, k=min(1, len(words)))
        text = "".join(chosen.choices(few, k=chosen.randint(1, 30))) * chosen.choice((1, 1, 1, 30))
        made.append(text if isinstance(pattern.pattern, str) else text.encode("latin-1"))
    return made


def found(pattern: re.Pattern[Any], text: Any) -> list[tuple[tuple[int, int], ...]]:
    return [tuple(match.span(group) for group in range(pattern.groups + 1)) for match in pattern.finditer(text)]


@pytest.mark.parametrize("name", WITH_GROUPS)
def test_it_finds_what_an_atomic_group_finds(name: str) -> None:
    pattern = WITH_GROUPS[name]
    atomic, _ = atomically(pattern)
    for text in texts(pattern):
        assert found(pattern, text) == found(atomic, text), text


def test_there_are_some_and_the_atomic_form_is_right() -> None:
    assert len(WITH_GROUPS) > 5
    atomic, is_one = atomically(re.compile(WRONG))
    assert is_one
    assert found(atomic, "a.b.#") == [((0, 3),)]


def test_a_repetition_gives_nothing_back_and_begins_anew_after_many() -> None:
    taken = re.compile(r"a" + possessive(r"\.[a-z]++"))
    assert found(taken, "a.b.#") == [((0, 3),)]
    assert found(re.compile(possessive(b"ab") + b"a"), b"abab" * 1_000 + b"a") == [((0, 4_001),)]
    assert re.fullmatch(possessive("ab") + "ab", "abab") is None
