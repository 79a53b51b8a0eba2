"""Contents that were given up after two workers: none of them is read a third time, whoever sends it again.

Where there is a folder, all gateway processes of this node share what they know, and it outlives them.
"""

import asyncio
import hashlib
import logging
import time
from collections import Counter
from pathlib import Path

from rules.message import Octets

MOST = 1_000  # contents remembered; who sends more of them than that has them read again, two workers each
KEEP_SECONDS = 7 * 86_400  # a sender's retries end before; later a new version of ours may well read it
SETTLED = 1_000_000_000  # nanoseconds after which a folder's time tells whether it was changed
MAX_REASON = 500  # characters of a file that is ours, and may have been damaged

Key = tuple[int, str]

_log = logging.getLogger("mailward.workers")


class GivenUp:
    """Remembers contents by size and SHA-256, so that only one of a known size is hashed at all."""

    def __init__(self, folder: Path | None = None) -> None:
        self._reasons: dict[Key, str] = {}
        self._sizes: Counter[int] = Counter()
        self._folder = folder
        self._seen = 0  # when the folder was changed last, as far as we have read it

    async def remember(self, octets: Octets, reason: str) -> None:
        """Forgets the oldest when there are too many."""
        key = await asyncio.to_thread(_key, octets)
        self._add(key, reason)
        if self._folder is not None:
            await asyncio.to_thread(_write, self._folder, key, reason)

    async def reason(self, octets: Octets) -> str | None:
        """Why this very content was given up; None when it was not."""
        await self._learn()
        if not self._reasons or not self._sizes[len(octets)]:
            return None
        return self._reasons.get(await asyncio.to_thread(_key, octets))

    def _add(self, key: Key, reason: str) -> None:
        if key not in self._reasons:
            self._sizes[key[0]] += 1
        self._reasons[key] = reason
        if len(self._reasons) > MOST:
            oldest = next(iter(self._reasons))
            del self._reasons[oldest]
            self._sizes -= Counter([oldest[0]])  # drops what comes to nothing

    async def _learn(self) -> None:
        """Take over what other processes have written since; one `stat` when they have not."""
        if self._folder is None:
            return
        try:
            changed = self._folder.stat().st_mtime_ns
        except OSError:
            return
        if changed != self._seen:
            # A second write within one tick of the clock would not show: what has just changed is looked at again.
            self._seen = changed if time.time_ns() - changed > SETTLED else 0
            for key, reason in await asyncio.to_thread(_read, self._folder):
                self._add(key, reason)


def _key(octets: Octets) -> Key:
    return len(octets), hashlib.sha256(octets).hexdigest()


def _write(folder: Path, key: Key, reason: str) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / f"{key[0]}-{key[1]}").write_text(reason)
    except OSError as error:
        _log.warning("cannot keep in mind what was given up: %s", error.strerror)


def _read(folder: Path) -> list[tuple[Key, str]]:
    """The latest MOST of the files, oldest first; those that have had their time are removed."""
    found: list[tuple[float, Key, str]] = []
    try:
        paths = list(folder.iterdir())
    except OSError:
        return []
    for path in paths:
        size, _, digest = path.name.partition("-")
        try:
            age = time.time() - path.stat().st_mtime
            if age > KEEP_SECONDS:
                path.unlink()
            elif size.isdecimal() and len(digest) == 64:
                found.append((-age, (int(size), digest), path.read_text("utf-8", "replace")[:MAX_REASON]))
        except OSError:  # another process has removed it
            continue
    return [(key, reason) for _, key, reason in sorted(found)[-MOST:]]
