"""What ends before a message is there: one line each in the log, in the form of a transaction's, and a count.

A flood of refusals must fill no disk and hide no other client's, so lines are bounded in each minute, and those of one
client among them; counts are not.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from enum import StrEnum

from gateway.logs import EXTRA
from gateway.reply import Reply
from gateway.smtp.pending import PendingTransaction

MINUTE = 60.0  # seconds
LINES = 200  # a minute and listener; at most 100 MB a day, and enough to see what goes on
LINES_OF_ONE = 30  # of them for one client

_log = logging.getLogger("mailward.transaction")


class Stage(StrEnum):
    """How far a client came."""

    CONNECTION = "connection"  # before a command: no place, not allowed, no PROXY header, TLS that failed
    COMMAND = "command"
    MAIL = "mail"
    RCPT = "rcpt"
    CONTENT = "content"  # it was sent, and not looked into
    GONE = "gone"  # a transaction that its client gave up, and one that took too long


class Refusals:
    """One for each listener. `count` learns stage and class of each."""

    def __init__(
        self, listener: str, count: Callable[[str, str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._listener = listener
        self._count = count
        self._clock = clock
        self._minute_ends = float("-inf")
        self._lines: Counter[str] = Counter()  # of this minute, by client
        self._left_out = 0

    def note(
        self,
        stage: Stage,
        client: str,
        why: Reply | str,
        pending: PendingTransaction | None = None,
        recipient: str = "",
    ) -> None:
        """`why` is our reply, or a next hop's words that stood behind it; or what happened, where nothing was said."""
        self._count(stage.value, str(why.code // 100) if isinstance(why, Reply) else "none")
        # A content costs its client more than a line costs us, and is a transaction like those that are judged.
        if stage is not Stage.CONTENT and not self._may_write(client):
            self._left_out += 1
            return
        line: dict[str, object] = {"listener": self._listener, "client": client, "stage": stage.value}
        if pending is not None:
            line |= {"id": pending.id, "reverse_path": str(pending.envelope.reverse_path or "")}
            line |= {"accepted_recipients": pending.count}
        if recipient:
            line["recipient"] = recipient
        line["reply" if isinstance(why, Reply) else "cause"] = str(why)
        if self._left_out:
            line["lines_left_out"], self._left_out = self._left_out, 0
        _log.info("refused" if isinstance(why, Reply) else "ended", extra={EXTRA: line})

    def _may_write(self, client: str) -> bool:
        now = self._clock()
        if now >= self._minute_ends:
            self._lines.clear()
            self._minute_ends = now + MINUTE
        if self._lines.total() >= LINES or self._lines[client] >= LINES_OF_ONE:
            return False
        self._lines[client] += 1
        return True
