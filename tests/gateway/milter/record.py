"""Records what a real MTA says to a milter, for tests/gateway/milter/transcripts.

python -m tests.gateway.milter.record
"""

import asyncio
import contextlib
import smtplib
import tempfile
from pathlib import Path

from gateway.config import Limits
from gateway.egress import Egress, Shipment
from gateway.milter.listener import start_milter
from gateway.reply import ACCEPTED, Reply
from gateway.smtp.spool import Spool
from rules.transaction import Transaction
from tests.gateway.milter.conftest import LISTENER
from tests.ports import free_port
from tests.postfix import Postfix
from tests.sendmail import Sendmail

FOLDER = Path(__file__).parent / "transcripts"
CONTENT = (
    b"From: A <a@elsewhere.example>\r\nTo: b@city.example\r\nSubject:  two blanks,\r\n\ta fold and \xc3\xbc\r\n"
    b"Date: Mon, 02 Nov 2026 09:00:00 +0000\r\nMessage-ID: <1@elsewhere.example>\r\nX-Tight:x\r\n\r\nWords.\r\n..\r\n"
)


async def process(transaction: Transaction, egress: Egress) -> Reply:
    await egress.send(transaction.envelope, Shipment(recipients=transaction.envelope.recipients, pieces=(b"X: y\r\n",)))
    return ACCEPTED


def speak(port: int) -> None:
    """A message, one that is broken off, an unknown command, and another message to two."""
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        client.sendmail("a@elsewhere.example", ["b@city.example"], CONTENT, ["BODY=8BITMIME"])
        client.mail("broken@elsewhere.example")
        client.rcpt("b@city.example")
        client.rset()
        client.docmd("WHAT")
        client.sendmail("<>", ["b@city.example", "c@city.example"], CONTENT)


async def record(kind: str, folder: Path) -> bytes:
    """What the MTA said in one connection."""
    milter = await start_milter(
        LISTENER,
        limits=Limits(),
        domain="city.example",
        spool=Spool(folder),
        process=process,
        open_onward=lambda: None,  # type: ignore[arg-type, return-value]
    )
    said: list[bytearray] = []
    behind_port = int(milter.place.rpartition(":")[2])

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = bytearray()
        said.append(mine)
        theirs, ours = await asyncio.open_connection("127.0.0.1", behind_port)

        async def back() -> None:
            while octets := await theirs.read(65_536):
                writer.write(octets)
            writer.close()

        returning = asyncio.create_task(back())
        while octets := await reader.read(65_536):
            mine.extend(octets)
            ours.write(octets)
        ours.close()
        await returning

    port = free_port()
    async with await asyncio.start_server(relay, "127.0.0.1", port):
        with contextlib.ExitStack() as stack:
            sink = await asyncio.to_thread(Postfix)
            stack.callback(sink.stop)
            filters = f"INPUT_MAIL_FILTER(`x', `S=inet:{port}@127.0.0.1, F=T')dnl"
            mta = await asyncio.to_thread(
                lambda: (
                    Postfix(sink.port, {"smtpd_milters": f"inet:127.0.0.1:{port}"})
                    if kind == "postfix"
                    else Sendmail(sink.port, filters)
                )
            )
            stack.callback(mta.stop)
            await asyncio.to_thread(speak, mta.port)
            await asyncio.sleep(1)
    milter.close()
    return bytes(max(said, key=len))


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for kind in ("postfix", "sendmail"):
        with tempfile.TemporaryDirectory() as folder:
            (FOLDER / kind).write_bytes(asyncio.run(record(kind, Path(folder))))


if __name__ == "__main__":
    main()
