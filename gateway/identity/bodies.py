"""The body hashes of one message: each form computed once, in a thread when the body is large.

Why not in an inspection worker: it needs no parsing, only SHA-256 and replacing blanks by whole blocks, and a worker
would have to be asked before the DNS has said whether a key exists at all.
"""

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass

from gateway.identity.canonical import BodyHash, LineTooLong, body_blocks
from rules.message import Message

INLINE = 64 * 1024  # octets hashed at once; handing over to a thread costs as much as these
MAX_FORMS = 4  # simple and relaxed, and two with an l= of their own; each costs a pass over the body


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyForm:
    """How a body is signed. `limit` is DKIM's l=."""

    relaxed: bool
    limit: int | None = None


class Bodies:
    """`executor` takes bodies that are too large for the event loop."""

    def __init__(self, message: Message, executor: Executor | None = None) -> None:
        self._message = message
        self._executor = executor
        self._known: dict[BodyForm, tuple[int, bytes]] = {}

    async def digest(self, form: BodyForm) -> tuple[int, bytes]:
        """Length and SHA-256 of the canonical body; an empty digest where it is not computed."""
        if form not in self._known:
            if len(self._known) >= MAX_FORMS:
                return 0, b""
            if len(self._message) <= INLINE:
                self._known[form] = self._computed(form)
            else:
                loop = asyncio.get_running_loop()
                self._known[form] = await loop.run_in_executor(self._executor, self._computed, form)
        return self._known[form]

    def _computed(self, form: BodyForm) -> tuple[int, bytes]:
        hashing = BodyHash(relaxed=form.relaxed, limit=form.limit)
        start = self._message.header_end + 2
        try:
            with memoryview(self._message.octets) as view:
                for block in body_blocks((view,), start):
                    hashing.feed(block)
        except LineTooLong:
            return 0, b""
        digest = hashing.digest()
        return hashing.length, digest
