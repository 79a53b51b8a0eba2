"""Builds that are known to be bad: what the harness must catch, else it proves nothing (reliability D18)."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import Any

from quarantine import quarantine
from quarantine.adapters import sql
from quarantine.quarantine import Store
from rules.message import Octets


class Build(StrEnum):
    GOOD = "good"
    NO_FSYNC = "no fsync"  # files and folders are not synced
    NO_SYNC_OF_ROWS = "no sync of rows"  # the database is as fast as it likes
    ANSWER_BEFORE_HOLD = "answer before hold"
    ROW_BEFORE_CONTENT = "row before content"
    NO_KEY = "no idempotency key"  # a retry is a new message


def break_build(build: Build) -> Callable[[Store], Any] | None:
    """Make this process a bad build; what it holds mail with, where that is another than the store's own."""
    match build:
        case Build.NO_FSYNC:
            os.fsync = lambda descriptor: None  # type: ignore[assignment]
        case Build.NO_SYNC_OF_ROWS:
            right = sql.sqlite_engine
            sql.sqlite_engine = lambda path, **_: right(path, synchronous="OFF", journal="DELETE")
        case Build.ANSWER_BEFORE_HOLD:
            return Late
        case Build.ROW_BEFORE_CONTENT:
            return RowFirst
        case Build.NO_KEY:
            numbers = iter(range(1_000_000))
            quarantine.idempotency_key = lambda *_: f"{os.getpid()} {next(numbers)}"
        case Build.GOOD:
            pass
    return None


class Late:
    """Holds a message when the next one comes: its client has been answered long before."""

    def __init__(self, store: Store) -> None:
        self._quarantine = store.quarantine
        self._waiting: Callable[[], Any] = lambda: None

    def hold(self, *what: Any, **how: Any) -> None:
        waiting, self._waiting = self._waiting, lambda: self._quarantine.hold(*what, **how)
        waiting()


class _LateContents:
    """Tells a content's name at once and keeps it when told."""

    def __init__(self, contents: Any) -> None:
        self._contents = contents
        self._octets: Octets = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._contents, name)

    def put(self, octets: Octets) -> str:
        self._octets = octets
        return hashlib.sha256(octets).hexdigest()

    def put_now(self) -> None:
        self._contents.put(self._octets)


class RowFirst:
    def __init__(self, store: Store) -> None:
        self._contents = _LateContents(store.quarantine.contents)
        self._quarantine = replace(store.quarantine, contents=self._contents)

    def hold(self, *what: Any, **how: Any) -> Any:
        kept = self._quarantine.hold(*what, **how)
        self._contents.put_now()
        return kept
