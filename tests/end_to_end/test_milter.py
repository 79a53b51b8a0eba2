"""Mailward beside a real Postfix and a real Sendmail: swaks before, a sink behind, one and several recipients."""

import contextlib
import io
import os
import re
import signal
import subprocess
import time
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from tests.end_to_end.conftest import ROOT, Running
from tests.ports import free_port
from tests.postfix import Arrival, Postfix, PostfixMissing
from tests.sendmail import Sendmail, SendmailMissing

pytestmark = pytest.mark.real

LIBRARY = ROOT / "rules" / "library"
CLEAN = "executable-attachment/pass-agenda.eml"
PROGRAM = "executable-attachment/quarantine-program-in-zip.eml"
OPINION = "opinion-disclaimer/tag-letter-to-editor.eml"
NUMBER = "personal-information/quarantine-social-security.eml"  # held for who is outside, passed for who is inside
WAITS = 6  # seconds that the MTA waits for a sign of life; we give one every three
SENDER = "george.abbot@city.example"
INSIDE, OUTSIDE = "clerk@city.example", "letters@elsewhere.example"
# What we and the MTA before the sink put on top, in whatever order.
_ADDED = re.compile(rb"(?:(?:Mailward-[A-Za-z]+|Received|Date|Message-Id): [^\r]*\r\n(?:[ \t][^\r]*\r\n)*)*")


