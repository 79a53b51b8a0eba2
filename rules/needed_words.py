"""The words without which a pattern cannot match: most patterns are ruled out by looking up a few words.

RE2 needs some microseconds for each pattern and text, and there are thousands of patterns. One is possible when its
words are there, so nothing is lost by not asking RE2 for the others. Owns what a word is here: a run of ASCII letters
and digits, in small letters. What the patterns are is `rules.patterns`'.
"""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import count, pairwise, product

from rules.normalising import normalise
from rules.pattern_syntax import ANY, Either, Node, OneOf, Repeated, UnknownSyntax, read_pattern
from rules.pattern_syntax import Sequence as InOrder
from rules.remembering import forget_message, remembered

MAX_SPELLINGS = 3_000  # of one passage between two blanks; what has more is not asked for
MAX_PAIRS = 400  # of words that follow each other
HEADS = (4, 3)  # letters that a word is known by whose end is open, as in `donat\w*`
MAX_COPIES = 3  # of a repeated passage that are spelt out

_WILD = "\0"  # in a spelling: anything, also nothing
_SIGNS = "$€£%!#@*"  # words by themselves: a price or an oath needs one, most letters have none
_FOREIGN = "\x80"  # the word of whatever has a sign beyond ASCII
_SEPARATORS = bytes(code if chr(code).isalnum() and code < 0x80 else 0x20 for code in range(256))

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


_LIKE_ASCII = {"\u212a": "k", "\u017f": "s"}  # what RE2 takes for these letters when case does not matter


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which pattern number `pattern` of list number `of` may match: a word of each of `others` is there."""

    of: int
    pattern: int
    others: tuple[frozenset[bytes], ...]


class Needed:
    """Finds the patterns of a list that may match in a text. Made by `needed_by`."""

    __slots__ = ("_always", "_number")

    def __init__(self, number: int, always: Iterable[int]) -> None:
        self._number = number
        self._always = frozenset(always)  # no words can be told for these

    def possible(self, text: str) -> Set[int]:
        """The numbers of the patterns that may match in this text, or in what it reads like normalised."""
        return self._always.union(_possible_in(text).get(self._number, ()))


# All lists ever made, so that the words of a text are gone through once for all of them: a few of the program, and
# those that the phrases of administrators' policies made while this process ran.
_numbers = count()
_ways: dict[bytes, list[Way]] = {}
_asked_for: set[bytes] = set()  # all that a way asks for: a text's others are let go


@remembered
def _possible_in(text: str) -> Mapping[int, Set[int]]:
    """The patterns that may match, by the number of their list."""
    words = _words_of(text)
    found: dict[int, set[int]] = {}
    for word in words & _ways.keys():
        for way in _ways[word]:
            if not any(map(words.isdisjoint, way.others)):
                found.setdefault(way.of, set()).add(way.pattern)
    return found


def _words_of(text: str) -> frozenset[bytes]:
    """The words of a text, the heads of them, and each two that follow each other: those that a pattern asks for."""
    words = _split(text)
    signs = [sign.encode() for sign in _SIGNS if sign in text]
    if text.isascii():
        return _looked_up(words, signs)
    return _looked_up(words, [*signs, _FOREIGN.encode()]) | _looked_up(_split(normalise(text).text), ())


def _split(text: str) -> list[bytes]:
    for sign, letter in () if text.isascii() else _LIKE_ASCII.items():
        text = text.replace(sign, letter)
    return text.encode("utf-8", "replace").lower().translate(_SEPARATORS).split()


def _looked_up(words: list[bytes], signs: Iterable[bytes]) -> frozenset[bytes]:
    once = set(words)
    heads = [[word[:length] for word in once] for length in HEADS]
    return frozenset(_asked_for.intersection(once.union(*heads, signs, map(b" ".join, pairwise(words)))))


def needed_by(patterns: Iterable[str]) -> Needed:
    """What patterns in RE2's syntax need, whatever the case of letters."""
    list_number = next(_numbers)
    always = set()
    for number, pattern in enumerate(patterns):
        for groups in _ways_of(pattern):
            if not groups:
                always.add(number)
                continue
            first, *others = ([word.encode() for word in group] for group in sorted(groups, key=_cost))
            _asked_for.update(first, *others)
            way = Way(list_number, number, tuple(map(frozenset, others)))
            for word in first:
                _ways.setdefault(word, []).append(way)
    forget_message()  # what is remembered of its words was told without these
    return Needed(list_number, always)


