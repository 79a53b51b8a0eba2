"""One SMTP client session: groups of commands, contents, and what may follow them (RFC 5321, 2033, 2920).

Owns what state the next hop is in, so that no connection in doubt is used again; never decides what a refusal means.
"""

import asyncio
from collections.abc import Sequence

from gateway.config import NextHop, Protocol
from gateway.relay.channel import Channel, NextHopError
from gateway.relay.commands import Extensions
from gateway.relay.content import Pieces, stuffed
from gateway.relay.replies import WireReply

START_CONTENT = 354  # RFC 5321 section 4.1.1.4
CLOSING = 421  # RFC 5321 section 3.8
SLOWEST = 384 * 1024  # octets a second that a next hop must take, and look through before its reply
STALL = 3  # times command_seconds that it may take nothing of a content, which is RFC 5321's 3 minutes (4.5.3.2.5)
JOINED = 64 * 1024  # octets; a content this small leaves in one write, which saves system calls


class Connection:
    """`transaction_open`: a MAIL was accepted and neither a content nor RSET has ended it.
    `in_doubt`: our final dot went out and its reply has not come."""

    def __init__(self, channel: Channel, hop: NextHop) -> None:
        self.extensions = Extensions()
        self.opened = asyncio.get_running_loop().time()
        self.released = self.opened
        self.messages = 0
        self.kept = False  # it has waited for somebody, and its next hop may have hung up meanwhile
        self.transaction_open = False
        self.in_doubt = False
        self.failure = ""  # why it is in doubt
        self._channel = channel
        self._hop = hop
        self._content_due = False  # the next hop takes what we write for content, not for commands
        self._closing = False  # the next hop has said that it will hang up

    @property
    def usable(self) -> bool:
        """The next hop waits for a command."""
        return self._channel.idle and not (self._content_due or self._closing)

    def limit(self, deadline: float) -> None:
        """No later wait lasts beyond this moment of the loop's clock."""
        self._channel.deadline = deadline

    async def exchange(self, commands: Sequence[bytes]) -> list[WireReply]:
        """Send a group of commands, in one write where the next hop pipelines; a reply for each. NextHopError."""
        if self.extensions.pipelining:
            self._channel.write(b"".join(commands))
            self._channel.expect(len(commands))
            return await self._replies(len(commands), self._hop.command_seconds)
        replies = []
        for line in commands:
            self._channel.write(line)
            self._channel.expect(1)
            replies += await self._replies(1, self._hop.command_seconds)
        return replies

    async def send_content(self, pieces: Pieces, octets: int, recipients: int) -> list[WireReply]:
        """After a 354: so many octets of clean content, and what is said to the final dot. NextHopError before it.

        One reply for all recipients that were accepted; with LMTP one for each (RFC 2033 section 4.2). Where the
        connection fails behind the dot, those that had come by then, the connection being in doubt.
        """
        if octets <= JOINED:
            self._channel.write(b"".join(stuffed(pieces)))
        else:
            for some in stuffed(pieces):
                await self._channel.writable(STALL * self._hop.command_seconds)
                self._channel.write(some)
        owed = recipients if self._hop.protocol is Protocol.LMTP else 1
        self._channel.expect(owed)
        self.in_doubt = True
        replies: list[WireReply] = []
        try:
            while len(replies) < owed:
                replies += await self._replies(1, self._hop.data_seconds + octets / SLOWEST)
        except NextHopError as error:
            self.failure = str(error)
            return replies
        self.in_doubt = self._content_due = self.transaction_open = False
        return replies

    def close(self) -> None:
        """With QUIT where the state allows it."""
        if self.usable:
            self._channel.close()
        else:
            self.drop("closed")

    def drop(self, reason: str) -> None:
        """Hang up without a word; the next hop forgets a transaction that did not end (RFC 5321 section 4.1.1.5)."""
        self._channel.fail(reason)

    async def _replies(self, number: int, seconds: float) -> list[WireReply]:
        replies = await self._channel.replies(number, seconds)
        for reply in replies:
            if reply.code == CLOSING:
                self._closing = True
            if reply.code == START_CONTENT:  # whatever it answers: from here on commands would be content
                self._content_due = True
        return replies
