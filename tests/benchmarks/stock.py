"""A relay as one would write it first: aiosmtpd as it is, aiosmtplib with kept connections. For comparison only."""

import asyncio
import sys
from typing import Any

import aiosmtplib
from aiosmtpd.smtp import SMTP

CONNECTIONS = 16  # as many as Mailward's pool has


class Relay:
    """The handler that aiosmtpd asks for."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free = asyncio.Semaphore(CONNECTIONS)
        self._kept: list[aiosmtplib.SMTP] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        async with self._free:
            client = self._kept.pop() if self._kept else await self._dial()
            await client.sendmail(envelope.mail_from, envelope.rcpt_tos, envelope.content)
            self._kept.append(client)
        return "250 2.0.0 OK"

    async def _dial(self) -> aiosmtplib.SMTP:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=self._port, use_tls=False, start_tls=False)
        await client.connect()
        return client


async def main(port: int, next_hop: int) -> None:
    loop = asyncio.get_running_loop()
    relay = Relay(next_hop)
    limit = 64 * 1024 * 1024
    server = await loop.create_server(lambda: SMTP(relay, data_size_limit=limit, loop=loop), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
