"""Mailward beside a real Postfix and a real Sendmail: swaks before, a sink behind, one and several recipients.

Passed, tagged, held, partly held, not to be judged, and our death: each for one and for several, beside both.
"""

import io
import os
import re
import smtplib
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from rules.transaction import Client
from tests.credentials import PASSWORD, Credentials
from tests.end_to_end.beside import SENDER, SERVER, WAITS, Site
from tests.end_to_end.conftest import ROOT
from tests.postfix import Postfix, PostfixMissing
from tests.sendmail import SendmailMissing

pytestmark = pytest.mark.real

LIBRARY = ROOT / "rules" / "library"
CLEAN = "executable-attachment/pass-agenda.eml"
PROGRAM = "executable-attachment/quarantine-program-in-zip.eml"
OPINION = "opinion-disclaimer/tag-letter-to-editor.eml"
NUMBER = "personal-information/quarantine-social-security.eml"  # held for who is outside, passed for who is inside
MAYOR = "mayor@city.example"
INSIDE, OUTSIDE, DESK = "clerk@city.example", "letters@elsewhere.example", "desk@elsewhere.example"
ONE_AND_SEVERAL = pytest.mark.parametrize("recipients", [(INSIDE,), (INSIDE, OUTSIDE)], ids=["one", "several"])
# What we and the MTA before the sink put on top, in whatever order.
_ADDED = re.compile(rb"(?:(?:Mailward-[A-Za-z]+|Received|Date|Message-Id): [^\r]*\r\n(?:[ \t][^\r]*\r\n)*)*")


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


@ONE_AND_SEVERAL
def test_passed_mail_arrives_octet_by_octet_with_our_field_g03(site: Site, recipients: tuple[str, ...]) -> None:
    assert site.send(LIBRARY / CLEAN, *recipients).startswith("250")
    for octets in site.arrived(len(recipients)).values():
        assert b"Mailward-Verdict: pass; " in octets
        assert received(octets) == wire(CLEAN)


@pytest.mark.parametrize("recipients", [(OUTSIDE,), (OUTSIDE, DESK)], ids=["one", "several"])
def test_tagged_mail_says_so_and_is_otherwise_as_it_was(site: Site, recipients: tuple[str, ...]) -> None:
    assert site.send(LIBRARY / OPINION, *recipients).startswith("250")
    for octets in site.arrived(len(recipients)).values():
        assert b"Mailward-Tag: rule=opinion-disclaimer; clause=" in octets
        assert received(octets) == wire(OPINION)


