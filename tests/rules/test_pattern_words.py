"""What a pattern needs is told from its form; where that cannot be told, nothing is needed."""

import pytest

from rules.pattern_words import FOREIGN, MAX_COPIES, MAX_PAIRS, MAX_SPELLINGS, cost, ways_of


def groups(*words: str) -> frozenset[str]:
    return frozenset(words)


@pytest.mark.parametrize(
    ("pattern", "ways"),
    [
        (r"\bdonate\b", [(groups("donate"),)]),
        (r"\bdonat\w*", [(groups("dona"),)]),
        (r"\bfck\w*", [(groups("fck"),)]),
        (r"\bdo\w*", [()]),
        (r"donate", [()]),
        (r"\be-?mail\b", [(groups("email", "mail"),)]),
        (r"\bt[iy]res?\b", [(groups("tires", "tire", "tyres", "tyre"),)]),
        (r"\bbridge closed\b", [(groups("bridge"), groups("closed"))]),
        (r"\bof the town\b", [(groups("of"), groups("the"), groups("of the"), groups("town"), groups("the town"))]),
        (r"\bpay (?:\w+ ){0,3}now\b", [(groups("pay"), groups("now"))]),
        (r"\bcash|\bcheck\b", [(groups("cash", "check"),)]),
        (r"\$ ?\d", [(groups("$"),)]),
        ("конто", [(groups(FOREIGN),)]),
        (r"\bsee ya!", [(groups("see"), groups("ya"))]),
        (r"\d+", [()]),
        (r"\pL", [()]),
    ],
)
def test_what_a_pattern_needs(pattern: str, ways: list[tuple[frozenset[str], ...]]) -> None:
    assert ways_of(pattern) == ways


@pytest.mark.parametrize(("more", "needed"), [(0, True), (1, False)])
def test_spellings_are_bounded(more: int, needed: bool) -> None:
    words = "|".join(f"word{number}" for number in range(MAX_SPELLINGS + more))
    assert bool(ways_of(rf"\bthe (?:{words})\b")[0][1:]) is needed


@pytest.mark.parametrize(("more", "paired"), [(0, True), (1, False)])
def test_pairs_are_bounded(more: int, paired: bool) -> None:
    words = "|".join(f"word{number}" for number in range(MAX_PAIRS + more))
    (way,) = ways_of(rf"\bthe (?:{words})\b")
    assert any("the word0" in group for group in way) is paired


@pytest.mark.parametrize(("more", "spelt"), [(0, True), (1, False)])
def test_copies_are_bounded(more: int, spelt: bool) -> None:
    (way,) = ways_of(rf"\b(?:ha){{{MAX_COPIES + more}}}\b")
    assert (way == (groups("ha" * MAX_COPIES),)) is spelt


def test_what_is_common_costs_more_than_what_is_rare() -> None:
    assert cost(groups("zebra")) < cost(groups("the zebra")) < cost(groups("$")) < cost(groups("the"))
