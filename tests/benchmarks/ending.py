"""Nothing that a benchmark has started stays behind, however the benchmark ends."""

import ctypes
import os
import signal
import sys
from types import FrameType

PR_SET_PDEATHSIG = 1  # prctl(2)
_STARTER = os.getpid()  # the process that imports this, of which others are forked


def end_with_parent() -> None:
    """For a process of its own, before it begins: it is asked to end when the one that started it is gone."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getpid() != _STARTER != os.getppid():
        os._exit(1)  # it was gone before it could be asked for


def end_in_order() -> None:
    """For the benchmark itself: asked to end, it ends what it has started, as it does after its last round."""
    end_with_parent()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _exit)


def _exit(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)