@ONE_AND_SEVERAL
def test_held_mail_is_accepted_and_gone_and_arrives_when_it_is_released_g03_i10(
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


@pytest.mark.parametrize("kept", [(OUTSIDE,), (OUTSIDE, DESK)], ids=["one", "several"])
def test_partly_held_mail_arrives_where_it_may(site: Site, kept: tuple[str, ...]) -> None:
    assert site.send(LIBRARY / NUMBER, INSIDE, *kept).startswith("250")
    arrived = site.arrived(1)
    assert received(arrived[INSIDE]) == wire(NUMBER)
    item = site.mailward.held("--state", "held")[-1]
    assert [one["address"] for one in item["recipients"]] == list(kept)


@ONE_AND_SEVERAL
def test_what_cannot_be_judged_is_never_delivered(site: Site, recipients: tuple[str, ...]) -> None:
    assert site.send(nested(40), *recipients).startswith("250")
    assert site.mailward.transactions()[-1]["inspected"] != "fully"
    assert [one["address"] for one in site.mailward.held("--state", "held")[-1]["recipients"]] == list(recipients)
    site.arrived(0)


def test_without_us_mail_waits_at_its_sender_g03(site: Site) -> None:
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


@ONE_AND_SEVERAL
def test_mail_in_hand_when_we_die_waits_at_its_sender_and_comes_once(site: Site, recipients: tuple[str, ...]) -> None:
    with ThreadPoolExecutor() as pool, site.judging_stopped():
        reply = pool.submit(site.send, LIBRARY / CLEAN, *recipients)
        time.sleep(1)
        site.mailward.kill()
        assert reply.result().startswith("4")
    site.arrived(0)
    site.mailward.restart()
    assert site.send(LIBRARY / CLEAN, *recipients).startswith("250")
    site.arrived(len(recipients))


def test_copies_that_are_marked_differently_each_have_their_own_marks(site: Site) -> None:
    assert site.send(LIBRARY / OPINION, INSIDE, OUTSIDE).startswith("250")
    arrived = site.arrived(2)
    assert b"Mailward-Tag: rule=opinion-disclaimer; clause=STA-4a,STA-10\r\n" in arrived[OUTSIDE]
    assert b"Mailward-Tag: rule=opinion-disclaimer; clause=STA-10\r\n" in arrived[INSIDE]
    assert [octets.count(b"Mailward-Tag") for octets in arrived.values()] == [1, 1]
    assert [received(octets) for octets in arrived.values()] == [wire(OPINION)] * 2


@pytest.fixture
def postfix_site(site: Site) -> Site:
    if not isinstance(site.mta, Postfix):
        pytest.skip("Sendmail hands such mail to itself by SMTP")
    return site


def test_what_programs_of_the_machine_hand_over_is_judged_too(postfix_site: Site) -> None:
    site = postfix_site
    before = len(site.mailward.held("--state", "held"))
    site.hand_over(wire(PROGRAM) + os.urandom(4).hex().encode() + b"\r\n", INSIDE)
    site.hand_over(LIBRARY / CLEAN, INSIDE)
    assert b"Mailward-Verdict: pass; " in site.arrived(1)[INSIDE]
    assert len(site.mailward.held("--state", "held")) == before + 1


def test_a_program_that_names_too_many_is_told_so_once(postfix_site: Site) -> None:
    """Postfix can refuse it nobody by himself: with a refusal at RCPT it would ask again each minute, without end."""
    site = postfix_site
    site.hand_over(LIBRARY / CLEAN, *(f"p{number}@city.example" for number in range(1_001)))
    assert b"Too many recipients" in site.arrived(1)[SENDER]
    assert not site.mta.queue()


@pytest.fixture
def credentials(running: Site) -> Credentials:
    if running.credentials is None:
        pytest.skip("deploy/setup test has not laid out sasl2-bin here")
    return running.credentials


def test_what_the_mta_proved_of_a_client_stands_in_the_record(site: Site, credentials: Credentials) -> None:
    before = len(site.clients())
    known, stranger = (
        ("--tls", "--tls-cert", f"{credentials.folder}/{name}.pem", "--tls-key", f"{credentials.folder}/{name}.key")
        for name in ("known", "stranger")
    )
    login = ("--auth", "PLAIN", "--auth-user", SENDER, "--auth-password", PASSWORD)
    for options in ((), ("--tls",), stranger, known, (*known, *login)):
        content = wire(PROGRAM) + os.urandom(4).hex().encode() + b"\r\n"
        assert site.send(content, INSIDE, options=("--helo", "client.example", *options)).startswith("250")
    plain = Client(address="127.0.0.1", name="client.example")
    by_tls, by_name = replace(plain, tls=True), replace(plain, tls=True, certificate=(SERVER,))
    proved = replace(by_name, authenticated=SENDER)
    assert site.clients()[before:] == [plain, by_tls, by_tls, by_name, proved]
    item = site.mailward.held("--state", "held")[-1]
    assert f"from 127.0.0.1, as {SENDER}" in site.mailward.cli("quarantine", "show", item["id"])


def test_whom_the_mta_knows_may_not_write_as_somebody_else(site: Site, credentials: Credentials) -> None:
    """Three messages of one connection: before the password anybody of the city may be meant, and then one person."""
    with smtplib.SMTP("127.0.0.1", site.mta.port, timeout=60) as client:
        client.sendmail(SENDER, [INSIDE], letter(MAYOR))
        site.arrived(1)
        client.login(credentials.user, PASSWORD)
        client.sendmail(SENDER, [INSIDE], letter(MAYOR))
        client.sendmail(SENDER, [INSIDE], letter(SENDER))
    site.arrived(2)
    item = site.mailward.held("--state", "held")[-1]
    assert f"{SENDER} writes as {MAYOR}" in site.mailward.cli("quarantine", "show", item["id"])


def letter(author: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = author, INSIDE, "Thursday"
    message.set_content("The meeting begins at nine.\n")
    return message.as_bytes()


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
