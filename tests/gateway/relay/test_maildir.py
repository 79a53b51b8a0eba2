"""The built-in next hop: one durable file for each shipment, the content byte for byte below its two fields."""

from pathlib import Path

from gateway.egress import Shipment
from gateway.relay.maildir import MaildirEgress
from gateway.reply import ACCEPTED, STORE_AWAY
from rules.transaction import Envelope, Recipient

CONTENT = b"Subject: minutes\r\n\r\n.caf\xe9\r\n"
People = tuple[Recipient, Recipient, Recipient]


async def test_a_shipment_becomes_one_file(tmp_path: Path, envelope: Envelope, people: People) -> None:
    egress = MaildirEgress(tmp_path / "mail", "gw.city.example")
    assert await egress.offer(envelope, people[0]) == ACCEPTED
    deliveries = await egress.send(
        envelope, Shipment(recipients=people[:2], pieces=(b"X-Added: 1\r\n", memoryview(CONTENT)))
    )
    await egress.close()
    assert [(one.recipient, one.reply) for one in deliveries] == [(people[0], ACCEPTED), (people[1], ACCEPTED)]
    [file] = (tmp_path / "mail" / "new").iterdir()
    assert file.read_bytes() == (
        b"Return-Path: <clerk@elsewhere.example>\r\nDelivered-To: ada@city.example\r\n"
        b"Delivered-To: bo@city.example\r\nX-Added: 1\r\n" + CONTENT
    )
    assert not list((tmp_path / "mail" / "tmp").iterdir())


async def test_null_reverse_path(tmp_path: Path, people: People) -> None:
    egress = MaildirEgress(tmp_path, "gw.city.example")
    await egress.send(Envelope(reverse_path=None, recipients=()), Shipment(recipients=people[:1], pieces=(CONTENT,)))
    [file] = (tmp_path / "new").iterdir()
    assert file.read_bytes().startswith(b"Return-Path: <>\r\n")


async def test_a_folder_that_cannot_be_written(tmp_path: Path, envelope: Envelope, people: People) -> None:
    (tmp_path / "mail").write_text("a file where the folder should be")
    egress = MaildirEgress(tmp_path / "mail", "gw.city.example")
    deliveries = await egress.send(envelope, Shipment(recipients=people[:1], pieces=(CONTENT,)))
    assert [one.reply for one in deliveries] == [STORE_AWAY]
