"""A second milter behind ours that refuses: neither MTA tells the first, whose record says `accepted`.

deploy/postfix/README.md tells the administrator. Should an MTA begin to tell us, this fails and both can be mended.
"""

import asyncio
import contextlib
import smtplib
import struct
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.config import Limits
from gateway.egress import Egress, Shipment
from gateway.milter.listener import start_milter
from gateway.reply import ACCEPTED, Reply
from gateway.smtp.spool import Spool
from rules.transaction import Transaction
from tests.gateway.milter import mta
from tests.gateway.milter.conftest import LISTENER
from tests.ports import free_port
from tests.postfix import Postfix, PostfixMissing
from tests.sendmail import Sendmail, SendmailMissing

pytestmark = [pytest.mark.real, pytest.mark.asyncio]

UNWANTED = "unwanted@city.example"
SENDER, WANTED = "a@elsewhere.example", "b@city.example"


@dataclass
class Site:
    """`told`: what the MTA said to our milter, in order; `judged`: what our pipeline was asked."""

    port: int = 0
    told: list[bytes] = field(default_factory=list)
    judged: list[Transaction] = field(default_factory=list)
    refusing: bool = False  # the milter behind us, each message at its end

    async def process(self, transaction: Transaction, egress: Egress) -> Reply:
        self.judged.append(transaction)
        await egress.send(
            transaction.envelope, Shipment(recipients=transaction.envelope.recipients, pieces=(b"X: y\r\n",))
        )
        return ACCEPTED

    async def behind(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Refuses UNWANTED, and whole messages while it is `refusing`."""
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                (length,) = struct.unpack("!I", await reader.readexactly(4))
                packet = await reader.readexactly(length)
                writer.write(self._said(packet[:1], packet[1:]))
        writer.close()

    def _said(self, code: bytes, data: bytes) -> bytes:
        if code == b"O":
            return mta.packet("O", struct.pack("!III", 6, 0x1F, 0))
        if code in b"DAQK":
            return b""
        if code == b"R" and UNWANTED.encode() in data:
            return mta.packet("y", b"550 5.1.1 no\0")
        return mta.packet("t" if code == b"E" and self.refusing else "c")

    async def before(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: str) -> None:
        """Between the MTA and our milter: listens."""
        theirs, ours = await asyncio.open_connection("127.0.0.1", int(place.rpartition(":")[2]))

        async def back() -> None:
            while octets := await theirs.read(65_536):
                writer.write(octets)
            writer.close()

        returning = asyncio.create_task(back())
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                head = await reader.readexactly(4)
                packet = await reader.readexactly(struct.unpack("!I", head)[0])
                self.told.append(packet)
                ours.write(head + packet)
        ours.close()
        await returning

    async def send(self, *recipients: str) -> dict[str, int]:
        """The codes of the refusals, by recipient; `""` that of the content."""
        return await asyncio.to_thread(self._send, recipients)

    def _send(self, recipients: tuple[str, ...]) -> dict[str, int]:
        with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as client:
            try:
                refused = client.sendmail(SENDER, recipients, b"Subject: papers\r\n\r\nWords.\r\n")
            except smtplib.SMTPDataError as error:
                return {"": error.smtp_code}
        return {recipient: code for recipient, (code, _) in refused.items()}

    async def heard(self) -> Counter[str]:
        """How often each command of the last message came, once its connection has ended."""
        while "Q" not in (said := "".join(chr(packet[0]) for packet in self.told)).rpartition("E")[2]:
            await asyncio.sleep(0.02)
        self.told.clear()
        return Counter(said[said.rindex("C") :].replace("D", ""))


@pytest_asyncio.fixture(params=["postfix", "sendmail"])
async def site(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Site]:
    site = Site()
    milter = await start_milter(
        LISTENER,
        limits=Limits(),
        domain="city.example",
        spool=Spool(tmp_path),
        process=site.process,
        open_onward=lambda: pytest.fail("no way onward is needed"),
    )
    first, second = free_port(), free_port()
    with contextlib.ExitStack() as stack:
        for port, meet in ((first, lambda r, w: site.before(r, w, milter.place)), (second, site.behind)):
            stack.callback((await asyncio.start_server(meet, "127.0.0.1", port)).close)
        try:
            sink = await asyncio.to_thread(Postfix)
            stack.callback(sink.stop)
            start = _postfix if request.param == "postfix" else _sendmail
            running = await asyncio.to_thread(start, sink.port, (first, second))
        except (PostfixMissing, SendmailMissing) as reason:
            pytest.skip(str(reason))
        stack.callback(running.stop)
        site.port = running.port
        yield site
    milter.close()


def _postfix(sink: int, milters: tuple[int, int]) -> Postfix:
    return Postfix(sink, {"smtpd_milters": ", ".join(f"inet:127.0.0.1:{port}" for port in milters)})


def _sendmail(sink: int, milters: tuple[int, int]) -> Sendmail:
    return Sendmail(
        sink, "\n".join(f"INPUT_MAIL_FILTER(`at{port}', `S=inet:{port}@127.0.0.1, F=T')dnl" for port in milters)
    )


async def test_what_a_milter_behind_us_refuses_is_not_told_us(site: Site) -> None:
    assert await site.send(WANTED) == {}
    fine = await site.heard()
    site.refusing = True
    assert set(await site.send(WANTED)) == {""}
    assert await site.heard() == fine
    site.refusing = False
    assert await site.send(WANTED, UNWANTED) == {UNWANTED: 550}
    assert await site.heard() == fine + Counter("R")
    assert [str(one.address) for one in site.judged[-1].envelope.recipients] == [WANTED, UNWANTED]
