"""Links to hosts of listed categories.

The lists are data in barred_link.yaml, a beginning that an administrator adds to; no list is fetched.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rules.document import STRICT, read_document
from rules.entries import Host
from rules.facts import Facts, Role
from rules.finding import Observation
from rules.links import above, hosts_of, links_of
from rules.passing_on import sent_words

NAME = Path(__file__).stem
LISTS = Path(__file__).with_suffix(".yaml")
MAX_EVIDENCE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """Hosts that are barred, with all below each. A bare ending such as `casino` bars a whole top-level domain."""

    __pydantic_config__ = STRICT
    name: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lists:
    __pydantic_config__ = STRICT
    categories: tuple[Category, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    # The shipped categories that count: adult, gambling, hate, games, piracy, proxies.
    categories: tuple[str, ...] = ("adult", "gambling", "hate", "piracy", "proxies")
    # Hosts that are barred here besides; each bars all below it.
    hosts: tuple[Host, ...] = ()
    # Hosts that are not barred, whatever a list says.
    allowed: tuple[Host, ...] = ()

    def __post_init__(self) -> None:
        unknown = sorted(set(self.categories) - {category.name for category in shipped()})
        if unknown:
            raise ValueError(f"categories known are {', '.join(one.name for one in shipped())}, not {unknown[0]}")


@lru_cache(maxsize=1)
def shipped() -> tuple[Category, ...]:
    """The lists that come with the program. Raises DocumentError: the file belongs to the program."""
    return read_document(LISTS, _Lists).categories


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report the barred links of a message in one observation."""
    barred = _barred(parameters)
    texts = (*sent_words(facts), *facts.said(Role.ATTACHED))
    categories = {host: category for host in hosts_of(texts) if (category := _category(host, barred))}
    if not categories:
        return
    found = [(categories[link.host], link) for link in links_of(texts) if link.host in categories]
    names = dict.fromkeys(f"{link.host} ({category})" for category, link in found)
    yield Observation(
        detector=NAME,
        detected=True,
        score=1.0,
        summary=", ".join(names)[:300],
        evidence=tuple(link.evidence for _, link in found[:MAX_EVIDENCE]),
    )


@lru_cache(maxsize=16)  # one for each rule that uses it
def _barred(parameters: Parameters) -> Mapping[str, str]:
    """The category of each barred host, "" for those that are allowed."""
    chosen = (category for category in shipped() if category.name in parameters.categories)
    barred = {host.lower(): category.name for category in chosen for host in category.hosts}
    barred |= {host.lower(): "listed here" for host in parameters.hosts}
    return barred | {host.lower(): "" for host in parameters.allowed}


def _category(host: str, barred: Mapping[str, str]) -> str:
    """That of the host or the nearest that it lies below, "" for one that is not barred."""
    return next((barred[name] for name in above(host) if name in barred), "")
