"""The words that a pattern needs: what each of the ways in which it can match has in common.

A word is a run of ASCII letters and digits, in small letters; the head of one whose end is open, a sign that few texts
have, and two words in a row are words too. Owns what counts as a word; `rules.needed_words` looks them up.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise, product

from rules.pattern_syntax import ANY, Either, Letters, Node, OneOf, Repeated, UnknownSyntax, read_pattern
from rules.pattern_syntax import Sequence as InOrder

MAX_SPELLINGS = 1_000  # of one passage between two blanks; what has more is not asked for
MAX_PAIRS = 100  # of words that follow each other
HEADS = (4, 3)  # letters that a word is known by whose end is open, as in `donat\w*`
MAX_COPIES = 3  # of a repeated passage that are spelt out

_WILD = "\0"  # in a spelling: anything, also nothing
SIGNS = "$€£%!#@*"  # words by themselves: a price or an oath needs one, most letters have none
FOREIGN = "\x80"  # the word of whatever has a sign beyond ASCII
_BLANK = frozenset(" ")

# What stands in nearly every English letter says little of it.
_COMMON = frozenset(
    re.findall(
        r"\w+",
        """a about all also am an and any are as at be been but by can could d did do does for from get go had has
        have he her here his how i if in is it its just ll m may me more my new no not now of on one only or our
        out please re s she should so t that the their them there these they this those to two up us ve was we
        were what when which who will with would you your yours""",
    )
)
_COMMON_COST, _SIGN_COST, _PAIR_COST = 50, 10, 2  # against 1 for another word: about how often each is met
LIKE_ASCII = {"\u212a": "k", "\u017f": "s"}  # what RE2 takes for these letters when case does not matter


def cost(group: frozenset[str]) -> int:
    """How often, about, one of these words is met."""
    return sum(map(_cost_of, group))


def _cost_of(word: str) -> int:
    if word in _COMMON:
        return _COMMON_COST
    return _PAIR_COST if " " in word else 1 if word.isalnum() else _SIGN_COST


def ways_of(pattern: str) -> list[tuple[frozenset[str], ...]]:
    """For each way to match: groups of words, one of each of which must be there. None at all: no word is needed."""
    try:
        tree = read_pattern(pattern)
    except UnknownSyntax:
        return [()]
    return [_groups(InOrder((ANY, choice, ANY))) for choice in _choices(tree)]


def _choices(node: Node) -> list[Node]:
    """What stands for the whole of it, one or the other, at the edges that are the same for all."""
    if isinstance(node, Either):
        return _apart(node.choices)
    if not isinstance(node, InOrder):
        return [node]
    within = [number for number, item in enumerate(node.items) if not _separates(item)]
    if len(within) != 1:
        return [node]
    before, after = node.items[: within[0]], node.items[within[0] + 1 :]
    return [InOrder((*before, choice, *after)) for choice in _choices(node.items[within[0]])]


def _apart(choices: Sequence[Node]) -> list[Node]:
    """Those of a single passage stay together: a text has one of their words. The others need words of their own."""
    together: list[Node] = []
    others: list[Node] = []
    for choice in choices:
        if len(_passages(choice)) <= 1:
            together.append(choice)
        else:
            others += _choices(choice)
    return [Either(tuple(together)), *others] if together else others


def _groups(node: Node) -> tuple[frozenset[str], ...]:
    found: list[frozenset[str]] = []
    before: frozenset[str] = frozenset()  # the spellings of the passage before, when they can be told
    was_vague = False  # whether its words say little by themselves
    for passage in _passages(node):
        spellings = _spellings_of(passage)
        words = _words(spellings)
        vague = not words or not _COMMON.isdisjoint(words)
        found += [group for group in (words, _pairs(before, spellings) if vague or was_vague else None) if group]
        before, was_vague = spellings, vague
    return tuple(dict.fromkeys(found))


def _passages(node: Node) -> list[tuple[Node, ...]]:
    """What stands between two places where there is always something other than a letter or digit."""
    passages: list[list[Node]] = [[]]
    for item in _flat(node):
        if _separates(item):
            passages.append([])
        else:
            passages[-1].append(item)
    return [tuple(passage) for passage in passages if passage]


def _flat(node: Node) -> list[Node]:
    if not isinstance(node, InOrder):
        return [node]
    return [part for item in node.items for part in _flat(item)]


def _separates(node: Node) -> bool:
    """Whether whatever it matches, something or an edge, keeps words apart."""
    if isinstance(node, Letters):
        return False
    if isinstance(node, OneOf):
        return _letters(node) == _BLANK
    if isinstance(node, Either):
        return all(map(_separates, node.choices))
    if isinstance(node, Repeated):
        return node.least > 0 and _separates(node.item)
    return bool(node.items) and all(map(_separates, node.items))


@lru_cache(maxsize=1_024)
def _letters(node: OneOf) -> frozenset[str]:
    """The letters and digits it may be, and a blank or a word of its own for whatever else."""
    return frozenset(_WILD if node.characters is None else map(_letter, node.characters))


def _letter(sign: str) -> str:
    if sign in SIGNS:
        return f" {sign} "
    if sign.isascii():
        return sign if sign.isalnum() else " "
    return _WILD if sign in LIKE_ASCII else f" {FOREIGN} "


def _spellings_of(passage: tuple[Node, ...]) -> frozenset[str]:
    """All that the passage may be, or nothing when that is too much."""
    try:
        return frozenset(_spellings(InOrder(passage)))
    except OverflowError:
        return frozenset()


def _spellings(node: Node) -> set[str]:
    """Raises OverflowError for more than MAX_SPELLINGS."""
    if isinstance(node, Letters):
        return {node.text}
    if isinstance(node, OneOf):
        return set(_letters(node))
    if isinstance(node, Either):
        if (spellings := _spellings_of_either(node)) is None:
            raise OverflowError
        return spellings
    if isinstance(node, Repeated):
        return _repeated(node)
    return _joined([_spellings(item) for item in node.items])


def _joined(parts: Sequence[set[str]]) -> set[str]:
    spellings = {""}
    for part in parts:
        if len(spellings) * len(part) > MAX_SPELLINGS:
            raise OverflowError
        if len(part) == 1:
            (after,) = part
            spellings = {before + after for before in spellings}
            continue
        spellings = {before + after for before, after in product(spellings, part)}
    return spellings


@lru_cache(maxsize=1_024)
def _spellings_of_either(node: Either) -> set[str] | None:
    """None for too many."""
    try:
        spellings = {spelling for choice in node.choices for spelling in _spellings(choice)}
    except OverflowError:
        return None
    return spellings if len(spellings) <= MAX_SPELLINGS else None


def _repeated(node: Repeated) -> set[str]:
    once = _spellings(node.item)
    if node.most is not None and node.most <= 1:
        spellings = once if node.least else {""}
        return spellings | once if node.most else {""}
    if node.least == node.most and node.least <= MAX_COPIES:
        return _joined([once] * node.least)
    # Where every copy begins or ends with a blank, the words beside it are whole all the same.
    opened = {" " * spelling.startswith(" ") for spelling in once}
    closed = {" " * spelling.endswith(" ") for spelling in once}
    return {f"{first}{_WILD}{last}" for first in opened for last in closed} | ({""} if node.least == 0 else set())


def _words(spellings: frozenset[str]) -> frozenset[str]:
    """Of each spelling the word that says most; nothing when one of them has none."""
    words = {_word(spelling) for spelling in spellings}
    return frozenset() if "" in words else frozenset(words)


def _word(spelling: str) -> str:
    if spelling.isascii() and spelling.isalnum():
        return spelling
    return max(_known(spelling), key=_told, default="")


def _known(spelling: str) -> list[str]:
    """What a text that has this spelling has among its words: whole ones, heads of open ones, and two in a row."""
    found = []
    words = spelling.split(" ")
    for word in filter(None, words):
        head, open_end, _ = word.partition(_WILD)
        if not open_end:
            found.append(word)
        elif len(head) >= min(HEADS):
            found.append(head[: next(length for length in HEADS if length <= len(head))])
    return found + [pair for one, other in pairwise(words) if (pair := _pair([one], [other]))]


def _told(word: str) -> int:
    """How much it tells to meet this word."""
    if word in _COMMON:
        return 0
    return len(word) if " " not in word else 1


def _pairs(before: frozenset[str], after: frozenset[str]) -> frozenset[str]:
    """The last word of a passage and the first of the next, where both are whole."""
    if len(before) * len(after) > MAX_PAIRS:
        return frozenset()
    pairs = {_pair(one.split(), other.split()) for one, other in product(before, after)}
    return frozenset() if "" in pairs else frozenset(pairs)


def _pair(before: Sequence[str], after: Sequence[str]) -> str:
    """Nothing where one of them is open, a sign or missing."""
    if not before or not after or not (before[-1] + after[0]).isalnum() or not before[-1] or not after[0]:
        return ""
    return f"{before[-1]} {after[0]}"