def _cost(group: frozenset[str]) -> int:
    """How often, about, one of these words is met."""
    return sum(map(_cost_of, group))


def _cost_of(word: str) -> int:
    if word in _COMMON:
        return _COMMON_COST
    return _PAIR_COST if " " in word else 1 if word.isalnum() else _SIGN_COST


def _ways_of(pattern: str) -> list[tuple[frozenset[str], ...]]:
    """For each way to match: groups of words, one of each of which must be there. None at all: no word is needed."""
    try:
        tree = read_pattern(pattern)
    except UnknownSyntax:
        return [()]
    return [_groups(InOrder((ANY, choice, ANY))) for choice in _choices(tree)]


def _choices(node: Node) -> list[Node]:
    """What stands for the whole of it, one or the other, at the edges that are the same for all."""
    if isinstance(node, Either):
        return [choice for item in node.choices for choice in _choices(item)]
    if not isinstance(node, InOrder):
        return [node]
    within = [number for number, item in enumerate(node.items) if not _separates(item)]
    if len(within) != 1:
        return [node]
    before, after = node.items[: within[0]], node.items[within[0] + 1 :]
    return [InOrder((*before, choice, *after)) for choice in _choices(node.items[within[0]])]


def _groups(node: Node) -> tuple[frozenset[str], ...]:
    found: list[frozenset[str]] = []
    before: frozenset[str] = frozenset()  # the spellings of the passage before, when they can be told
    for passage in _passages(node):
        spellings = _spellings_of(passage)
        for group in (_words(spellings), _pairs(before, spellings)):
            if group:
                found.append(group)
        before = spellings
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
    if isinstance(node, OneOf):
        return _letters(node) == frozenset(" ")
    if isinstance(node, Either):
        return all(map(_separates, node.choices))
    if isinstance(node, Repeated):
        return node.least > 0 and _separates(node.item)
    return bool(node.items) and all(map(_separates, node.items))


def _letters(node: OneOf) -> frozenset[str]:
    """The letters and digits it may be, and a blank or a word of its own for whatever else."""
    return frozenset(_WILD if node.characters is None else map(_letter, node.characters))


def _letter(sign: str) -> str:
    if sign in _SIGNS:
        return f" {sign} "
    if sign.isascii():
        return sign if sign.isalnum() else " "
    return _WILD if sign in _LIKE_ASCII else f" {_FOREIGN} "


def _spellings_of(passage: tuple[Node, ...]) -> frozenset[str]:
    """All that the passage may be, or nothing when that is too much."""
    try:
        return frozenset(_spellings(InOrder(passage)))
    except OverflowError:
        return frozenset()


def _spellings(node: Node) -> set[str]:
    """Raises OverflowError for more than MAX_SPELLINGS."""
    if isinstance(node, OneOf):
        return set(_letters(node))
    if isinstance(node, Either):
        return _bounded({spelling for choice in node.choices for spelling in _spellings(choice)})
    if isinstance(node, Repeated):
        return _repeated(node)
    return _joined([_spellings(item) for item in node.items])


def _joined(parts: Sequence[set[str]]) -> set[str]:
    spellings = {""}
    for part in parts:
        if len(spellings) * len(part) > MAX_SPELLINGS:
            raise OverflowError
        spellings = {before + after for before, after in product(spellings, part)}
    return spellings


def _bounded(spellings: set[str]) -> set[str]:
    if len(spellings) > MAX_SPELLINGS:
        raise OverflowError
    return spellings


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
    words = {max(_known(spelling), key=_told, default="") for spelling in spellings}
    return frozenset() if "" in words else frozenset(words)


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
