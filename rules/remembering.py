"""What several detectors ask of the message at hand, worked out once until the next message.

Owns the caches and their end; knows nothing of what is remembered.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ParamSpec, TypeVar, cast

A = TypeVar("A")
P = ParamSpec("P")
T = TypeVar("T")

MOST_TEXTS = 32  # texts of one message that are asked about again before others have taken their place

_ends: list[Callable[[], None]] = []


def remembered(function: Callable[P, T]) -> Callable[P, T]:
    """For what is asked of the same few texts; every argument has a hash."""
    cached = lru_cache(maxsize=MOST_TEXTS)(function)
    _ends.append(cached.cache_clear)
    return cast(Callable[P, T], cached)


def remembered_last(function: Callable[[A], T]) -> Callable[[A], T]:
    """For what is asked of one and the same thing, such as a message's facts, which need not have a hash."""
    last: list[tuple[Any, T]] = []

    def asked(of: A) -> T:
        if last and last[0][0] is of:
            return last[0][1]
        last[:] = [(of, function(of))]
        return last[0][1]

    asked.__doc__ = function.__doc__
    _ends.append(last.clear)
    return asked


def with_message(end: Callable[[], None]) -> None:
    """For caches of another form: `end` is called when the message is let go."""
    _ends.append(end)


def forget_message() -> None:
    """Let go of a message that has been judged: its words are kept nowhere."""
    for end in _ends:
        end()
