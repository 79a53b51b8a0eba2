"""A listener in a process that may open only a few files. Says its port, and its CPU seconds for each line it reads.

python -m tests.gateway.smtp.starved asyncio|uvloop DESCRIPTORS FOLDER
"""

import asyncio
import resource
import sys
import time
from pathlib import Path

from gateway.config import Limits, Listener
from gateway.egress import Egress
from gateway.loop import loop_factory
from gateway.reply import ACCEPTED, Reply
from gateway.smtp.listener import start_listener
from gateway.smtp.reception import Reception
from gateway.smtp.spool import Spool
from rules.transaction import Envelope, ListenerKind, Recipient, Transaction


class Nowhere:
    """A way out that takes everything."""

    async def offer(self, envelope: Envelope, recipient: Recipient) -> Reply:
        return ACCEPTED

    async def close(self) -> None:
        pass


async def process(transaction: Transaction, egress: Egress) -> Reply:
    return ACCEPTED


async def main(folder: Path) -> None:
    listener = await start_listener(
        Reception(
            listener=Listener(name="test", kind=ListenerKind.EDGE, next_hop="none", port=0),
            limits=Limits(connections=1_000, connections_per_client=1_000),
            hostname="mx.city.example",
            domains=frozenset({"city.example"}),
            spool=Spool(folder),
            open_egress=Nowhere,  # type: ignore[arg-type]
            process=process,
        )
    )
    print(listener.port, flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(time.process_time(), flush=True)


if __name__ == "__main__":
    descriptors = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    factory = loop_factory() if sys.argv[1] == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main(Path(sys.argv[3])))
