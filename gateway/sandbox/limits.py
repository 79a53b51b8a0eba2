"""Limits that the kernel holds for whatever a message makes of a worker (setrlimit(2); reliability section 4)."""

import ctypes
import resource
import signal
import time

from gateway.sandbox.layers import checked

MEMORY_OCTETS = 768 * 1024 * 1024
CPU_SECONDS = 45
FILE_OCTETS = 1024 * 1024 * 1024  # of all that a worker writes, where the private folder has its own file system
DESCRIPTORS = 64
KEPT_OCTETS = 150 * 1024 * 1024  # a worker that a message made larger ends after its answer: a fresh one has half
_PR_SET_PDEATHSIG = 1


def limit_resources() -> None:
    """Memory, files and descriptors for a worker's whole life, which ends with its parent's."""
    checked(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_OCTETS, MEMORY_OCTETS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_OCTETS, FILE_OCTETS))
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the message


def limit_time(seconds: float) -> None:
    """For one message: wall clock by a signal that kills, processor time counted from what is used up already."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    limit = int(time.process_time()) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def has_grown() -> bool:
    """Whether this process has ever held more than a worker may keep; what a reader took, it seldom gives back."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > KEPT_OCTETS
