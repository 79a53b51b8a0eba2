"""Limits that the kernel holds for whatever a message makes of a worker (setrlimit(2))."""

import contextlib
import ctypes
import itertools
import resource
import signal
import time
from pathlib import Path

from gateway.sandbox.layers import checked

MEMORY_OCTETS = 768 * 1024 * 1024
CPU_SECONDS = 45
LIFE_CPU_SECONDS = 3_600  # of a worker, whatever it makes of its own limits; a thousand messages need some seconds
FILE_OCTETS = 1024 * 1024 * 1024  # of all that a worker writes, where the private folder has its own file system
FILES = 1_000  # in all private folders
FILES_EACH = 100  # in one of them, so that no worker keeps others from having theirs; readers write none
DESCRIPTORS = 64
KEPT_OCTETS = 150 * 1024 * 1024  # a worker that a message made larger ends after its answer: a fresh one has half
FIRST_TO_END = 500  # of 1,000, proc(5) oom_score_adj: before the gateway itself when the machine has no memory left
_PR_SET_PDEATHSIG = 1


def limit_resources() -> None:
    """Memory, files and descriptors for a worker's whole life, which ends with its parent's."""
    checked(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_OCTETS, MEMORY_OCTETS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_OCTETS, FILE_OCTETS))
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the message
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))  # no process more; the kernel asks it of everybody but root
    resource.setrlimit(resource.RLIMIT_CPU, (LIFE_CPU_SECONDS, LIFE_CPU_SECONDS))


def end_first() -> None:
    """When the machine runs out of memory, workers and their parent go before whatever holds the city's mail."""
    with contextlib.suppress(OSError):  # no /proc, or set higher already
        Path("/proc/self/oom_score_adj").write_text(str(FIRST_TO_END))


def overfull(folder: Path) -> bool:
    """Whether there is more in a private folder than a worker may write; where it lies on a disk, nothing else asks.

    It is flat: a worker cannot make folders.
    """
    entries = tuple(itertools.islice(folder.iterdir(), FILES_EACH + 1))
    sizes = (entry.lstat().st_blocks * 512 for entry in entries)
    return len(entries) > FILES_EACH or sum(sizes) > FILE_OCTETS


def limit_time(seconds: float) -> None:
    """For one message: wall clock by a signal that kills, processor time counted from what is used up already."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    life = resource.getrlimit(resource.RLIMIT_CPU)[1]
    limit = int(time.process_time()) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (limit if life == resource.RLIM_INFINITY else min(limit, life), life))


def forget_time() -> None:
    """After the answer: a worker that waits for mail, be it for hours, is as good as a fresh one."""
    signal.setitimer(signal.ITIMER_REAL, 0)


def has_grown() -> bool:
    """Whether this process has ever held more than a worker may keep; what a reader took, it seldom gives back."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > KEPT_OCTETS
