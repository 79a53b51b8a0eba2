"""`/livez`, `/readyz` and `/metrics` over HTTP on loopback, from a thread of the supervisor. Reads only the board.

Nobody is asked who they are, so it never listens elsewhere, and says nothing of any message.
"""

import json
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from typing import Any

from gateway.config import Monitor
from gateway.exposition import CONTENT_TYPE, exposition
from gateway.metrics import BUILD, Sample
from gateway.reports import Board

MAX_OPEN = 16  # requests at once; a monitor needs one
REQUEST_SECONDS = 5.0  # to ask and to take the answer
PLAIN = "text/plain; charset=utf-8"
JSON = "application/json"


def answer(path: str, board: Board) -> tuple[HTTPStatus, str, str]:
    """Status, media type and body of the answer to a GET."""
    match path.partition("?")[0]:
        case "/metrics":
            build = Sample(metric=BUILD.name, labels=(version("mailward"),), value=1)
            return HTTPStatus.OK, CONTENT_TYPE, exposition((build, *board.samples()))
        case "/livez":
            return _state(board.silent, "silent")
        case "/readyz":
            return _state(board.not_ready, "not_ready")
        case _:
            return HTTPStatus.NOT_FOUND, PLAIN, "/livez, /readyz or /metrics\n"


def _state(faults: tuple[str, ...], name: str) -> tuple[HTTPStatus, str, str]:
    status = HTTPStatus.SERVICE_UNAVAILABLE if faults else HTTPStatus.OK
    return status, JSON, json.dumps({"ok": not faults, name: faults}) + "\n"


class MonitorServer(ThreadingHTTPServer):
    """Serves until closed. Raises OSError when the place is taken."""

    daemon_threads = True

    def __init__(self, monitor: Monitor, board: Board) -> None:
        self.board = board
        self._places = threading.BoundedSemaphore(MAX_OPEN)
        super().__init__((str(monitor.address), monitor.port), _Handler)
        threading.Thread(target=self.serve_forever, name="monitor", daemon=True).start()

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: whoever asked is gone, and it is no affair of mail."""

    def end(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    timeout = REQUEST_SECONDS
    server: MonitorServer
    server_version = "mailward"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(self._write)

    def do_HEAD(self) -> None:
        self._answer(lambda _: None)

    def _answer(self, write: Callable[[bytes], object]) -> None:
        status, kind, body = answer(self.path, self.server.board)
        octets = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(octets)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        write(octets)

    def _write(self, octets: bytes) -> None:
        self.wfile.write(octets)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a line for each question of a monitor would bury the others."""
