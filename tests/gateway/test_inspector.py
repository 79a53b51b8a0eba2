"""The inspection side: each worker runs within its limits, and dies with its parent."""

import asyncio
import base64
import errno
import io
import os
import re
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest

from gateway.inspector import _end_hoarders, _forked, _samples
from gateway.sandbox.limits import CPU_SECONDS, DESCRIPTORS, FILE_OCTETS, MEMORY_OCTETS
from gateway.workers import WorkerPool, WorkerSettings, canary
from rules.message import Message
from rules.policy import load_policy
from rules.shipped import find_policy
from rules.transaction import Direction


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def inspectors() -> list[int]:
    """The warm parents that this process started; it may have other children, such as a test's Postfix."""
    return [pid for pid in children(os.getpid()) if b"gateway.inspector" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.fixture
async def worker() -> AsyncIterator[int]:
    """The process id of one worker that has judged a message."""
    settings = WorkerSettings(policy=find_policy("city-baseline"), domains=("city.example",), workers=1)
    async with WorkerPool(settings) as pool:
        await pool.inspect(canary())
        (parent,) = inspectors()
        (worker,) = children(parent)
        yield worker


def limit(pid: int, name: str) -> str:
    match = re.search(rf"^{name} +(\d+)", Path(f"/proc/{pid}/limits").read_text(), re.MULTILINE)
    assert match is not None
    return match[1]


async def test_a_worker_runs_within_its_limits(worker: int) -> None:
    assert limit(worker, "Max address space") == str(MEMORY_OCTETS)
    assert limit(worker, "Max file size") == str(FILE_OCTETS)
    assert limit(worker, "Max open files") == str(DESCRIPTORS)
    assert limit(worker, "Max core file size") == "0"
    assert int(limit(worker, "Max cpu time")) <= CPU_SECONDS + 10


async def test_a_worker_gains_no_privileges(worker: int) -> None:
    assert "NoNewPrivs:\t1" in Path(f"/proc/{worker}/status").read_text()


async def test_a_worker_dies_with_its_parent(worker: int) -> None:
    (parent,) = inspectors()
    os.kill(parent, signal.SIGKILL)
    for _ in range(60):
        if not Path(f"/proc/{worker}").exists() or "Z (zombie)" in Path(f"/proc/{worker}/status").read_text():
            return
        await asyncio.sleep(0.05)
    pytest.fail("the worker outlives its parent")


def test_a_fork_that_the_system_refuses_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is room for so many of them, after which no worker could be started any more."""

    def refuse() -> int:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("os.fork", refuse)
    with pytest.raises(OSError, match="Resource temporarily unavailable"):
        _forked()
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_fills_its_folder_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.sandbox.limits.FILES_EACH", 1)
    with subprocess.Popen(["sleep", "60"]) as hoarder, subprocess.Popen(["sleep", "60"]) as modest:
        folders = {hoarder.pid: tmp_path / "hoard", modest.pid: tmp_path / "modest"}
        for folder in folders.values():
            folder.mkdir()
        for name in "ab":
            (folders[hoarder.pid] / name).touch()
        _end_hoarders(folders)
        assert hoarder.wait(10) == -signal.SIGKILL
        assert modest.poll() is None
        modest.kill()


async def test_a_confined_worker_reads_the_words_of_pictures_where_it_is_asked_to() -> None:
    image = PIL.Image.new("RGB", (700, 120), "white")
    font = PIL.ImageFont.load_default(36)
    PIL.ImageDraw.Draw(image).text((20, 30), "Social security number 523-48-6782", fill="black", font=font)
    picture = io.BytesIO()
    image.save(picture, "PNG")
    head = b"From: ann@city.example\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    content = head + base64.encodebytes(picture.getvalue()).replace(b"\n", b"\r\n")
    settings = WorkerSettings(policy=find_policy("city-baseline"), domains=("city.example",), workers=1)
    for asked in (False, True):
        async with WorkerPool(replace(settings, pictures=asked)) as pool:
            transaction = replace(canary(), direction=Direction.OUTBOUND, message=Message(content))
            found = (await pool.inspect(transaction)).observations
        assert ("personal_information" in {observation.detector for observation in found}) == asked


def test_the_first_samples_are_one_of_each_rule_that_it_finds() -> None:
    policy = load_policy(find_policy("city-baseline"))
    samples = list(_samples(policy))
    folders = {rule.folder for rule in policy.rules}
    first = samples[: len(folders)]
    assert {sample.parent for sample in first} == folders
    assert not [sample for sample in first if sample.name.startswith("pass-")]
    assert sorted(samples) == sorted(sample for folder in folders for sample in folder.glob("*.eml"))


def seconds(pid: int) -> float:
    """Of processor that it has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def test_the_other_samples_are_rehearsed_when_a_worker_has_ended() -> None:
    """As many as a service that is busy recycles; and one that is not spares them."""
    settings = WorkerSettings(policy=find_policy("city-baseline"), domains=("city.example",), workers=1, rehearse=True)
    async with WorkerPool(settings) as pool:
        (parent,) = inspectors()
        before = seconds(parent)
        await asyncio.sleep(1.5)
        assert seconds(parent) - before < 0.1
        os.kill(children(parent)[0], signal.SIGKILL)
        deadline = time.monotonic() + 60
        while seconds(parent) - before < 0.2:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
        assert (await pool.inspect(canary())).verdicts
