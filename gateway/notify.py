"""What systemd is told of the service: sd_notify(3) without a library. Says nothing where nobody listens."""

import contextlib
import os
import socket
import time
from collections.abc import Mapping
from typing import Self

MAX_STATUS = 200  # characters of the line that systemctl shows


class Notifier:
    """`address`: NOTIFY_SOCKET; `watchdog_seconds`: how often systemd wants to hear of us, 0 for never."""

    def __init__(self, address: str = "", watchdog_seconds: float = 0.0) -> None:
        self._address = address
        self._every = watchdog_seconds / 2  # sd_watchdog_enabled(3) advises half of it
        self._fed = float("-inf")

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """As systemd asks for it; the watchdog only when it means this process (WATCHDOG_PID)."""
        meant = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = environment.get("WATCHDOG_USEC", "0") if meant else "0"
        seconds = int(microseconds) / 1e6 if microseconds.isascii() and microseconds.isdigit() else 0.0
        return cls(environment.get("NOTIFY_SOCKET", ""), seconds)

    def ready(self, status: str) -> None:
        """Started, or done with a reload."""
        self._send("READY=1", _status(status))

    def reloading(self) -> None:
        """To be followed by `ready`. Newer systemd believes it only with the moment (Type=notify-reload)."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self, status: str) -> None:
        self._send("STOPPING=1", _status(status))

    def alive(self) -> None:
        """To be called often; sends only when it is time."""
        now = time.monotonic()
        if self._every and now - self._fed >= self._every:
            self._fed = now
            self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> None:
        if not self._address.startswith(("/", "@")):  # vsock: of virtual machines is not for us
            return
        # An abstract socket's name begins with a NUL, which an environment cannot hold (unix(7)).
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)  # mail is worth more than systemd's attention
            sender.sendto("\n".join(lines).encode(), address)


def _status(text: str) -> str:
    """On one line: another would be a command of its own."""
    return "STATUS=" + "".join(character if character.isprintable() else "?" for character in text)[:MAX_STATUS]
