"""The links of a text: where each leads, and what it shows instead, as `rules.reading` writes both down.

Pure; opens nothing. Whether a host is bad is for others to know.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from rules.facts import Role, Text
from rules.finding import Evidence
from rules.patterns import evidence_of
from rules.remembering import remembered
from rules.targets import MAX_TARGET, browsed, host_of, with_scheme

# Of one message, counting places that merely look like a link. A newsletter has a hundred, the longest three thousand.
MAX_LINKS = 20_000
# Of its attached texts besides: a list of all parcels has one in each row. Fewer are asked of them, within a second.
MAX_ATTACHED = 200_000

_BEGIN = re.compile(r"https?://|www\.", re.IGNORECASE)
# Who stands before a host may be of any length, the rest is cut. Linear: possessive, and what follows is bounded. Ends
# before what closes a sentence or bracket around it.
_REST = re.compile(r"[/\\]*+[^\s<>\"/\\?#]*+[^\s<>\"]{0,2000}")
_SIGNS = ("://", "www.", "WWW.", "Www.")  # one of these stands in every link
_SIGN = len("www.")
_SHORTEST_SIGN = len("://")
_BEFORE_SIGN = len("https")
_SHOWN = re.compile(r"(?:https?://)?((?:[\w-]{1,63}\.){1,6}[a-z]{2,24})(?:[/:?#]|\Z)", re.IGNORECASE)
_BEFORE = MAX_TARGET  # characters before `<target>` in which the address that a link shows is looked for
_CLOSING = ".,;:!?)]}'*"
_COUNTRY = 2  # letters of a country's domain, below which many register one level further down: city.co.uk
_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gob", "gov", "gouv", "mil", "net", "org", "or", "ne"})


class Link(NamedTuple):
    """text[start:end] as written, and the target it says, cut; `host` in lower case without port; `shown` the host that
    is displayed, or ""."""

    text: Text
    start: int
    end: int
    target: str
    host: str
    shown: str

    @property
    def evidence(self) -> Evidence:
        return evidence_of(self.text, self.start, self.end)


class _Found(NamedTuple):
    """How many places of a text were looked at; where each link stands and ends, its target, host and shown host."""

    places: int
    links: tuple[tuple[int, int, str, str, str], ...]


def links_of(texts: Iterable[Text]) -> Iterator[Link]:
    """The links of the texts in order: all of them, when `links_limit` tells of none."""
    for text in _within(texts):
        yield from _links_in(text)


def links_limit(texts: Iterable[Text]) -> str:
    """Which limit the links of a message met, in words; "" when none."""
    attached: dict[bool, list[str]] = {False: [], True: []}
    for text in texts:
        attached[text.role is Role.ATTACHED].append(text.text)
    if _are_more(attached[False], MAX_LINKS):
        return f"more than {MAX_LINKS:,} links"
    return f"more than {MAX_ATTACHED:,} links in attached files" if _are_more(attached[True], MAX_ATTACHED) else ""


def _are_more(texts: Sequence[str], most: int) -> bool:
    signs = sum(map(len, texts)) // _SHORTEST_SIGN
    if signs > most:  # seldom, and then counting what is written as one is cheap
        signs = sum(text.count(sign) for text in texts for sign in _SIGNS)
    places = chain.from_iterable(_written(text) for text in texts if signs > most)
    return next(islice(places, most, None), None) is not None


def above(host: str) -> Iterator[str]:
    """The host and all that it lies below, nearest first."""
    while host:
        yield host
        host = host.partition(".")[2]


def hosts_of(texts: Iterable[Text]) -> frozenset[str]:
    """The hosts that the links of the texts lead to; cheaper than the links."""
    return frozenset([host for text in _within(texts) for _, _, _, host, _ in _found_in(text).links])


def _within(texts: Iterable[Text]) -> Iterator[Text]:
    left = {True: MAX_ATTACHED, False: MAX_LINKS}
    for text in texts:
        attached = text.role is Role.ATTACHED
        if left[attached] > 0:
            yield text
            left[attached] -= _found_in(text).places


def _found_in(text: Text) -> _Found:
    return _found(text.text, MAX_ATTACHED if text.role is Role.ATTACHED else MAX_LINKS)


@remembered
def _links_in(text: Text) -> tuple[Link, ...]:
    return tuple(Link(text, *found) for found in _found_in(text).links)


@remembered
def _found(text: str, most: int) -> _Found:
    places = list(islice(_written(text), most))
    found = ((start, written.rstrip(_CLOSING)) for start, written in places if written)
    kept = ((start, start + len(link), _kept(link)) for start, link in found)
    links = ((start, end, link, host, _shown(text, start)) for start, end, link in kept if (host := host_of(link)))
    return _Found(places=len(places), links=tuple(links))


def _written(text: str) -> Iterator[tuple[int, str]]:
    """Looked for where a sign stands, for that is a hundred times as fast as trying each place; "" where none is."""
    end = 0
    nearest = {text.find(sign): sign for sign in _SIGNS if sign in text}  # two signs never stand at one place
    while nearest:
        place = min(nearest)
        sign = nearest.pop(place)
        if place >= end:
            begin = _BEGIN.search(text, max(end, place - _BEFORE_SIGN), place + _SIGN)
            rest = _REST.match(text, begin.end()) if begin is not None else None
            end = max(place + 1, rest.end() if rest is not None else 0)
            if begin is not None and rest is not None and rest.group():
                yield begin.start(), begin.group() + rest.group()
            else:
                yield place, ""
        if (following := text.find(sign, max(place + 1, end))) >= 0:
            nearest[following] = sign


def _kept(link: str) -> str:
    return link if len(link) <= MAX_TARGET else browsed(with_scheme(link))


def registered(host: str) -> str:
    """The part of a host's name that somebody registered, as far as its form tells: shop.co.uk of www.shop.co.uk."""
    labels = host.rsplit(".", 3)[-3:]
    deeper = len(labels) == 3 and len(labels[2]) == _COUNTRY and labels[1] in _SECOND_LEVEL
    return ".".join(labels if deeper else labels[-2:])


def leads_to(host: str, listed: str) -> bool:
    """Whether `host` is `listed` or lies below it."""
    return host == listed or host.endswith("." + listed)


def _shown(text: str, start: int) -> str:
    """The host of the address that stands right before `<target>`."""
    if text[start - 1 : start] != "<":
        return ""
    before = text[max(0, start - _BEFORE) : start - 1].rsplit(None, 1)
    match = _SHOWN.match(before[-1]) if before and "." in before[-1] else None
    return match.group(1).lower() if match is not None else ""
