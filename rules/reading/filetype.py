"""What a part is, by its names, its declared type and its content. Opens nothing."""

from collections.abc import Sequence

from rules.facts import Sign
from rules.message import Octets


def signs_of(names: Sequence[str], declared: str | None, octets: Octets) -> tuple[Sign, ...]:
    """Every reason to call the part something: from each name, from the declared media type, from its content."""
    return ()
