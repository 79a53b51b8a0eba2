"""Mailward's listener and next-hop client with nothing between them: what relaying alone costs.

Only the benchmark has this switch. The product has no way to pass mail unread.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from gateway.config import Limits, Listener, NextHop, Tls
from gateway.egress import Egress, Shipment
from gateway.fields import edited, edits, trace_field
from gateway.loop import run
from gateway.relay import NextHops
from gateway.reply import Reply
from gateway.smtp.listener import start_listener
from gateway.smtp.reception import Reception
from gateway.smtp.spool import Spool
from rules.transaction import ListenerKind, Transaction

HOSTNAME = "gw.city.example"


async def process(transaction: Transaction, egress: Egress) -> Reply:
    trace = trace_field(transaction, HOSTNAME, datetime.now(UTC))
    shipment = Shipment(
        recipients=transaction.envelope.recipients,
        pieces=edited(transaction.message, trace, edits(transaction.message, HOSTNAME)),
    )
    deliveries = await egress.send(transaction.envelope, shipment)
    return deliveries[0].reply


async def main(port: int, next_hop: int, spool: Path) -> None:
    hop = NextHop(name="sink", host="127.0.0.1", port=next_hop, tls=Tls.OFF)
    hops = NextHops((hop,), HOSTNAME)
    listener = Listener(name="bench", kind=ListenerKind.EDGE, next_hop="sink", port=port)
    reception = Reception(
        listener=listener,
        limits=Limits(),
        hostname=HOSTNAME,
        domains=frozenset({"city.example"}),
        spool=Spool(spool),
        open_egress=lambda: hops.egress("sink"),
        process=process,
    )
    await start_listener(reception)
    await asyncio.Event().wait()


if __name__ == "__main__":
    run(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
