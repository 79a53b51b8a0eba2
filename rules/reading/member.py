"""What a container yields, and how its reader says that it cannot be opened."""

from dataclasses import dataclass


class Unreadable(ValueError):
    """A container or document that cannot be opened; the text tells an administrator why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file out of a container. An encrypted one has its names, no octets, and the reason."""

    names: tuple[str, ...]
    octets: bytes
    declared_type: str | None = None
    encrypted: str | None = None
