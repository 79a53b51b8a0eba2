"""One connection from a client: aiosmtpd's, with what lies between the socket and the commands repaired.

Of aiosmtpd 1.4.6 the session as a protocol and its change to TLS are used as they are. Its command loop, commands,
DATA reader, streams, timer and error replies are replaced; Dialogue has the commands. Owns line ends, time and the
order of octets; never knows what a command means.
"""

import asyncio
import logging
from typing import cast

from aiosmtpd.smtp import SMTP, TLSSetupException

from gateway.certificates import names_in
from gateway.networks import told, within
from gateway.reply import Reply
from gateway.smtp import proxy, replies
from gateway.smtp.commands import ClientGone, Farewell, read_command
from gateway.smtp.data import DataReader
from gateway.smtp.dialogue import Dialogue, Shared
from gateway.smtp.intake import CRLF, Intake, LineTooLong
from gateway.smtp.limits import data_deadline
from gateway.smtp.parameters import Refused
from gateway.watchdog import Watchdog

log = logging.getLogger("mailward.smtp")

MAX_OVERLONG = 64 * 1024  # octets of one endless command line that are thrown away before we hang up
MAX_UNSENT = 4_096  # octets of replies that wait for company; more would be copied again with each reply
LINGER = 5.0  # seconds that a client may take to read our last words
TURN = 256 * 1024  # octets of content that one client may bring in a turn of the event loop
EARLY_TURNS = 2  # turns of the event loop before the banner, in which octets that are already there are read


