"""A Maildir folder as next hop, for a first try without a mail server. Owns delivery into it; never reads it."""

import asyncio
import os
import secrets
import time
from collections.abc import Sequence
from pathlib import Path

from gateway.egress import Delivery, Shipment
from gateway.relay.content import slices
from gateway.reply import ACCEPTED, STORE_AWAY, Reply
from quarantine.adapters.files import sync_folder
from rules.transaction import Envelope, Recipient


class MaildirEgress:
    """Implements gateway.egress.Egress: every recipient is accepted, each shipment becomes one file in `new`."""

    def __init__(self, folder: Path, hostname: str) -> None:
        self._folder = folder
        self._hostname = hostname

    async def offer(self, envelope: Envelope, recipient: Recipient) -> Reply:  # noqa: ARG002 (the contract's)
        return ACCEPTED

    async def send(self, envelope: Envelope, shipment: Shipment) -> Sequence[Delivery]:
        try:
            await asyncio.to_thread(self._deliver, envelope, shipment)
        except OSError:
            return [Delivery(recipient=recipient, reply=STORE_AWAY) for recipient in shipment.recipients]
        return [Delivery(recipient=recipient, reply=ACCEPTED) for recipient in shipment.recipients]

    async def close(self) -> None:
        pass

    def _deliver(self, envelope: Envelope, shipment: Shipment) -> None:
        """Durable before it is visible: fsync in `tmp`, rename into `new`, fsync of the folder."""
        for name in ("tmp", "new", "cur"):
            (self._folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{time.time():.6f}.P{os.getpid()}R{secrets.token_hex(8)}.{self._hostname.replace('/', '_')}"
        waiting = self._folder / "tmp" / name
        try:
            with waiting.open("xb") as file:
                file.write(_fields(envelope, shipment.recipients))
                for octets in slices(shipment.pieces):
                    file.write(octets)
                file.flush()
                os.fsync(file.fileno())
            waiting.rename(self._folder / "new" / name)
        except OSError:
            waiting.unlink(missing_ok=True)
            raise
        sync_folder(self._folder / "new")


def _fields(envelope: Envelope, recipients: Sequence[Recipient]) -> bytes:
    """What final delivery adds (RFC 5321 section 4.4): the reverse-path, and for whom this copy is."""
    lines = [f"Return-Path: <{envelope.reverse_path or ''}>"]
    lines += [f"Delivered-To: {recipient.address}" for recipient in recipients]
    return "".join(f"{line}\r\n" for line in lines).encode()
