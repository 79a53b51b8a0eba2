"""The digest as a mail: well formed whatever the held mail says, and each period sent once."""

import email
import os
import re
import signal
from dataclasses import replace
from datetime import time, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from quarantine.digest import LATE, collect, due_periods
from quarantine.digest_mail import LEASE, DigestSender, Settings, compose, render
from quarantine.item import Entry, Outcome, Period, ReportState, Trial
from quarantine.ports import Refused, StoreUnavailable
from rules.finding import Action, Evidence, Finding, Observation
from rules.transaction import Direction
from rules.verdict import Inspected, Judgement, Mailing, Verdict

SETTINGS = Settings(
    to=("it@city.example", "records@city.example"),
    sender="",
    at=time(6),
    zone=ZoneInfo("America/Chicago"),
    next_hop="exchange",
    hostname="gw.city.example",
)
HOSTILE = (
    "Hello\r\nBcc: victim@elsewhere.example\r\n\r\n<script>alert(1)</script>"
    '<img src=x onerror=alert(1)> \x1b[2J \u202e http://evil.example/?a="b" =cmd|calc ' + "x" * 10_000
)


@pytest.fixture
def sender(keeping, courier):
    return DigestSender(store=keeping.store, courier=courier, settings=SETTINGS)


def the_mail(keeping):
    now = keeping.clock()
    period = Period(start=now - timedelta(days=1), end=now + timedelta(hours=1))
    return compose(collect(keeping.store, period), SETTINGS, (), now)


@pytest.fixture
def parsed(keeping, judgement_of):
    def hold(subject=HOSTILE):
        keeping.hold("ann@city.example", judgement=judgement_of("ann@city.example", subject=subject))
        return the_mail(keeping)

    return hold


def texts(octets):
    message = email.message_from_bytes(octets)
    return [part.get_payload(decode=True).decode() for part in message.get_payload()]


def test_its_header_holds_what_it_must(parsed):
    message = email.message_from_bytes(parsed())
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == "Mailward <mailward@gw.city.example>"
    assert re.sub(r"\s", "", message["To"]) == "it@city.example,records@city.example"
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.get_payload()] == ["text/plain", "text/html"]
    assert not message.defects


def test_both_parts_tell_what_rules_on_trial_found(keeping):
    entry = Entry(
        at=keeping.clock(), transaction="t", listener="edge", reverse_path="", recipient="ann@city.example",
        outcome=Outcome.RELAYED, observed=(Trial(rule="organization-wide", cites=("C-9", "C-10")),),
    )  # fmt: skip
    keeping.store.ledger.note("t", [entry] * 3)
    keeping.store.ledger.flush()
    text, html = texts(the_mail(keeping))
    assert "Observed, not acted on" in text and "Observed, not acted on" in html
    assert "organization-wide (C-9, C-10): 3 copies" in text
    assert '<td>organization-wide</td><td>C-9, C-10</td><td align="right">3</td>' in html


def test_a_hostile_subject_adds_no_header_field_and_no_part(parsed):
    """Reliability F04 and I08."""
    octets = parsed()
    header = octets.split(b"\r\n\r\n", 1)[0]
    names = [line.split(b":")[0] for line in header.split(b"\r\n") if not line.startswith(b" ")]
    assert names == [
        b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted", b"X-Auto-Response-Suppress",
        b"MIME-Version", b"Content-Type",
    ]  # fmt: skip
    assert b"victim" not in header
    assert len(email.message_from_bytes(octets).get_payload()) == 2


def test_a_hostile_subject_is_one_short_line(parsed):
    text, _ = texts(parsed())
    (line,) = [line for line in text.splitlines() if line.startswith("    subject ")]
    assert len(line) <= 120 + len("    subject ")
    assert "Hello Bcc: victim" in line
    assert "://" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_d11_a_file_name_turned_round_is_shown_escaped(keeping, judgement_of):
    judgement = judgement_of("ann@city.example")
    named = replace(judgement.observations[0], summary="photo\u202egnp.exe inside a.zip")
    keeping.hold("ann@city.example", judgement=replace(judgement, observations=(named,)))
    for shown in texts(the_mail(keeping)):
        assert r"photo\u202egnp[.]exe" in shown
        assert "\u202e" not in shown


def test_html_is_escaped_and_without_a_link(parsed):
    _, html = texts(parsed())
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert not re.search(r"<(a|img|link|form|iframe|script)\b|\bon\w+=\w+\(1\)>|://", html)


