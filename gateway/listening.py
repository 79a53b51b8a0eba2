"""Whether the places at which a configuration listens are each one's own."""

from collections.abc import Iterator
from typing import NamedTuple

EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 (compared with, never listened on)


class Listening(NamedTuple):
    """`where` is the key of the port in the configuration; port 0 is any that is free."""

    where: tuple[str | int, ...]
    address: str
    port: int


def shared(places: Iterator[Listening]) -> Iterator[Listening]:
    """Those that an earlier one listens on already: with SO_REUSEPORT the system gives connections to either."""
    seen: list[Listening] = []
    for place in places:
        if place.port and any(_overlap(place, other) for other in seen):
            yield place
        seen.append(place)


def _overlap(one: Listening, other: Listening) -> bool:
    everywhere = not EVERYWHERE.isdisjoint((one.address, other.address))
    return one.port == other.port and (everywhere or one.address == other.address)
