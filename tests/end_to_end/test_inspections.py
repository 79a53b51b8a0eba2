"""Real mail, sent with swaks through Mailward to a real Postfix: six inspections, and all the rest byte for byte."""

import io
import shutil
import subprocess
import time
import zipfile
from base64 import encodebytes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.postfix import Postfix

pytestmark = pytest.mark.real

CITY, OUTSIDE = "clerk@city.example", "someone@elsewhere.example"
DISCLAIMER = (
    "The opinions expressed in this communication are those of the author and not the opinions of the\r\n"
    "City Government or management, nor are the opinions endorsed and/or encouraged in any way by the\r\n"
    "City of Stamford.\r\n"
)
OPINION = (
    "Dear editor,\r\n\r\nIn my opinion the council made a serious mistake with the new parking ordinance. I believe\r\n"
    "the mayor should have listened to the voters, and I think we all deserve a better transit policy.\r\n\r\n"
)


def mail(sender: str, to: str, subject: str, body: str) -> bytes:
    head = f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nMessage-ID: <1@client.example>\r\n"
    return f"{head}Date: Mon, 02 Nov 2026 09:00:00 -0500\r\nMIME-Version: 1.0\r\n{body}".encode()


def plain(sender: str, to: str, subject: str, text: str) -> bytes:
    return mail(sender, to, subject, f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}")


def attached(sender: str, to: str, name: str, octets: bytes) -> bytes:
    encoded = encodebytes(octets).decode().replace("\n", "\r\n")
    return mail(
        sender,
        to,
        "papers",
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee attached.\r\n'
        f'--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{encoded}--b--\r\n",
    )


def zipped(name: str, octets: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, octets)
    return buffer.getvalue()


