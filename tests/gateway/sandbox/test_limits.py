"""Each limit is met exactly and passed by one."""

import signal
import subprocess
import sys
import time

from gateway.sandbox.limits import CPU_SECONDS, DESCRIPTORS, FILE_OCTETS

SPIN = """
from gateway.sandbox import limits
limits.CPU_SECONDS = 1
limits.limit_resources()
limits.limit_time(60)
while True:
    pass
"""


def ended(program: str) -> int:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=60).returncode


def test_memory(confined):
    statements = """
    def taken(size):
        try:
            return mmap.mmap(-1, size) and True
        except OSError as error:
            return errno.errorcode[error.errno]
    [taken(MEMORY_OCTETS), taken(MEMORY_OCTETS // 2)]
    """
    assert confined(statements) == ["ENOMEM", True]


def test_descriptors(confined):
    statements = """
    taken = []
    try:
        while True: taken.append(os.dup(2))
    except OSError as error:
        taken.append(error.errno)
    [max(taken[:-1]), taken[-1] == errno.EMFILE]
    """
    assert confined(statements) == [DESCRIPTORS - 1, True]


def test_the_size_of_a_file(confined):
    statements = f"""
    file = os.open(private / "big", os.O_RDWR | os.O_CREAT)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    [tried(lambda: os.ftruncate(file, {FILE_OCTETS})), tried(lambda: os.ftruncate(file, {FILE_OCTETS + 1}))]
    """
    assert confined(statements) == ["done", "EFBIG"]


def test_processor_time_ends_the_worker():
    began = time.monotonic()
    assert ended(SPIN) == -signal.SIGXCPU
    assert time.monotonic() - began < CPU_SECONDS


def test_wall_clock_ends_the_worker():
    sleep = "from gateway.sandbox.limits import limit_time\nimport time\nlimit_time(0.3)\ntime.sleep(60)"
    assert ended(sleep) == -signal.SIGALRM


def test_no_core_file_is_left(confined):
    assert confined("list(resource.getrlimit(resource.RLIMIT_CORE))") == [0, 0]
