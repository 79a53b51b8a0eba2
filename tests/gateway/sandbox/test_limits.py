"""Each limit is met exactly and passed by one."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway.sandbox.limits import CPU_SECONDS, DESCRIPTORS, FILE_OCTETS, LIFE_CPU_SECONDS, overfull

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


def test_memory_h05(confined):
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


def test_the_wall_clock_stands_while_there_is_no_message():
    """A worker waits for mail for hours; a limit still running would end it, or worse, the message after the next."""
    wait = "from gateway.sandbox.limits import forget_time, limit_time\nimport time\n"
    assert ended(wait + "limit_time(0.2)\nforget_time()\ntime.sleep(0.5)") == 0


def test_no_core_file_is_left(confined):
    assert confined("list(resource.getrlimit(resource.RLIMIT_CORE))") == [0, 0]


def test_processor_time_has_an_end_that_the_worker_cannot_move(confined):
    statements = f"""
    life = resource.getrlimit(resource.RLIMIT_CPU)[1]
    limit_time(30)
    more = resource.RLIMIT_CPU, ({LIFE_CPU_SECONDS}, {LIFE_CPU_SECONDS} + 1)
    try:
        refused = resource.setrlimit(*more)
    except ValueError:
        refused = True
    [life, resource.getrlimit(resource.RLIMIT_CPU)[1], refused]
    """
    assert confined(statements) == [LIFE_CPU_SECONDS, LIFE_CPU_SECONDS, True]


def test_no_process_more_where_the_filter_of_system_calls_is_missing(confined):
    """The kernel does not ask it of root."""
    before = "from gateway import sandbox\nsandbox.filter_system_calls = lambda: None"
    forked = confined("None if os.geteuid() == 0 else tried(lambda: os.fork() or os._exit(0))", before)
    assert forked in (None, "EAGAIN")


def test_a_process_that_has_held_too_much_says_so(confined):
    statements = """
    from gateway.sandbox.limits import KEPT_OCTETS, has_grown
    small = has_grown()
    large = b"x" * KEPT_OCTETS
    del large
    [small, has_grown()]
    """
    # Forked, as a worker is: what is started anew is charged with what its starter had held (getrusage(2)).
    forked = "if os.fork():\n    os._exit(os.waitstatus_to_exitcode(os.wait()[1]))"
    assert confined(statements, forked) == [False, True]


def test_a_private_folder_holds_so_much_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gateway.sandbox.limits.FILE_OCTETS", 8192)
    (tmp_path / "a").write_bytes(bytes(8192))
    assert not overfull(tmp_path)
    (tmp_path / "b").write_bytes(b"x")
    assert overfull(tmp_path)


def test_a_private_folder_holds_so_many_files_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gateway.sandbox.limits.FILES_EACH", 2)
    for name in "ab":
        (tmp_path / name).touch()
    assert not overfull(tmp_path)
    (tmp_path / "c").touch()
    assert overfull(tmp_path)


def test_workers_end_before_the_gateway_when_memory_is_short(confined):
    before = "end_first = __import__('gateway.sandbox.limits', fromlist=['']).end_first\nend_first()\n"
    before += "score = Path('/proc/self/oom_score_adj').read_text()"
    assert confined("int(score)", before) == 500
