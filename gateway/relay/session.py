"""From nothing to a session that takes MAIL: dial, greeting, EHLO, STARTTLS (RFC 5321 section 3.1, 2033, 3207).

Owns the beginning of a connection; never keeps one.
"""

import asyncio
import ssl

from gateway.config import NextHop, Protocol, Tls
from gateway.relay.channel import Channel, NextHopError
from gateway.relay.commands import Extensions, command, read_extensions
from gateway.relay.connection import Connection


class TlsFailed(NextHopError):
    """The handshake failed. Where TLS is not demanded another connection may go on without it."""


def tls_context(hop: NextHop) -> ssl.SSLContext | None:
    """None when TLS is off. Raises OSError or ssl.SSLError when the authorities' file cannot be read."""
    if hop.tls is Tls.OFF:
        return None
    context = ssl.create_default_context(cafile=hop.tls_ca)
    if hop.tls is Tls.OPPORTUNISTIC:  # any certificate is better than plain text (RFC 7435)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def connect(hop: NextHop, hostname: str, context: ssl.SSLContext | None) -> Connection:
    """Dial and greet. When opportunistic TLS fails, once more in plain text. Raises NextHopError."""
    try:
        return await _connect(hop, hostname, context)
    except TlsFailed:
        if hop.tls is Tls.REQUIRED:
            raise
        return await _connect(hop, hostname, None)


async def _connect(hop: NextHop, hostname: str, context: ssl.SSLContext | None) -> Connection:
    loop = asyncio.get_running_loop()
    assert hop.host is not None  # the configuration: either host or maildir
    try:
        async with asyncio.timeout(hop.connect_seconds):
            _, channel = await loop.create_connection(Channel, hop.host, hop.port)
    except (OSError, TimeoutError) as error:
        raise NextHopError(f"connect: {str(error) or 'no answer'}") from error
    try:
        # One limit for all of it: a server that trickles its greeting has no more time than one that is silent.
        channel.deadline = loop.time() + hop.banner_seconds
        connection = await _greet(channel, hop, hostname, context)
    except BaseException:
        channel.fail("no session")
        raise
    connection.limit(float("inf"))
    return connection


async def _greet(channel: Channel, hop: NextHop, hostname: str, context: ssl.SSLContext | None) -> Connection:
    greeting = await channel.reply(hop.banner_seconds)
    if not greeting.positive:
        raise NextHopError(f"greeting: {greeting.reply()}")
    connection = Connection(channel, hop)
    await _hello(connection, hop, hostname)
    if context is not None and await _starttls(connection, hop):
        if not channel.idle:  # injected before the handshake (RFC 3207 section 6, GHSA-vxj7-4xrp-5vr4)
            raise NextHopError("octets between STARTTLS and the handshake")
        try:
            await channel.start_tls(context, hop.tls_name or hop.host or "", hop.banner_seconds)
        except NextHopError as error:
            raise TlsFailed(str(error)) from error
        await _hello(connection, hop, hostname)  # RFC 3207 section 4.2: what was said before does not count
    return connection


async def _hello(connection: Connection, hop: NextHop, hostname: str) -> None:
    connection.extensions = Extensions()
    verb = "LHLO" if hop.protocol is Protocol.LMTP else "EHLO"
    reply = (await connection.exchange([command(f"{verb} {hostname}")]))[0]
    if reply.positive:
        connection.extensions = read_extensions(reply)
        return
    if reply.code >= 500 and hop.protocol is Protocol.SMTP:  # RFC 5321 section 3.2: an old server
        reply = (await connection.exchange([command(f"HELO {hostname}")]))[0]
    if not reply.positive:
        raise NextHopError(f"{verb}: {reply.reply()}")


async def _starttls(connection: Connection, hop: NextHop) -> bool:
    """Whether the next hop now waits for the handshake."""
    required = hop.tls is Tls.REQUIRED
    if not connection.extensions.starttls:
        if required:
            raise NextHopError("TLS is required, STARTTLS is not offered")
        return False
    reply = (await connection.exchange([b"STARTTLS\r\n"]))[0]
    if required and not reply.positive:
        raise NextHopError(f"STARTTLS: {reply.reply()}")
    return reply.positive
