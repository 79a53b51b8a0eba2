"""The event loop of the processes: uvloop where it is installed, else the standard one; and what its signals do."""

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

# Objects that may be made and not let go before Python looks for those that only hold each other. With its own 700 it
# looked after every second message, a tenth of what relaying a small one costs; these are a few megabytes at the most.
GARBAGE = 10_000


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes this machine's fastest loop. uvloop is optional: it speeds up connections, not large contents."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end, as asyncio.run does. What is loaded by now stays, and is not looked through for garbage."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(GARBAGE)
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            return runner.run(main)
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def on_signals(handlers: Mapping[signal.Signals, Callable[[], None]]) -> None:
    """In the loop that runs, between two of its steps."""
    loop = asyncio.get_running_loop()
    for number, handler in handlers.items():
        loop.add_signal_handler(number, handler)