class Swaks:
    """Sends through one Mailward to one Postfix, and tells what arrived."""

    def __init__(self, gateway: Any, postfix: Postfix, folder: Path) -> None:
        self.gateway, self.postfix, self.folder = gateway, postfix, folder
        self.sent = 0

    def __call__(self, sender: str, recipients: list[str], octets: bytes) -> None:
        port = self.gateway.internal if sender == CITY else self.gateway.edge
        content = self.folder / "content.eml"
        # Without swaks' own fix-up nothing is rewritten; the dots are ours to double then (RFC 5321 section 4.5.2).
        content.write_bytes(octets.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        command = ["swaks", "--server", f"127.0.0.1:{port}", "--from", sender, "--to", ",".join(recipients)]
        done = subprocess.run(
            [*command, "--data", f"@{content}", "--no-data-fixup", "--helo", "client.example"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        self.sent += 1

    def outcome(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Each recipient of the last transaction: outcome and rules."""
        deadline = time.monotonic() + 10
        while len(lines := self.gateway.transactions()) < self.sent and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(lines) == self.sent
        last = lines[-1]
        return {one["address"]: (one["outcome"], tuple(one["rules"])) for one in last["recipients"]}


@pytest.fixture
def swaks(mailward: Callable[..., Any], postfix: Postfix, tmp_path: Path) -> Swaks:
    if shutil.which("swaks") is None:
        pytest.skip("Debian's package swaks is not installed")
    return Swaks(mailward(f"host: 127.0.0.1, port: {postfix.port}"), postfix, tmp_path)


def test_the_rest_arrives_byte_for_byte_behind_our_fields(swaks: Swaks) -> None:
    """Law 3. Odd line lengths, trailing blanks, a dot line, 8-bit text: as sent."""
    text = "Trailing blanks  \r\n.\r\n..two dots\r\nÄ and ü\r\n" + "x" * 900 + "\r\n\r\n\r\n"
    octets = plain(OUTSIDE, CITY, "Fence permit", text)
    swaks(OUTSIDE, [CITY], octets)
    (arrived,) = swaks.postfix.wait_for(1, 20)
    assert arrived.endswith(octets)
    added = arrived[: -len(octets)].decode("ascii")
    assert added.startswith("Received: from client.example ([127.0.0.1])\r\n")
    assert added.splitlines()[-1].startswith("Mailward-Verdict: pass; policy=city-baseline; inspected=fully; id=")


EXECUTABLES = (
    ("setup.exe", b"MZ\x90\x00"),
    ("invoice.pdf", b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0" + bytes(300)),
    ("papers.zip", zipped("a/b/run.vbs", b'CreateObject("WScript.Shell").Run "calc"')),
    ("papers.zip", zipped("inner.zip", zipped("tool.scr", b"MZ"))),
    ("budget.docm", zipped("word/vbaProject.bin", b"\xd0\xcf\x11\xe0")),
    ("meeting.lnk", b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"),
)


def test_an_executable_by_any_name_type_or_container_is_held(swaks: Swaks) -> None:
    for name, octets in EXECUTABLES:
        swaks(OUTSIDE, [CITY], attached(OUTSIDE, CITY, name, octets))
        outcome, rules = swaks.outcome()[CITY]
        assert outcome == "held" and "executable-attachment" in rules, name
    assert swaks.postfix.delivered() == []


def test_a_chain_letter_is_held(swaks: Swaks) -> None:
    text = (
        "Forward this to ten friends today and good luck will come. Do not break the chain, pass it on to everyone!\r\n"
    )
    swaks(CITY, ["pat@city.example"], plain(CITY, "pat@city.example", "Fwd: lucky candle", text))
    outcome, rules = swaks.outcome()["pat@city.example"]
    assert outcome == "held" and "chain-letter" in rules


SOLICITATION = (
    (
        "commercial-solicitation",
        "My wife opened a small business making candles. Prices start at $12 and I take orders at my desk;\r\n"
        "buy two and get 20% off this week. Order now, cash or check. Visit our online store for the catalog.\r\n",
    ),
    (
        "fundraising",
        "My daughter's soccer team is raising money for the state tournament. Please donate at our fundraiser\r\n"
        "page, or buy raffle tickets from me for $5 each. Every donation helps us reach our goal of $2,000!\r\n",
    ),
    (
        "advocacy",
        "Please vote for Maria Stone for city council on Tuesday. She is the candidate who will stand up.\r\n"
        "Join our campaign, put up a yard sign, and tell your neighbors to vote no on Measure 4.\r\n",
    ),
)


def test_solicitation_is_held(swaks: Swaks) -> None:
    for rule, text in SOLICITATION:
        swaks(CITY, [OUTSIDE], plain(CITY, OUTSIDE, "please read", text))
        outcome, rules = swaks.outcome()[OUTSIDE]
        assert outcome == "held" and rule in rules, rule


def test_an_opinion_without_the_disclaimer_is_tagged_and_with_it_passes(swaks: Swaks) -> None:
    swaks(CITY, [OUTSIDE], plain(CITY, OUTSIDE, "Letter to the editor", OPINION))
    assert swaks.outcome()[OUTSIDE] == ("tagged", ("opinion-disclaimer",))
    (arrived,) = swaks.postfix.wait_for(1, 20)
    assert b"Mailward-Tag: rule=opinion-disclaimer; clause=STA-4a,STA-10\r\n" in arrived
    swaks(CITY, [OUTSIDE], plain(CITY, OUTSIDE, "Letter to the editor", OPINION + DISCLAIMER))
    assert swaks.outcome()[OUTSIDE] == ("relayed", ())


def test_the_disclaimer_in_a_quoted_message_does_not_count(swaks: Swaks) -> None:
    quoted = "On Monday someone wrote:\r\n> " + DISCLAIMER.replace("\r\n", "\r\n> ")
    swaks(CITY, [OUTSIDE], plain(CITY, OUTSIDE, "Re: letter", OPINION + quoted + "\r\n"))
    assert swaks.outcome()[OUTSIDE] == ("tagged", ("opinion-disclaimer",))


def test_an_organization_wide_send_is_held(swaks: Swaks) -> None:
    text = "Potluck in the break room on Friday at noon, please bring a dish to share with all of us.\r\n"
    group = "all-staff@city.example"
    swaks(CITY, [group], plain(CITY, group, "Potluck on Friday", text))
    outcome, rules = swaks.outcome()[group]
    assert outcome == "held" and "organization-wide" in rules


def test_confidential_content_is_held_for_the_outside_and_passes_inside(swaks: Swaks) -> None:
    """One message, two recipients, two treatments."""
    text = "Employee file for the audit.\r\n\r\nJane Sample, Social Security Number 536-22-8145, born 02/14/1971\r\n"
    swaks(CITY, ["pat@city.example", OUTSIDE], plain(CITY, OUTSIDE, "records", text))
    outcomes = swaks.outcome()
    assert outcomes["pat@city.example"][0] == "relayed"
    assert outcomes[OUTSIDE][0] == "held" and "personal-information" in outcomes[OUTSIDE][1]
    assert len(swaks.postfix.wait_for(1, 20)) == 1


def test_a_refusal_of_the_next_hop_is_passed_up_for_each_recipient(swaks: Swaks) -> None:
    """Catalogue B05, with a real Postfix that refuses one of two."""
    done = subprocess.run(
        [
            "swaks",
            "--server",
            f"127.0.0.1:{swaks.gateway.edge}",
            "--from",
            OUTSIDE,
            "--to",
            f"nobody@city.example,{CITY}",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "<** 550 5.1.1" in done.stdout and "<-  250 2.0.0" in done.stdout
    assert len(swaks.postfix.wait_for(1, 20)) == 1


def test_postfix_as_the_sending_mta_tries_again_until_the_next_hop_is_back(
    mailward: Callable[..., Any], postfix_sender: Callable[[int], Postfix], postfix: Postfix
) -> None:
    """What we cannot take now stays in the sender's queue, and arrives once."""
    gateway = mailward(f"host: 127.0.0.1, port: {postfix.port}")
    sender = postfix_sender(gateway.edge)
    gateway.kill()
    octets = plain(OUTSIDE, CITY, "patient", "It waits.\r\n")
    sender.send(octets, OUTSIDE, [CITY])
    gateway.configure(f"host: 127.0.0.1, port: {postfix.port}")
    gateway.config.write_text(gateway.config.read_text().replace("port: 0", f"port: {gateway.edge}", 1))
    gateway.restart()
    (arrived,) = postfix.wait_for(1, 40)
    assert b"It waits." in arrived
