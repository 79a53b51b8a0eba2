"""Contents that were given up after two workers: none of them is read a third time, whoever sends it again."""

import asyncio
import hashlib
from collections import Counter

from rules.message import Octets

MOST = 1_000  # contents remembered; who sends more of them than that has them read again, two workers each


class GivenUp:
    """Remembers contents by size and SHA-256, so that only one of a known size is hashed at all."""

    def __init__(self) -> None:
        self._reasons: dict[tuple[int, bytes], str] = {}
        self._sizes: Counter[int] = Counter()

    async def remember(self, octets: Octets, reason: str) -> None:
        """Forgets the oldest when there are too many."""
        key = await asyncio.to_thread(_key, octets)
        if key not in self._reasons:
            self._sizes[len(octets)] += 1
        self._reasons[key] = reason
        if len(self._reasons) > MOST:
            oldest = next(iter(self._reasons))
            del self._reasons[oldest]
            self._sizes -= Counter([oldest[0]])  # drops what comes to nothing

    async def reason(self, octets: Octets) -> str | None:
        """Why this very content was given up; None when it was not."""
        if not self._reasons or not self._sizes[len(octets)]:
            return None
        return self._reasons.get(await asyncio.to_thread(_key, octets))


def _key(octets: Octets) -> tuple[int, bytes]:
    return len(octets), hashlib.sha256(octets).digest()