class Session(SMTP):
    """A protocol for create_server; also the Wire of its dialogue. `sessions` holds it as long as it is connected."""

    def __init__(self, shared: Shared, sessions: set["Session"]) -> None:
        # Not aiosmtpd's own constructor: that one inspects every attribute of the class for each connection (a sixth
        # of the cost of a small message) and clears a table that all connections share. What its STARTTLS reads is
        # set here.
        self.loop = asyncio.get_running_loop()
        self.tls_context = shared.offer.context
        self.transport = None
        self._original_transport = None
        self._out: asyncio.Transport | None = None  # the transport, by what both loops' have: uvloop's is no subclass
        self._tls_protocol = None
        self._handler_coroutine = None

        self.address = ""  # of the client; of whoever is connected unless that one may speak for others and does
        self.origin = ""
        self._shared = shared
        self._sessions = sessions
        self._admitted = False
        self._dialogue = Dialogue(shared, self)
        self._watchdog = Watchdog(self.loop, self._expired)
        self._intake = Intake(self.loop)
        self._clogged: asyncio.Future[None] | None = None  # the client does not read our replies; done when it does
        self._at_prompt = False  # we wait for a command
        self._retiring = False
        self._unsent = b""  # replies to pipelined commands leave together (RFC 2920 section 3.2)
        self._data: DataReader | None = None
        self._turn_octets = 0  # of content in this turn of the event loop
        self._resting = False
        self._data_start = 0.0
        self._data_end: asyncio.Future[None] | None = None

    # What asyncio and aiosmtpd call

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called for the connection, and again for TLS over it: what came in plain text is then thrown away."""
        self.transport = transport
        self._out = cast(asyncio.Transport, transport)
        self._intake.start(self._out)
        if self._original_transport is None:
            self._sessions.add(self)
            self._handler_coroutine = self.loop.create_task(self._handle_client())

    def data_received(self, data: bytes) -> None:
        if self._data is None:
            self._intake.feed(data)
            return
        after = self._data.feed(data)
        if after is None:
            self._watch_data(self._data)
            self._give_way(len(data))
            return
        self._data = None
        self._intake.feed(after)
        if self._data_end is not None and not self._data_end.done():
            self._data_end.set_result(None)

    def _give_way(self, octets: int) -> None:
        """Let the others have their turn: libuv would take up to 8 MB from one fast client before it looks at them."""
        self._turn_octets += octets
        if self._turn_octets < TURN or self._resting:
            return
        transport = cast(asyncio.ReadTransport, self._original_transport or self.transport)
        if not transport.is_closing():
            self._resting = True
            transport.pause_reading()
            self.loop.call_soon(self._go_on, transport)

    def _go_on(self, transport: asyncio.ReadTransport) -> None:
        self._turn_octets = 0
        self._resting = False
        # When the content has ended meanwhile, an intake full of commands has paused for itself, and resumes itself.
        if not transport.is_closing() and not self._intake.full:
            transport.resume_reading()

    def eof_received(self) -> bool:
        """The client sends no more; it may still read the reply to a commit that is under way."""
        self._content_cut()
        self._intake.end()
        return not self.tls

    def connection_lost(self, error: Exception | None) -> None:
        """Not aiosmtpd's own, which cancels the session's task: that ends by itself, and never within a commit."""
        self._watchdog.stop()
        self._content_cut()
        if self._original_transport is not None:
            self._original_transport.close()
        self.transport = self._out = None
        self._intake.end(error)
        self.resume_writing()
        self._sessions.discard(self)
        if self._admitted:
            self._admitted = False
            self._shared.connections.leave(self.address)

    def _content_cut(self) -> None:
        if self._data_end is not None and not self._data_end.done():
            self._data_end.set_exception(ClientGone("gone before the end of the content"))

    def pause_writing(self) -> None:
        self._clogged = self.loop.create_future()

    def resume_writing(self) -> None:
        clogged, self._clogged = self._clogged, None
        if clogged is not None and not clogged.done():
            clogged.set_result(None)

    async def push(self, status: str | bytes) -> None:
        """What aiosmtpd's STARTTLS says, which is one thing alone; it knows no enhanced status (RFC 2034)."""
        assert status.startswith("220") if isinstance(status, str) else status.startswith(b"220")
        self.say(str(replies.READY_FOR_TLS))
        await self.flush()

    # The wire of the dialogue

    @property
    def tls(self) -> bool:
        return self._tls_protocol is not None

    @property
    def certificate(self) -> tuple[str, ...]:
        return names_in(self.transport.get_extra_info("peercert")) if self.tls and self.transport else ()

    @property
    def offers_tls(self) -> bool:
        return self.tls_context is not None and not self.tls

    @property
    def closed(self) -> bool:
        return self.transport is None

    @property
    def has_unread(self) -> bool:
        return len(self._intake) > 0

    def say(self, *lines: str) -> None:
        self._unsent += "\r\n".join(lines).encode("ascii", "replace") + CRLF

    async def flush(self) -> None:
        self._write()
        if self._clogged is not None:
            await self._clogged

    def _write(self) -> None:
        octets, self._unsent = self._unsent, b""
        if not octets:
            return
        if self._out is None or self._out.is_closing():  # uvloop would raise RuntimeError for the write
            raise ClientGone("gone before a reply")
        self._out.write(octets)

    async def receive(self, reader: DataReader) -> None:
        self._data_start = self.loop.time()
        self._data_end = self.loop.create_future()
        self._data = reader
        self._watch_data(reader)
        try:
            await self.flush()
            await self._data_end
        finally:
            self._data = self._data_end = None
            self._watchdog.suspend()

    async def start_tls(self) -> None:
        await super().smtp_STARTTLS("")

    # The session

    async def _handle_client(self) -> None:
        try:
            await self._greet()
            await self._converse()
        except Farewell as farewell:
            if not farewell.reply.accepted:
                self._dialogue.ended(farewell.reply)
            self.hang_up(farewell.reply)
        except TLSSetupException as error:
            self._dialogue.ended(f"TLS handshake failed: {error.__cause__!r}")
            self.connection_lost(None)  # a handshake that fails is not reported otherwise; aiosmtpd does the same
        except ClientGone as error:
            self._dialogue.ended(f"client {error}")
        except (OSError, EOFError) as error:
            log.debug("%s: connection ended: %r", self.address, error)
        except Exception:
            log.exception("%s: session failed", self.address)
        finally:
            await self._dialogue.drop()
            self._intake.clear()  # the session itself stays until Python looks for what only holds each other
            if self.transport is not None:
                self.transport.close()

    async def _greet(self) -> None:
        """Say the banner. Raises Farewell for who may not come, who finds no place, who talks first."""
        if self.transport is None:
            raise ConnectionResetError("gone before the banner")
        self.address = told(self.transport.get_extra_info("peername")[0])
        if self._shared.reception.listener.proxy:
            self.address = await self._proxied()
        self.origin = self.address
        self.present(self.address)
        for _ in range(EARLY_TURNS):
            await asyncio.sleep(0)
        if self.has_unread:
            raise Farewell(replies.TOO_EARLY)
        self.say(self._shared.reception.banner)

    async def _proxied(self) -> str:
        """The client that a load balancer of ours speaks for. Whoever else connects here is turned away unheard."""
        if not within(self.address, self._shared.reception.listener.proxy):
            raise Farewell(replies.NO_SERVICE)
        try:
            async with asyncio.timeout(proxy.SECONDS):
                return await proxy.read_header(self._intake) or self.address
        except (proxy.BadHeader, TimeoutError) as error:
            self._dialogue.ended(f"no PROXY header: {str(error) or f'nothing within {proxy.SECONDS:.0f} s'}")
            raise ConnectionResetError("no PROXY header") from None

    def present(self, address: str) -> None:
        """Raises Farewell for who may not come and for who finds no place."""
        if not within(address, self._shared.reception.listener.networks):
            raise Farewell(replies.NO_SERVICE)
        if self._admitted:
            self._shared.connections.leave(self.address)
        self.address = address
        self._admitted = self._shared.connections.enter(address)
        if not self._admitted:
            raise Farewell(replies.TOO_MANY_CONNECTIONS)

    async def _converse(self) -> None:
        """One command after the other. Raises Farewell, and what the connection raises when it ends."""
        while self.transport is not None:
            try:
                await self._dialogue.obey(read_command(await self._line()))
            except Refused as refusal:
                self._dialogue.refuse(refusal)
            except (Farewell, ClientGone, EOFError, TLSSetupException):
                raise
            except Exception:
                if self.transport is None or self.transport.is_closing():
                    raise  # the connection's end, not a defect
                await self._dialogue.fail()

    async def _line(self) -> bytes:
        """The next command line without its CRLF. Raises Refused for one too long, Farewell for an endless one."""
        if self._retiring and self._dialogue.pending is None:
            raise Farewell(replies.SHUTTING_DOWN)
        self._at_prompt = True
        self._watchdog.until(self.loop.time() + self._shared.connections.idle_seconds)
        try:
            if not self._intake.has_line or len(self._unsent) > MAX_UNSENT:
                self._write()
                if self._clogged is not None:
                    await self._clogged
            return await self._intake.next_line()
        except LineTooLong:
            await self._skip_line()
            raise Refused(replies.LINE_TOO_LONG) from None
        finally:
            self._at_prompt = False
            self._watchdog.suspend()

    async def _skip_line(self) -> None:
        skipped = 0
        while skipped <= MAX_OVERLONG:
            octets, ended = self._intake.skip()
            if ended:
                return
            skipped += octets
            await self._intake.more()
        raise Farewell(replies.TOO_MANY_ERRORS)

    def _watch_data(self, reader: DataReader) -> None:
        idle = self._shared.reception.limits.data_idle_seconds
        self._watchdog.until(
            data_deadline(start=self._data_start, now=self.loop.time(), octets=reader.received, idle=idle)
        )

    # Endings

    def _expired(self) -> None:
        self._dialogue.ended(replies.TOO_SLOW)
        self.hang_up(replies.TOO_SLOW)

    def hang_up(self, reply: Reply) -> None:
        """Say a last reply and close, without waiting; a commit under way goes on."""
        transport = self._out
        if transport is None or transport.is_closing():
            return
        self.say(str(reply))
        self._write()
        transport.close()
        if transport.get_write_buffer_size():
            self.loop.call_later(LINGER, transport.abort)

    def retire(self) -> None:
        """The service ends: take no further transaction, finish the one that is open."""
        self._retiring = True
        if self._at_prompt and self._dialogue.pending is None:
            self.hang_up(replies.SHUTTING_DOWN)
