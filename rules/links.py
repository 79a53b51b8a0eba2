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

MAX_LINKS = 200  # of one text; a newsletter has a hundred

# Linear: begins with fixed signs and repeats one class. Ends before what closes a sentence or bracket around it.
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"]{1,2000}", re.IGNORECASE)
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
        if "://" in text.text or "www." in text.text:
            for match in islice(_LINK.finditer(text.text), MAX_LINKS):
                target = match.group().rstrip(_CLOSING)
                host = host_of(target)
                if host:
                    end = match.start() + len(target)
                    shown = _shown(text.text, match.start())
                    yield Link(text=text, start=match.start(), end=end, target=target, host=host, shown=shown)


def host_of(target: str) -> str:
    """The host that a browser would ask, whatever stands before an `@`; "" when there is none."""
    try:
        return (urlsplit(target if "://" in target else f"http://{target}").hostname or "").rstrip(".")
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
