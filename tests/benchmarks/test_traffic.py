"""A benchmark whose sink loses count would flatter everyone: the two ends agree, wherever the final dot is cut."""

import argparse
import mmap
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.bench import Sink as RunningSink
from tests.benchmarks.bench import measure, rounds, table
from tests.benchmarks.contents import write_contents
from tests.benchmarks.systems import System
from tests.benchmarks.traffic import Sink


class _Transport:
    def write(self, octets: bytes) -> None:
        self.last = octets

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 7, 1_000])
@pytest.mark.parametrize("content", [b"", b"..\r\n", b"a: b\r\n\r\n" + b"x" * 50 + b"\r\n..\r\n\r\n"])
def test_the_sink_counts_each_message_once(width: int, content: bytes) -> None:
    dialogue = b"EHLO a\r\nMAIL FROM:<>\r\nDATA\r\n" + content + b".\r\nDATA\r\n" + content + b".\r\nQUIT\r\n"
    counter = mmap.mmap(-1, 8)
    transport: Any = _Transport()
    sink = Sink(counter)
    sink.connection_made(transport)
    for start in range(0, len(dialogue), width):
        sink.data_received(dialogue[start : start + width])
    assert int.from_bytes(counter[:8], "little") == 2
    assert transport.closed and transport.last.startswith(b"221")


def test_a_short_round_gives_a_table(tmp_path: Path) -> None:
    contents = write_contents(tmp_path)
    assert [path.stat().st_size for path in contents.values()] == pytest.approx([2_000, 50_000, 5_000_000], rel=0.02)
    sink = RunningSink(tmp_path)
    try:
        bare = System("load straight to the sink", sink.port, None)
        run = measure(bare, sink, contents["50 kB"], sessions=3, seconds=0.2, pause=0)
        assert run.per_second > 1 and run.wait_ms > 0
        options = argparse.Namespace(rounds=1, seconds=0.2, sessions=2)
        small = {"2 kB": contents["2 kB"]}
        assert "| load straight to the sink | " in table(rounds([bare], sink, small, options), small, options)
    finally:
        sink.stop()
