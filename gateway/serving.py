"""The life of a gateway process: listeners up, reload on SIGHUP, drain on SIGTERM."""

import asyncio
import logging
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateway.assembly import Gateway
from gateway.loop import on_signals
from gateway.processes import DRAIN_SECONDS
from gateway.reports import report_always

_log = logging.getLogger("mailward.service")


async def serve_gateway(path: Path, role: str, control: socket.socket) -> None:
    """Until SIGTERM; reports over `control`. Raises CannotStart."""
    ending, reloading = asyncio.Event(), asyncio.Event()
    on_signals({signal.SIGTERM: ending.set, signal.SIGHUP: reloading.set})
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="store") as store:
        gateway = await Gateway.start(path, store)
        _log.info("listening on %s", ", ".join(gateway.places))
        reporting = asyncio.create_task(report_always(control, lambda: gateway.report(role)))
        while not ending.is_set():
            await _first(ending, reloading)
            if reloading.is_set():
                reloading.clear()
                await gateway.reload()
        await gateway.end(DRAIN_SECONDS)
        reporting.cancel()


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