class Elements(HTMLParser):
    """The elements and attributes of a page, as a browser reads them."""

    def __init__(self):
        super().__init__()
        self.elements, self.attributes, self.text = set(), set(), ""

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg><animate xlink:href=#a attributeName=href values=javascript:alert(1) /></svg>",
    "<svg><filter><feImage href=http://evil.example/x></filter></svg>",
    "</td></table><style>@import url(//evil.example/x); td{background:url(//evil.example/y)}</style>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'><base href=//evil.example>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror=alert(1)>'>",
    '" onmouseover=alert(1) x="',
    "{{ 1117*1129 }}{% import 'os' %}",
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_of_a_message_is_more_than_text_in_html(keeping, payload):
    """Catalogue I01, I02 and I04: the page has no element, attribute or link of an attacker's, so it runs and fetches
    nothing. Subject, recipient's reason and reply, file name in the evidence, rule and clause hold what he wrote.
    """
    plain, hurt = page(keeping, "word"), page(keeping, payload)
    assert (hurt.elements, hurt.attributes) == (plain.elements, plain.attributes)
    assert plain.elements.isdisjoint({"a", "img", "link", "script", "form", "iframe", "svg", "base", "style"})
    assert plain.attributes.isdisjoint({"href", "src", "action", "background"})
    assert "1261093" not in hurt.text, "a template that he wrote is not filled in"
    written = re.sub(r"\W", "", payload)[:8]
    assert re.sub(r"\W", "", hurt.text).count(written) >= 5, "it is there to be read"


def page(keeping, payload):
    keeping.hold("ann@city.example", body=payload.encode(), judgement=hostile(payload))
    item = keeping.hold("bob@city.example", body=payload.encode(), judgement=hostile(payload))
    keeping.store.quarantine.index.note(
        item.id, at=keeping.clock(), recipient="bob@city.example", by=payload, reason=payload, reply=payload
    )
    _, html = texts(the_mail(keeping))
    seen = Elements()
    seen.feed(html)
    return seen


def hostile(payload):
    """A judgement that says the payload wherever a message can make it do so."""
    evidence = Evidence(part=payload, text=payload)
    observation = Observation(
        detector="executable_attachment", detected=True, score=1.0, summary=f"program {payload}", evidence=(evidence,)
    )
    finding = Finding(rule=payload, cites=(payload,), action=Action.QUARANTINE, observation=0)
    verdict = Verdict(
        recipient="ann@city.example", direction=Direction.INBOUND, action=Action.QUARANTINE, findings=(finding,)
    )
    return Judgement(
        policy=payload,
        policy_hash="0" * 64,
        subject=payload,
        preview=payload,
        observations=(observation,),
        verdicts=(verdict, replace(verdict, recipient="bob@city.example")),
        inspected=Inspected.FULLY,
        not_inspected=(),
    )


def test_evidence_is_masked(parsed):
    for text in texts(parsed("fine")):
        assert "ten friends" not in text
        assert "f****** t*** t* t** f******" in text


def test_lines_are_short_seven_bit_and_end_in_crlf(parsed):
    octets = parsed("Ünïcode " * 30)
    assert octets.isascii()
    assert octets.replace(b"\r\n", b"").count(b"\n") == octets.replace(b"\r\n", b"").count(b"\r") == 0
    assert max(map(len, octets.split(b"\r\n"))) <= 998


def test_each_message_has_a_release_of_its_own_to_copy(keeping):
    """One line for all would let a program go with the rest when it is pasted."""
    first, second = keeping.hold("ann@city.example"), keeping.hold("bob@city.example")
    text, html = texts(the_mail(keeping))
    for item in (first, second):
        assert f"mailward quarantine release {item.id} --reason" in text
        assert f"mailward quarantine release {item.id} --reason" in html


def test_head_and_count_of_the_audit_record_stand_in_it(keeping):
    keeping.hold("ann@city.example")
    text, _ = texts(the_mail(keeping))
    assert re.search(r"1 record in 1 chain, head [0-9a-f]{64}", text)


def test_it_is_made_also_when_nothing_happened(keeping):
    text, html = texts(the_mail(keeping))
    assert "nothing" in text
    assert "0 held" in html


def test_the_same_period_has_the_same_message_id(keeping):
    first, second = (email.message_from_bytes(the_mail(keeping))["Message-ID"] for _ in range(2))
    assert first == second


@pytest.mark.parametrize("address", ["x", "a@b\r\nBcc: c@d.example", "ünï@city.example", "a@city.example, b@x.example"])
def test_an_address_that_could_break_the_header_is_refused(keeping, courier, address):
    settings = Settings(to=(address,), sender="", at=time(6), zone=ZoneInfo("UTC"), next_hop="x", hostname="gw.example")
    due(keeping)
    with pytest.raises(Refused):
        DigestSender(store=keeping.store, courier=courier, settings=settings).send_due(by="test")
    assert courier.sent == []


def due(keeping, days=1):
    """Let days pass from the store's beginning, which is now in real time."""
    keeping.clock.now = keeping.store.reports.start() + timedelta(days=days, minutes=10)


def reports(keeping):
    return [report.state for report in keeping.store.reports.list()]