class Site:
    """One MTA with Mailward as its milter, and a sink behind."""

    def __init__(self, kind: str, folder: Path) -> None:
        milter, submission = free_port(), free_port()
        filters = f"INPUT_MAIL_FILTER(`mailward', `S=inet:{milter}@127.0.0.1, F=T, T=C:30s;S:30s;R:{WAITS}s;E:5m')dnl"
        with contextlib.ExitStack() as undo:
            self.behind = Postfix()
            undo.callback(self.behind.stop)
            # Before the MTA, which would wait for it.
            self.mailward = Running(
                folder,
                f'host: 127.0.0.1, port: {submission}, tls: "off"',
                f"milters: [{{name: mta, kind: edge, direction: inbound, port: {milter}, next_hop: onward}}]\n"
                "limits: {inspection_seconds: 3}\n",
            )
            undo.callback(lambda: self.mailward.kill())
            self.mta: Postfix | Sendmail = (
                Postfix(
                    self.behind.port,
                    {
                        "smtpd_milters": f"inet:127.0.0.1:{milter}",
                        "milter_connect_timeout": "2s",
                        "milter_content_timeout": f"{WAITS}s",
                    },
                    submission,
                )
                if kind == "postfix"
                else Sendmail(self.behind.port, filters, submission)
            )
            undo.callback(self.mta.stop)
            self._undo = undo.pop_all()

    def stop(self) -> None:
        self._undo.close()

    def send(self, content: Path | bytes, *recipients: str) -> str:
        """The reply to the content, or to the command that was refused before it."""
        octets = content.read_bytes() if isinstance(content, Path) else content
        file = self.mailward.folder / "content"
        file.write_bytes(octets.replace(b"\r\n", b"\n").removesuffix(b"\n"))  # swaks ends the last line
        command = ["swaks", "--server", f"127.0.0.1:{self.mta.port}", "--from", SENDER, "--to", ",".join(recipients)]
        done = subprocess.run(
            [*command, "--data", f"@{file}", "--timeout", "60"], capture_output=True, text=True, timeout=120
        )
        said = re.findall(r"^<[-~*]+ +(\d{3}[ -].*)$", done.stdout, re.MULTILINE)
        return said[-2] if said[-1].startswith("221") else said[-1]

    @contextlib.contextmanager
    def judging_stopped(self) -> Iterator[None]:
        """No message is judged; afterwards the processes that were to do it are killed, as the kernel may do."""
        inspectors = [
            pid for pid in self.mailward.processes() if b"inspector" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        assert inspectors
        for pid in inspectors:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in inspectors:
                with contextlib.suppress(ProcessLookupError):  # given up and ended meanwhile
                    os.kill(pid, signal.SIGKILL)

    def arrived(self, number: int) -> dict[str, bytes]:
        """By recipient; a moment later there is not one more."""
        self.behind.wait_for(number)
        time.sleep(0.3)
        found: Sequence[Arrival] = self.behind.arrivals()
        assert len(found) == number, [one.recipient for one in found]
        return {one.recipient: one.octets for one in found}


@pytest.fixture(scope="module", params=["postfix", "sendmail"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    try:
        site = Site(request.param, tmp_path_factory.mktemp("milter"))
    except (PostfixMissing, SendmailMissing) as reason:
        pytest.skip(str(reason))
    yield site
    site.stop()


@pytest.fixture
def site(running: Site) -> Site:
    running.behind.empty()
    return running


def wire(name: str) -> bytes:
    return (LIBRARY / name).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def received(octets: bytes) -> bytes:
    """Without what was put on top."""
    head = _ADDED.match(octets)
    assert head is not None
    return octets[head.end() :]


@pytest.mark.parametrize("recipients", [(INSIDE,), (INSIDE, OUTSIDE)])
def test_passed_mail_arrives_octet_by_octet_with_our_field(site: Site, recipients: tuple[str, ...]) -> None:
    assert site.send(LIBRARY / CLEAN, *recipients).startswith("250")
    for octets in site.arrived(len(recipients)).values():
        assert b"Mailward-Verdict: pass; " in octets
        assert received(octets) == wire(CLEAN)


@pytest.mark.parametrize("recipients", [(OUTSIDE,), (OUTSIDE, "desk@elsewhere.example")])
def test_tagged_mail_says_so_and_is_otherwise_as_it_was(site: Site, recipients: tuple[str, ...]) -> None:
    assert site.send(LIBRARY / OPINION, *recipients).startswith("250")
    for octets in site.arrived(len(recipients)).values():
        assert b"Mailward-Tag: rule=opinion-disclaimer; clause=" in octets
        assert received(octets) == wire(OPINION)


@pytest.mark.parametrize("recipients", [(INSIDE,), (INSIDE, OUTSIDE)])
def test_held_mail_is_accepted_and_gone_and_arrives_when_it_is_released(
    site: Site, recipients: tuple[str, ...]
) -> None:
    before = {item["id"] for item in site.mailward.held("--state", "held")}
    assert site.send(wire(PROGRAM) + os.urandom(4).hex().encode() + b"\r\n", *recipients).startswith("250")
    (item,) = (item for item in site.mailward.held("--state", "held") if item["id"] not in before)
    assert [one["address"] for one in item["recipients"]] == list(recipients)
    site.arrived(0)
    assert not site.mta.queue()
    site.mailward.cli("quarantine", "release", item["id"], "--reason", "asked for", "--by", "tester")
    for octets in site.arrived(len(recipients)).values():  # and was not caught once more
        assert b"Mailward-Verdict: released; " in octets


def test_partly_held_mail_arrives_where_it_may(site: Site) -> None:
    assert site.send(LIBRARY / NUMBER, INSIDE, OUTSIDE, "other@elsewhere.example").startswith("250")
    arrived = site.arrived(1)
    assert received(arrived[INSIDE]) == wire(NUMBER)
    item = site.mailward.held("--state", "held")[-1]
    assert [one["address"] for one in item["recipients"]] == [OUTSIDE, "other@elsewhere.example"]


def test_what_cannot_be_judged_is_never_delivered(site: Site) -> None:
    before = {item["id"] for item in site.mailward.held("--state", "held")}
    for recipients in ((INSIDE,), (INSIDE, OUTSIDE)):
        assert site.send(nested(40), *recipients).startswith("250")
        assert site.mailward.transactions()[-1]["inspected"] != "fully"
    held = [item for item in site.mailward.held("--state", "held") if item["id"] not in before]
    assert [[one["address"] for one in item["recipients"]] for item in held] == [[INSIDE], [INSIDE, OUTSIDE]]
    site.arrived(0)


def test_without_us_mail_waits_at_its_sender(site: Site) -> None:
    site.mailward.kill()
    try:
        for recipients in ((INSIDE,), (INSIDE, OUTSIDE)):
            assert site.send(LIBRARY / CLEAN, *recipients).startswith("4")
        site.arrived(0)
    finally:
        site.mailward.restart()
    assert site.send(LIBRARY / CLEAN, INSIDE, OUTSIDE).startswith("250")
    site.arrived(2)


def test_a_long_judgement_is_waited_for_and_a_killed_worker_replaced(site: Site) -> None:
    with ThreadPoolExecutor() as pool:
        with site.judging_stopped():
            reply = pool.submit(site.send, LIBRARY / CLEAN, INSIDE)
            time.sleep(WAITS + 2)
            assert not reply.done()
        assert reply.result().startswith("250")
    assert b"Mailward-Verdict: pass; " in site.arrived(1)[INSIDE]


def test_mail_in_hand_when_we_die_waits_at_its_sender_and_comes_once(site: Site) -> None:
    with ThreadPoolExecutor() as pool, site.judging_stopped():
        reply = pool.submit(site.send, LIBRARY / CLEAN, INSIDE, OUTSIDE)
        time.sleep(1)
        site.mailward.kill()
        assert reply.result().startswith("4")
    site.arrived(0)
    site.mailward.restart()
    assert site.send(LIBRARY / CLEAN, INSIDE, OUTSIDE).startswith("250")
    site.arrived(2)


def test_copies_that_are_marked_differently_each_have_their_own_marks(site: Site) -> None:
    assert site.send(LIBRARY / OPINION, INSIDE, OUTSIDE).startswith("250")
    arrived = site.arrived(2)
    assert b"Mailward-Tag: rule=opinion-disclaimer; clause=STA-4a,STA-10\r\n" in arrived[OUTSIDE]
    assert b"Mailward-Tag: rule=opinion-disclaimer; clause=STA-10\r\n" in arrived[INSIDE]
    assert [octets.count(b"Mailward-Tag") for octets in arrived.values()] == [1, 1]
    assert [received(octets) for octets in arrived.values()] == [wire(OPINION)] * 2


def nested(depth: int) -> bytes:
    """A message with an archive in an archive in an archive, deeper than anybody looks."""
    octets = os.urandom(8)
    for number in range(depth):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr(f"{number}.zip", octets)
        octets = stream.getvalue()
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = SENDER, INSIDE, "Deep"
    message.set_content("See below.\n")
    message.add_attachment(octets, maintype="application", subtype="zip", filename="deep.zip")
    return message.as_bytes()
