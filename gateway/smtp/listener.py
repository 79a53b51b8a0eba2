"""Starting and ending a listener: the socket, the certificate, and what its sessions share."""

import asyncio
import contextlib
import logging
import socket
import ssl

from gateway.certificates import listener_tls
from gateway.smtp.commits import Commits
from gateway.smtp.dialogue import Shared
from gateway.smtp.limits import Connections
from gateway.smtp.reception import Reception
from gateway.smtp.refusals import Refusals
from gateway.smtp.replies import SHUTTING_DOWN
from gateway.smtp.session import Session

log = logging.getLogger("mailward.smtp")

BACKLOG = 512  # connections the system completes while we are busy
POLL = 0.05  # seconds between looks at what is left while draining


class RunningListener:
    """Made by start_listener."""

    def __init__(self, shared: Shared, sessions: set[Session], server: asyncio.Server, port: int) -> None:
        self.port = port
        self._shared = shared
        self._sessions = sessions
        self._server = server

    @property
    def commits_in_flight(self) -> int:
        return self._shared.commits.in_flight

    @property
    def connections(self) -> int:
        """Clients that are connected."""
        return len(self._sessions)

    async def drain(self, seconds: float) -> None:
        """Take no more mail and let what is open end; after `seconds`, 421 to whoever still uploads.

        Returns when nothing is open, or at that moment with commits still in flight (commits_in_flight tells).
        """
        self._server.close()
        for session in tuple(self._sessions):
            session.retire()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while self._sessions and loop.time() < deadline:  # noqa: ASYNC110  an event for each session would say no more
            await asyncio.sleep(POLL)
        for session in tuple(self._sessions):
            session.hang_up(SHUTTING_DOWN)
        left = await self._shared.commits.settle(max(deadline - loop.time(), 0))
        if left:
            log.error("%s: %d commits were still in flight after %.0f s", self._name, left, seconds)

    def close(self) -> None:
        """Stop listening and cut every session; commits in flight go on as long as the loop does."""
        self._server.close()
        for session in tuple(self._sessions):
            session.hang_up(SHUTTING_DOWN)

    def renew(self, context: ssl.SSLContext | None) -> None:
        """What STARTTLS is offered with, from the next connection on."""
        self._shared.offer.context = context

    @property
    def _name(self) -> str:
        return self._shared.reception.listener.name


async def start_listener(reception: Reception, *, reuse_port: bool = False) -> RunningListener:
    """Listen. `reuse_port` lets several processes share the port. Raises OSError, also for a bad certificate."""
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd's: a line for each connection, ids in none
    reception.spool.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    shared = Shared(
        reception=reception,
        connections=Connections(reception.limits),
        commits=Commits(reception.process),
        refusals=Refusals(reception.listener.name, reception.refused),
    )
    shared.offer.context = listener_tls(reception.listener)
    sessions: set[Session] = set()
    place = reception.listener
    listening = await listening_socket(place.address, place.port, reuse_port=reuse_port)
    server = await asyncio.get_running_loop().create_server(
        lambda: Session(shared, sessions), sock=listening, backlog=BACKLOG
    )
    return RunningListener(shared, sessions, server, listening.getsockname()[1])


async def listening_socket(address: str, port: int, *, reuse_port: bool) -> socket.socket:
    """Bound, without delays on what is written. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    family, _, _, _, place = found[0]
    # asyncio turns Nagle off only on sockets that name their protocol; without it each reply waits 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with contextlib.ExitStack() as undo:
        undo.callback(listening.close)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.setblocking(False)
        listening.bind(place)
        undo.pop_all()
    return listening
