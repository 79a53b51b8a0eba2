"""The benchmark of inspection counts both sides, and gives every way of reading the same messages."""

import os
import subprocess
import sys
from pathlib import Path

from gateway.workers import WorkerPool, WorkerSettings
from rules.policy import load_policy
from rules.shipped import find_policy
from tests.benchmarks.inspection import cpu_seconds, mails, measure, memory, table
from tests.benchmarks.systems import family


async def test_a_short_round_gives_a_table(tmp_path: Path) -> None:
    kinds = [kind for kind in mails(tmp_path, None) if kind.label == "2 kB"]
    policy = find_policy("city-baseline")
    async with WorkerPool(WorkerSettings(policy=policy, domains=("city.example",), workers=1)) as pool:
        measured = await measure(kinds, 1, pool, load_policy(policy))
        told = memory(family(os.getpid()))
    assert "in a worker, with hand-over" in table(measured, kinds, 1)
    assert all(0 < spent < 100 for values in measured.values() for spent in values)
    assert "inspection" in told and "as the gateway" in told


def test_no_message_is_the_same_twice(tmp_path: Path) -> None:
    for kind in mails(tmp_path, None):
        contents = kind.fresh() + kind.fresh()
        assert len(set(contents)) == len(contents)


def test_cpu_of_a_child_counts_while_it_lives_and_after() -> None:
    begin = cpu_seconds()
    burn = "import time\nwhile time.process_time() < 0.5: pass\nprint('burnt', flush=True)\ninput()"
    child = subprocess.Popen([sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None and child.stdin is not None
    child.stdout.readline()
    assert cpu_seconds() - begin > 0.4
    child.communicate(b"\n")
    assert cpu_seconds() - begin > 0.4