def test_each_period_is_sent_once(keeping, sender, courier):
    due(keeping, days=3)
    assert len(sender.send_due(by="gateway")) == 3
    assert sender.send_due(by="gateway") == ()
    assert reports(keeping) == [ReportState.SENT] * 3
    assert len(courier.sent) == 3
    assert courier.sent[0][:2] == ("exchange", ("it@city.example", "records@city.example"))


def test_a_period_is_sent_a_little_after_its_end(keeping, sender):
    """Transactions that are being committed across it are in it then."""
    start = keeping.store.reports.start()
    end = due_periods(start, start + timedelta(days=2), SETTINGS.at, SETTINGS.zone)[0].end
    keeping.clock.now = end + LATE - timedelta(seconds=1)
    assert sender.send_due(by="gateway") == ()
    keeping.clock.now = end + LATE
    assert [sending.period for sending in sender.send_due(by="gateway")] == [Period(start=start, end=end)]


def test_a_refused_report_is_due_again_and_none_is_skipped(keeping, sender, courier):
    due(keeping, days=2)
    courier.says = 451
    (sending,) = sender.send_due(by="gateway")
    assert not sending.accepted
    assert reports(keeping) == []
    courier.says = 250
    assert len(sender.send_due(by="gateway")) == 2


def test_one_in_doubt_is_not_sent_again_and_is_told_in_the_next(keeping, sender, courier):
    due(keeping)
    courier.in_doubt = True
    sender.send_due(by="gateway")
    courier.in_doubt = False
    assert sender.send_due(by="gateway") == ()
    assert reports(keeping) == [ReportState.IN_DOUBT]
    due_again = keeping.store.reports.start() + timedelta(days=1, minutes=10)
    keeping.clock.now = due_again
    sender.send_due(by="gateway")
    assert "may not have arrived" in texts(courier.sent[-1][2])[0]


@pytest.mark.parametrize(
    ("death", "sent_after"),
    [("collect", True), ("submit", False)],
    ids=["while it is written: sent later", "on its way: in doubt, never twice"],
)
def test_killed_while_sending(keeping, keep, courier, monkeypatch, death, sent_after):
    due(keeping)
    child = os.fork()
    if child == 0:
        die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # noqa: E731
        if death == "collect":
            monkeypatch.setattr("quarantine.digest_mail.collect", die)
        courier.before = die
        DigestSender(store=keep().store, courier=courier, settings=SETTINGS).send_due(by="gateway")
        os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    sender = DigestSender(store=keeping.store, courier=courier, settings=SETTINGS)
    assert sender.send_due(by="gateway") == ()
    keeping.clock.now += LEASE
    assert len(sender.send_due(by="gateway")) == int(sent_after)
    assert reports(keeping) == [ReportState.SENT if sent_after else ReportState.IN_DOUBT]


def test_two_keepers_send_one_report(keeping, keep, courier):
    due(keeping)
    senders = [DigestSender(store=one.store, courier=courier, settings=SETTINGS) for one in (keeping, keep())]
    courier.before = lambda: senders[1].send_due(by="other")
    senders[0].send_due(by="one")
    assert len(courier.sent) == 1


def test_no_record_no_report(keeping, sender, courier):
    due(keeping)
    keeping.store.quarantine.audit.folder = keeping.state / "quarantine.sqlite"
    with pytest.raises(StoreUnavailable):
        sender.send_due(by="gateway")
    assert courier.sent == []
    assert reports(keeping) == []


def test_on_order_a_report_is_sent_again(keeping, sender, courier):
    due(keeping)
    courier.in_doubt = True
    (sending,) = sender.send_due(by="gateway")
    courier.in_doubt = False
    assert sender.send_again(sending.period, by="carl").accepted
    assert reports(keeping) == [ReportState.SENT]


def test_text_and_html_tell_the_same_numbers(keeping):
    keeping.hold("ann@city.example", "bob@city.example")
    now = keeping.clock()
    digest = collect(keeping.store, Period(start=now - timedelta(days=1), end=now + timedelta(hours=1)))
    text, html = render(digest, SETTINGS, html=False), render(digest, SETTINGS, html=True)
    for name in ("ann@city.example", "bob@city.example", "chain-letter", "C-1"):
        assert name in text
        assert name in html


def test_one_mailing_is_told_once_with_all_its_copies(keeping, judgement_of):
    names = [f"p{number}@city.example" for number in range(3)]
    pieces = []
    for name in names:
        mailing = Mailing(originator="zoe@city.example", prints=("aa",), reaches=(name,))
        judgement = replace(judgement_of(name), mailing=mailing)
        pieces.append(keeping.hold(name, body=name.encode() + b"\r\n", judgement=judgement).id)
    for text in texts(the_mail(keeping)):
        assert [name for name in names if name not in text] == []
        assert "the same mailing in 2 more messages" in text and all(piece in text for piece in pieces)
    assert text.count("<td>subject</td>") == 1
