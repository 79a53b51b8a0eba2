"""Nothing that was acknowledged is lost: killed while mail comes in, and everything is found again."""

import contextlib
import itertools
import smtplib
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

EXECUTABLE = (
    "MIME-Version: 1.0\r\n"
    'Content-Type: application/octet-stream; name="tool.exe"\r\n'
    'Content-Disposition: attachment; filename="tool.exe"\r\n'
    "\r\nMZ this is held\r\n"
)


def numbered(number: int) -> bytes:
    """Even ones pass, odd ones are held."""
    head = f"From: a@elsewhere.example\r\nTo: b@city.example\r\nSubject: number {number};\r\n"
    return (head + (EXECUTABLE if number % 2 else "\r\nA word.\r\n")).encode()


class Sender(threading.Thread):
    """Sends numbered messages until the gateway is gone; `acknowledged` are those that were answered 250."""

    def __init__(self, port: int, numbers: "itertools.count[int]") -> None:
        super().__init__()
        self.port, self.numbers = port, numbers
        self.acknowledged: set[int] = set()

    def run(self) -> None:
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
                for number in self.numbers:
                    client.sendmail("a@elsewhere.example", ["b@city.example"], numbered(number))
                    self.acknowledged.add(number)
        except (smtplib.SMTPException, OSError):
            return


@pytest.mark.parametrize("after", [0.3, 0.7, 1.3])
def test_killed_at_work_everything_acknowledged_is_found(
    mailward: Callable[..., Any], delivered: Callable[[], list[bytes]], after: float
) -> None:
    """Promise P1, catalogue A01 in small: Ledger 0 missing, One entry."""
    gateway = mailward()
    gateway.send("a@elsewhere.example", ["b@city.example"], numbered(0))  # workers are warm
    numbers = itertools.count(1)
    senders = [Sender(gateway.edge, numbers) for _ in range(4)]
    for sender in senders:
        sender.start()
    while sum(len(sender.acknowledged) for sender in senders) < 5 and all(sender.is_alive() for sender in senders):
        time.sleep(0.01)  # on a busy machine that takes longer than the time after it
    senders[0].join(after)
    gateway.kill()
    for sender in senders:
        sender.join()
    acknowledged = set().union(*(sender.acknowledged for sender in senders))
    assert len(acknowledged) > 4, "the gateway was killed before it did anything"

    gateway.restart()
    held = [int(item["subject"].split()[1].strip(";")) for item in gateway.held()]
    passed = {int(content.split(b"Subject: number ")[1].split(b";")[0]) for content in delivered()}
    assert acknowledged - set(held) - passed == set()
    assert len(held) == len(set(held)), "an item stands twice"
    gateway.cli("ledger", "verify")
    gateway.cli("audit", "verify")


def test_a_retry_after_a_lost_reply_makes_no_second_item(mailward: Callable[..., Any]) -> None:
    """Reliability D4: the idempotency key re-adopts the hold, also over a restart."""
    gateway = mailward()
    message = ("a@elsewhere.example", ["b@city.example"], numbered(1))
    assert gateway.send(*message)[0] == 250
    gateway.kill()
    gateway.restart()
    assert gateway.send(*message)[0] == 250
    assert len(gateway.held()) == 1


def test_sigterm_finishes_what_is_in_hand_and_ends_with_0(
    mailward: Callable[..., Any], delivered: Callable[[], list[bytes]]
) -> None:
    """Catalogue H07."""
    gateway = mailward()
    with contextlib.closing(smtplib.SMTP("127.0.0.1", gateway.edge, timeout=30)) as client:
        client.ehlo()
        client.mail("a@elsewhere.example")
        client.rcpt("b@city.example")
        client.putcmd("data")
        assert client.getreply()[0] == 354
        gateway.process.terminate()
        client.send(numbered(2) + b".\r\n")
        code, _ = client.getreply()
    assert gateway.process.wait(90) == 0
    assert code in (250, 421)
    assert len(delivered()) == (1 if code == 250 else 0)
