"""Starting and ending a milter listener: a TCP port or a Unix socket, and what its connections share."""

import asyncio
import contextlib
import logging
import os
import shutil
import socket
import stat
from collections.abc import Callable
from pathlib import Path

from gateway.config import Limits, MilterListener
from gateway.egress import Egress
from gateway.milter.conversation import Setting
from gateway.milter.session import PROGRESS_SECONDS, MilterSession, Process, Shared
from gateway.smtp.listener import BACKLOG, POLL, listening_socket
from gateway.smtp.spool import Spool

SOCKET_MODE = 0o660  # the MTA's account reaches it through the group

log = logging.getLogger("mailward.milter")


class RunningMilter:
    """Made by start_milter."""

    def __init__(self, shared: Shared, server: asyncio.Server, place: str) -> None:
        self.place = place
        self._shared = shared
        self._server = server

    @property
    def connections(self) -> int:
        return len(self._shared.sessions)

    @property
    def commits_in_flight(self) -> int:
        return len(self._shared.commits)

    async def drain(self, seconds: float) -> None:
        """Take no more messages, let what is open end within `seconds`; commits still in flight then are told."""
        self._stop()
        for session in tuple(self._shared.sessions):
            session.retire()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while self._shared.sessions and loop.time() < deadline:  # noqa: ASYNC110  as the SMTP listener's
            await asyncio.sleep(POLL)
        self.close()
        if self._shared.commits:
            await asyncio.wait(self._shared.commits, timeout=max(deadline - loop.time(), 0))
        if left := len(self._shared.commits):
            name = self._shared.setting.listener.name
            log.error("%s: %d commits were still in flight after %.0f s", name, left, seconds)

    def close(self) -> None:
        """Stop listening and cut every connection; commits in flight go on as long as the loop does."""
        self._stop()
        for session in tuple(self._shared.sessions):
            session.abort()

    def _stop(self) -> None:
        if self._server.is_serving() and (path := self._shared.setting.listener.socket) is not None:
            path.unlink(missing_ok=True)
        self._server.close()


async def start_milter(
    listener: MilterListener,
    *,
    limits: Limits,
    domain: str,
    spool: Spool,
    process: Process,
    open_onward: Callable[[], Egress],
    reuse_port: bool = False,
    progress_seconds: float = PROGRESS_SECONDS,
    busy: Callable[[], bool] = lambda: False,
) -> RunningMilter:
    """Listen. `domain` completes names that the MTA gives without one. Raises OSError."""
    spool.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    shared = Shared(
        setting=Setting(listener=listener, limits=limits, domain=domain, spool=spool, busy=busy),
        process=process,
        open_onward=open_onward,
        progress_seconds=progress_seconds,
    )
    loop = asyncio.get_running_loop()
    if listener.socket is not None:
        listening = _unix_socket(listener.socket, listener.socket_group)
        server = await loop.create_unix_server(lambda: MilterSession(shared), sock=listening, backlog=BACKLOG)
        return RunningMilter(shared, server, str(listener.socket))
    listening = await listening_socket(listener.address, listener.port, reuse_port=reuse_port)
    server = await loop.create_server(lambda: MilterSession(shared), sock=listening, backlog=BACKLOG)
    return RunningMilter(shared, server, f"{listener.address}:{listening.getsockname()[1]}")


def _unix_socket(path: Path, group: str | None) -> socket.socket:
    """Raises OSError, also where somebody still listens there or something else than a socket stands."""
    _remove_abandoned(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with contextlib.ExitStack() as undo:
        undo.callback(listening.close)
        listening.setblocking(False)
        before = os.umask(0o177)  # nobody else's before its group is set
        try:
            listening.bind(str(path))
        finally:
            os.umask(before)
        undo.callback(path.unlink, missing_ok=True)
        if group is not None:
            _give(path, group)
        path.chmod(SOCKET_MODE)
        undo.pop_all()
    return listening


def _give(path: Path, group: str) -> None:
    """Raises OSError with a sentence: who gives a file away must be in the group himself (chown(2))."""
    try:
        shutil.chown(path, group=group)
    except LookupError:
        raise OSError(f"there is no group {group}") from None
    except PermissionError:
        raise OSError(f"this account is not in the group {group}, which is to reach the socket") from None


def _remove_abandoned(path: Path) -> None:
    """What a process that was killed has left behind. Raises OSError."""
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            raise FileExistsError(f"{path} is there and is no socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise FileExistsError(f"{path} is in use")
