"""One connection from an MTA: octets to packets, messages to the pipeline, answers back, a sign of life meanwhile."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

from gateway.egress import Egress
from gateway.milter.conversation import Conversation, Ended, Setting
from gateway.milter.egress import MilterEgress
from gateway.milter.negotiation import CannotServe
from gateway.milter.packets import PacketReader
from gateway.milter.protocol import ProtocolViolation, ResponseCode
from gateway.milter.responses import refusal, simple
from gateway.milter.states import State
from gateway.milter.verdict import answer
from gateway.networks import within
from gateway.reply import TRY_LATER, Reply
from gateway.watchdog import Watchdog
from rules.message import Message
from rules.transaction import Transaction

PROGRESS_SECONDS = 3.0  # between signs of life: a third of the least time an MTA waits (Sendmail's S and R: 10 s)
# As libmilter: an MTA keeps the connection while its client thinks, and clients are its to hurry.
IDLE_SECONDS = 7_210.0
MAX_AHEAD = 512 * 1024  # octets that may come while a message is judged; both MTAs wait for the answer
LOCAL = "the local socket"

log = logging.getLogger("mailward.milter")

Process = Callable[[Transaction, Egress], Awaitable[Reply]]


@dataclass(slots=True, kw_only=True)
class Shared:
    """What the connections of one listener have in common."""

    setting: Setting
    process: Process
    open_onward: Callable[[], Egress]
    sessions: set["MilterSession"] = field(default_factory=set)
    commits: set[asyncio.Task[bytes]] = field(default_factory=set)
    progress_seconds: float = PROGRESS_SECONDS


class MilterSession(asyncio.Protocol):
    """A protocol for create_server and create_unix_server."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._reader = PacketReader()
        self._conversation = Conversation(shared.setting)
        self._transport: asyncio.Transport | None = None
        self._peer = LOCAL
        self._sock: socket.socket | None = None  # over TCP
        self._answering: asyncio.Task[bytes] | None = None
        self._progress: asyncio.TimerHandle | None = None
        self._retiring = False
        self._watchdog = Watchdog(asyncio.get_running_loop(), self._expired)

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        peer = transport.get_extra_info("peername")
        listener = self._shared.setting.listener
        if isinstance(peer, tuple):
            self._sock = transport.get_extra_info("socket")
            self._peer = str(peer[0])
            if not within(self._peer, listener.networks):
                self._close(f"{self._peer} is in none of the networks of {listener.name}")
                return
        if len(self._shared.sessions) >= self._shared.setting.limits.connections:
            self._close("too many connections")
            return
        self._shared.sessions.add(self)
        self._wait()

    def data_received(self, data: bytes) -> None:
        if self._sock is not None:
            # An MTA's next small packet waits until this one is acknowledged (Nagle), which Linux else delays by 40 ms
            # for want of an answer: as long as all the rest of a message. It is to be asked for each time (tcp(7)).
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        self._reader.feed(data)
        if self._answering is None:
            self._pump()
        elif self._reader.waiting > MAX_AHEAD:
            self._close(f"milter protocol broken: {self._reader.waiting} octets before our answer")

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002
        """A message that is being judged goes on to its end; the MTA's sender will come again, and is then known."""
        self._watchdog.stop()
        self._shared.sessions.discard(self)
        self._conversation.drop()
        self._transport = None

    # The conversation

    def _pump(self) -> None:
        """Every packet that is here, until a message has to be judged. One fault, one line, and the end."""
        written: list[bytes] = []
        try:
            for packet in self._reader.packets():
                said = self._conversation.obey(packet)
                if isinstance(said, Ended):
                    self._judge(said)
                    break
                written.append(said)
        except ProtocolViolation as violation:
            self._close(f"milter protocol broken: {violation}")
            return
        except CannotServe as reason:
            self._close(f"the MTA cannot be served, and its mail is not inspected: {reason}", level=logging.ERROR)
            return
        except Exception:
            log.exception("%s: %s: conversation failed", self._shared.setting.listener.name, self._peer)
            self._hang_up()
            return
        self._write(b"".join(written))
        if self._conversation.state is State.ENDED or (self._retiring and self.is_idle):
            self._hang_up()
        elif self._answering is None:
            self._wait()

    def _judge(self, ended: Ended) -> None:
        """In a task that no hang-up tears; meanwhile the MTA is told that we are alive."""
        self._watchdog.suspend()
        commit = self._answering = asyncio.create_task(self._commit(ended))
        self._shared.commits.add(commit)
        commit.add_done_callback(self._committed)
        self._tell_progress_later()

    def _tell_progress_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._progress = loop.call_later(self._shared.progress_seconds, self._tell_progress)

    def _tell_progress(self) -> None:
        self._write(simple(ResponseCode.PROGRESS))
        self._tell_progress_later()

    def _committed(self, commit: asyncio.Task[bytes]) -> None:
        """Write the answer to whoever still listens, and go on with what has come since."""
        self._shared.commits.discard(commit)
        if self._progress is not None:
            self._progress.cancel()
        self._answering = None
        if self._transport is None or self._transport.is_closing() or commit.cancelled():
            return
        self._write(commit.result())
        self._pump()

    async def _commit(self, ended: Ended) -> bytes:
        egress = MilterEgress(self._shared.open_onward)
        pending = ended.message
        try:
            message = Message(pending.content.finish())
            if (refused := pending.refusal(message)) is not None:
                log.info("%s: refused: %s", pending.id, refused)
                return refusal(refused)
            transaction = pending.complete(self._shared.setting.listener, ended.client, message)
            reply = await self._shared.process(transaction, egress)
            return answer(pending, message, reply, egress.riding, exact=ended.exact)
        except Exception:
            log.exception("%s: processing failed", pending.id)
            return refusal(TRY_LATER)
        finally:
            await egress.close()
            pending.close()

    @property
    def is_idle(self) -> bool:
        """Whether no message is open or being judged."""
        return self._answering is None and self._conversation.message is None

    def retire(self) -> None:
        """The service ends: finish the message that is open, take no other."""
        self._retiring = True
        if self.is_idle:
            self._hang_up()

    def abort(self) -> None:
        """Cut the connection; the MTA answers its client with its default action."""
        if self._transport is not None:
            self._transport.abort()

    # Endings

    def _wait(self) -> None:
        self._watchdog.until(asyncio.get_running_loop().time() + IDLE_SECONDS)

    def _expired(self) -> None:
        self._close(f"nothing for {IDLE_SECONDS:.0f} s")

    def _write(self, octets: bytes) -> None:
        if octets and self._transport is not None and not self._transport.is_closing():
            self._transport.write(octets)

    def _close(self, why: str, level: int = logging.WARNING) -> None:
        log.log(level, "%s: %s: connection closed: %s", self._shared.setting.listener.name, self._peer, why)
        self._hang_up()

    def _hang_up(self) -> None:
        if self._transport is not None:
            self._transport.close()
