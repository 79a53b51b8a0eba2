"""The next hop of the crash tests: a small SMTP server in a thread, which remembers what it has accepted."""

import socketserver
import threading
from collections import Counter
from typing import Any

REFUSED = "nobody"


class Sink:
    """`accepted` counts copies by subject and local part; counted before the reply to the final dot goes out.

    `unjudged` are those that came without a verdict.
    """

    def __init__(self) -> None:
        self.accepted: Counter[tuple[str, str]] = Counter()
        self.unjudged: list[str] = []
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(sink: Sink) -> Any:
    class Session(_Session):
        accepted = sink.accepted
        unjudged = sink.unjudged

    return Session


class _Session(socketserver.StreamRequestHandler):
    accepted: Counter[tuple[str, str]]
    unjudged: list[str]
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self._recipients: list[str] = []
        try:
            self.wfile.write(b"220 sink ESMTP\r\n")
            while line := self.rfile.readline():
                self.wfile.write(self._answer(line[:4].upper(), line))
        except ConnectionError:
            return

    def _answer(self, verb: bytes, line: bytes) -> bytes:
        match verb:
            case b"EHLO":
                return b"250-sink\r\n250 PIPELINING\r\n"
            case b"DATA":
                self.wfile.write(b"354 go\r\n")
                return self._content()
            case b"RCPT":
                local = line.split(b"<")[1].split(b"@")[0].decode()
                if local == REFUSED:
                    return b"550 5.1.1 no\r\n"
                self._recipients.append(local)
            case b"MAIL" | b"RSET":
                self._recipients = []
        return b"250 2.0.0 ok\r\n"

    def _content(self) -> bytes:
        subject, judged = "", False
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise ConnectionError
            if line.startswith(b"Subject: "):
                subject = line[9:].decode().strip()
            judged = judged or line.startswith(b"Mailward-Verdict: ")
        if not judged:
            self.unjudged.append(subject)
        self.accepted.update((subject, local) for local in self._recipients)
        return b"250 2.0.0 taken\r\n"
