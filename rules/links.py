"""The links of a text: where each leads, and what it shows instead, as `rules.reading` writes both down.

Pure; opens nothing. Whether a host is bad is for others to know.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from rules.facts import Text
from rules.finding import Evidence
from rules.patterns import evidence_of
from rules.remembering import remembered

MAX_LINK = 2_020  # characters of a link that are looked at
MAX_LINKS = 200  # of one text; a newsletter has a hundred

# Linear: begins with fixed signs and repeats one class. Ends before what closes a sentence or bracket around it.
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"]{1,2000}", re.IGNORECASE)
# Most links: nothing but a name before the path. Linear: labels and dots alternate. All others take the long way.
_PLAIN = re.compile(r"(?:https?://)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:[/?#]|\Z)", re.IGNORECASE | re.ASCII)
_SCHEME = re.compile(r"https?://", re.IGNORECASE)  # a target without one may have another's within: a redirection
_SIGNS = ("://", "www.", "WWW.", "Www.")  # one of these stands in every link
_BEFORE_SIGN = len("https")
_SHOWN = re.compile(r"(?:https?://)?((?:[\w-]{1,63}\.){1,6}[a-z]{2,24})(?:[/:?#]|\Z)", re.IGNORECASE)
_BEFORE = 400  # characters before `<target>` in which the address that a link shows is looked for
_CLOSING = ".,;:!?)]}'*"
_COUNTRY = 2  # letters of a country's domain, below which many register one level further down: city.co.uk
_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gob", "gov", "gouv", "mil", "net", "org", "or", "ne"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """text[start:end] is the target; `host` in lower case without port; `shown` the host that is displayed, or ""."""

    text: Text
    start: int
    end: int
    target: str
    host: str
    shown: str

    @property
    def evidence(self) -> Evidence:
        return evidence_of(self.text, self.start, self.end)


def links_of(texts: Iterable[Text]) -> Iterator[Link]:
    """All links of the texts in order, at most MAX_LINKS of each."""
    for text in texts:
        yield from _links_in(text)


def above(host: str) -> Iterator[str]:
    """The host and all that it lies below, nearest first."""
    while host:
        yield host
        host = host.partition(".")[2]


def hosts_of(texts: Iterable[Text]) -> frozenset[str]:
    """The hosts that the links of the texts lead to; cheaper than the links."""
    return frozenset([host for text in texts for _, _, host, _ in _found(text.text)])


@remembered
def _links_in(text: Text) -> tuple[Link, ...]:
    return tuple(
        Link(text=text, start=start, end=start + len(target), target=target, host=host, shown=shown)
        for start, target, host, shown in _found(text.text)
    )


@remembered
def _found(text: str) -> tuple[tuple[int, str, str, str], ...]:
    """Where each link stands, its target, its host and the host it shows."""
    found = ((match.start(), match.group().rstrip(_CLOSING)) for match in islice(_matches(text), MAX_LINKS))
    return tuple((start, target, host, _shown(text, start)) for start, target in found if (host := host_of(target)))


def _matches(text: str) -> Iterator[re.Match[str]]:
    """Looked for where a sign stands: finding one is a hundred times as fast as trying each place."""
    end = 0
    nearest = {text.find(sign): sign for sign in _SIGNS if sign in text}  # two signs never stand at one place
    while nearest:
        place = min(nearest)
        sign = nearest.pop(place)
        if place >= end:
            match = _LINK.search(text, max(end, place - _BEFORE_SIGN), place + MAX_LINK)
            end = max(place + 1, match.end() if match is not None else 0)
            if match is not None:
                yield match
        if (following := text.find(sign, max(place + 1, end))) >= 0:
            nearest[following] = sign


def host_of(target: str) -> str:
    """The host that a browser would ask, whatever stands before an `@`; "" when there is none."""
    if (plain := _PLAIN.match(target)) is not None:
        return plain.group(1).lower()
    try:
        with_scheme = target if _SCHEME.match(target) else f"http://{target}"
        return (urlsplit(with_scheme).hostname or "").rstrip(".")
    except ValueError:
        return ""


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
    match = _SHOWN.match(before[-1]) if before else None
    return match.group(1).lower() if match is not None else ""
