"""The process that inspection workers are forked from: started, asked for workers, replaced when it dies.

Everything slow is done once, in there: imports, patterns, directory. Never sees a message.
"""

import asyncio
import contextlib
import logging
import os
import socket
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gateway.sandbox.layers import Refusal
from gateway.wire import HEADER, MAX_STARTED, Started, WireError, read_frame
from gateway.worker import Worker
from rules.document import from_json, to_json

FORK, KILL = b"F", b"K"
PROGRAM = ("-m", "gateway.inspector")  # for our own Python
START_SECONDS = 30.0  # imports, patterns, directory
FORK_SECONDS = 10.0  # takes some hundredths; more than this and the machine, or the parent, is stuck

# What the inspection side is told of our environment, which may hold secrets that no message must find.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "PYTHONHASHSEED")

_log = logging.getLogger("mailward.workers")


class InspectionUnavailable(Exception):
    """Workers cannot be started or fail on the canary too: our surroundings, not the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """What the inspection side loads. `seconds` is the wall clock a message may take."""

    policy: Path
    domains: tuple[str, ...]
    directory: Path | None = None
    workers: int = 0  # 0: one a core
    seconds: float = 30.0
    rehearse: bool = False  # judge samples of the library first, so that every worker starts fast
    pictures: bool = False  # read their words too
    sandbox_required: bool = False  # no worker at all rather than one with a layer missing
    disclaimer: str = ""  # words that mail is owed which one of these rules tags
    disclaimer_rules: tuple[str, ...] = ()
    every_detector: bool = False  # ask also those that change no verdict of these copies
    given_up: Path | None = None  # folder of what is read no more; without it only this process remembers


class WarmParent:
    """Workers come from here, and end with it."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None
        self._control: socket.socket | None = None
        self._private: tempfile.TemporaryDirectory[str] | None = None
        self._turn = asyncio.Lock()  # two messages that find it dead must not start two
        self._ended = False
        self.refused: frozenset[Refusal] = frozenset()

    async def start(self) -> None:
        """Raises InspectionUnavailable."""
        async with self._turn:
            if self._ended:
                raise InspectionUnavailable("inspection has ended")
            if not self._alive:
                await self._stop()
                await self._start()

    async def fork(self) -> Worker:
        """A fresh worker; a parent that died or is stuck is replaced once. Raises InspectionUnavailable."""
        for _ in range(2):
            await self.start()
            try:
                return await self._forked()
            except TimeoutError:
                _log.warning("the inspection side does not answer and is replaced")
                await self._stop()
            except (WireError, OSError, ValueError) as error:
                _log.warning("an inspection worker did not start: %s", error)
        raise InspectionUnavailable("no inspection worker can be started")

    def kill(self, pid: int) -> None:
        """Ends one worker, if it is still there."""
        if pid and self._control is not None:
            with contextlib.suppress(OSError):  # the parent is gone, and its workers with it
                self._control.send(KILL + pid.to_bytes(4, "big"))

    async def end(self) -> None:
        """For good, with every worker."""
        async with self._turn:
            self._ended = True
            await self._stop()

    @property
    def _alive(self) -> bool:
        if self._control is None:
            return False
        try:
            return bool(self._control.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return True
        except OSError:
            return False

    async def _forked(self) -> Worker:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        worker = Worker(ours)
        try:
            with theirs:
                if self._control is None:
                    raise WireError("the inspection side has gone")
                socket.send_fds(self._control, [FORK], [theirs.fileno()])
            async with asyncio.timeout(FORK_SECONDS):
                self._note(await worker.ready())
        except BaseException:
            worker.close()
            raise
        return worker

    def _note(self, started: Started) -> None:
        """Each missing layer is logged once."""
        for refusal in set(started.refused) - self.refused:
            _log.warning("inspection workers go without %s: %s", refusal.layer.value, refusal.reason)
        self.refused |= set(started.refused)
        if self.refused and self._settings.sandbox_required:
            missing = ", ".join(sorted(refusal.layer.value for refusal in self.refused))
            raise InspectionUnavailable(f"the configuration requires every layer of the sandbox; missing: {missing}")

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        self._control = ours
        self._private = tempfile.TemporaryDirectory(prefix="mailward-", ignore_cleanup_errors=True)
        told = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, *PROGRAM),
                stdin=theirs.fileno(),
                stdout=asyncio.subprocess.DEVNULL,
                # One thread for tesseract too: a worker may start none, and is one of as many as there are cores.
                env={**told, "TMPDIR": self._private.name, "OMP_THREAD_LIMIT": "1"},
            )
        ours.setblocking(False)
        settings = to_json(self._settings, WorkerSettings)
        try:
            async with asyncio.timeout(START_SECONDS):
                await asyncio.get_running_loop().sock_sendall(ours, HEADER.pack(len(settings), 0) + settings)
                _, told_us = await read_frame(ours, MAX_STARTED)
            self._note(from_json(told_us, Started))
        except (WireError, OSError, ValueError, TimeoutError):
            await self._stop()
            raise InspectionUnavailable("the inspection side did not start") from None
        except BaseException:
            await self._stop()
            raise

    async def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
            self._process = None
        if self._private is not None:
            self._private.cleanup()
            self._private = None
