"""What leaves: fields in front, octets untouched behind, forged copies of our own fields gone."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.fields import disclaimer_field, edited, edits, released_field, seen_from, trace_field, verdict_fields
from rules.address import parse_address
from rules.amendment import Amendment, Edit, Kept
from rules.finding import Action, Finding
from rules.message import Message
from rules.transaction import Client, Direction, Envelope, ListenerKind, Recipient, Transaction
from rules.verdict import Inspected, Judgement, Verdict

HOST = "mx.city.example"
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
CONTENT = b"From: a@elsewhere.example\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\nX-Odd:\tkept  \r\n\r\n.body\r\n"


OUTSIDE = seen_from(ListenerKind.EDGE, frozenset({"city.example"}))


def joined(content: bytes, added: bytes = b"", tag: str = "", outside: frozenset[str] | None = None) -> bytes:
    message = Message(content)
    return b"".join(edited(message, added, edits(message, HOST, tag, outside=outside)))


def transaction(name: str = "client.example", recipients: tuple[str, ...] = ("b@city.example",)) -> Transaction:
    return Transaction(
        id="0abc",
        received=NOW,
        listener="edge",
        kind=ListenerKind.EDGE,
        direction=None,
        client=Client(address="192.0.2.1", name=name),
        envelope=Envelope(
            reverse_path=None,
            recipients=tuple(Recipient(address=parse_address(recipient)) for recipient in recipients),
        ),
        message=Message(CONTENT),
    )


def judged(action: Action, *findings: Finding) -> tuple[Judgement, Verdict]:
    verdict = Verdict(recipient="b@city.example", direction=Direction.INBOUND, action=action, findings=findings)
    judgement = Judgement(
        policy="city",
        policy_hash="00",
        observations=(),
        verdicts=(verdict,),
        inspected=Inspected.FULLY,
        not_inspected=(),
        subject="",
        preview="",
    )
    return judgement, verdict


def test_the_octets_received_leave_as_they_came() -> None:
    assert joined(CONTENT, b"Added: 1\r\n") == b"Added: 1\r\n" + CONTENT


@pytest.mark.parametrize(
    "forged",
    [
        b"Mailward-Verdict: pass\r\n",
        b"MAILWARD-TAG: rule=none;\r\n\tfolded=yes\r\n",
        b"Mailward-Verdict : pass\r\n",
        b"Authentication-Results: mx.CITY.example; dkim=pass\r\n",
        b"Authentication-Results: (a; \\) (b)) mx.city.example 1; dkim=pass\r\n",
        b"X-Mailward-Exch-Auth: secret\r\n",
        b"X-Mailward-Pass: 1\r\n",
        b"X-MS-Exchange-Organization-AuthAs: Internal\r\n",
        b"x-ms-exchange-organization-scl : -1\r\n",
        b"X-MS-Exchange-CrossPremises-AuthSource: a\r\n\tb\r\n",
        b"X-MS-Exchange-Forest-RulesExecuted: a\r\n",
        b"Authentication-Results: mx.city.example.; dkim=pass\r\n",
        b'Authentication-Results: "mx\\.city.example"; dkim=pass\r\n',
        b'Authentication-Results:\r\n "mx.city.example"(c); dkim=pass\r\n',
        # Beyond the grammar, for readers that are not strict.
        b"Authentication-Results: mx(c).city.example; dkim=pass\r\n",
        b"Authentication-Results: mx\r\n .city.example; dkim=pass\r\n",
        b'Authentication-Results: "mx" ".city.example"; dkim=pass\r\n',
        b"Authentication-Results: ; mx.city.example; dkim=pass\r\n",
        b"Authentication-Results: ();; mx.city.example/1; dkim=pass\r\n",
        b"Authentication-Results: i=1; <mx.city.example>:25; dkim=pass\r\n",
        b"Authentication-Results: (open mx.city.example; dkim=pass\r\n",
        b"Authentication-Results: =?us-ascii?q?mx.city.example?=; dkim=pass\r\n",
        b"Authentication-Results: \xc2\xa0mx.city.example; dkim=pass\r\n",
    ],
)
def test_a_forged_copy_of_our_own_field_is_removed_and_nothing_else(forged: bytes) -> None:
    """Architecture and D10: forged copies and every other trust field are removed, on every listener."""
    assert joined(b"A: 1\r\n" + forged + CONTENT) == b"A: 1\r\n" + CONTENT


@pytest.mark.parametrize(
    "identifier", [b"relay.elsewhere.example", b"notcity.example", b"city.example.elsewhere.example"]
)
@pytest.mark.parametrize("outside", [None, OUTSIDE])
def test_authentication_results_of_another_host_stay(identifier: bytes, outside: frozenset[str] | None) -> None:
    field = b"Authentication-Results: " + identifier + b"; spf=pass\r\n"
    assert joined(field + CONTENT, outside=outside) == field + CONTENT


@pytest.mark.parametrize(
    "results",
    [
        b"relay.elsewhere.example; dkim=pass header.d=city.example",
        b"relay.elsewhere.example 1; spf=pass smtp.mailfrom=mx.city.example; dkim/1 = pass (by mx.city.example)",
        b"relay.elsewhere.example; none",
    ],
)
def test_what_another_host_says_of_us_stays(results: bytes) -> None:
    field = b"Authentication-Results: " + results + b"\r\n"
    assert joined(field + CONTENT, outside=OUTSIDE) == field + CONTENT


@pytest.mark.parametrize(
    "forged",
    [
        b"Authentication-Results: ex1.City.example; dmarc=pass\r\n",
        b"Authentication-Results: city.example 1; dmarc=pass\r\n",
        b"Authentication-Results: ex1.city.example.; dmarc=pass\r\n",
        b"X-MS-Exchange-CrossTenant-AuthAs: Internal\r\n",
        b"X-OriginatorOrg: city.example\r\n",
        b"X-Forefront-Antispam-Report: SCL:-1;\r\n\tSFV:SKA\r\n",
        b"X-Forefront-Antispam-Report-Untrusted: SCL:-1\r\n",
        b"X-MS-Exchange-Authentication-Results: spf=pass\r\n",
        b"Received-SPF: pass\r\n",
    ],
)
def test_from_the_internet_nobody_speaks_for_servers_of_ours(forged: bytes) -> None:
    """On an internal listener, where servers of ours send, the same field stays."""
    assert joined(b"A: 1\r\n" + forged + CONTENT, outside=OUTSIDE) == b"A: 1\r\n" + CONTENT
    assert (
        joined(forged + CONTENT, outside=seen_from(ListenerKind.INTERNAL, OUTSIDE or frozenset())) == forged + CONTENT
    )


def test_what_looks_like_our_field_in_the_body_stays() -> None:
    body = CONTENT + b"Mailward-Verdict: pass\r\n"
    assert joined(body) == body


def test_the_subject_tag_edits_the_octets_of_that_field_alone() -> None:
    assert joined(CONTENT, tag="[Policy]") == CONTENT.replace(b"Subject: ", b"Subject: [Policy] ")


@pytest.mark.parametrize(
    ("subject", "tagged"),
    [
        (b"Subject: =?utf-8?q?plan?=", b"Subject: [P] =?utf-8?q?plan?="),
        (b"Subject:=?utf-8?q?plan?=", b"Subject: [P] =?utf-8?q?plan?="),
        (b"Subject:\r\n plan", b"Subject: [P]\r\n plan"),
        (b"Subject:", b"Subject: [P]"),
        (b"SUBJECT :\tplan", b"SUBJECT : [P]\tplan"),
        (b"Subject: " + b"x" * 985, b"Subject: [P] " + b"x" * 985),
        (b"Subject: " + b"x" * 986, b"Subject: [P]\r\n " + b"x" * 986),
        (b"Subject:" + b"x" * 986, b"Subject: [P]\r\n " + b"x" * 986),
    ],
)
def test_a_tagged_subject_is_read_as_before_and_no_line_too_long(subject: bytes, tagged: bytes) -> None:
    content = b"From: a@b.example\r\n%s\r\nTo: c@d.example\r\n\r\n"
    assert joined(content % subject, tag="[P]") == content % tagged
    assert max(map(len, tagged.split(b"\r\n"))) <= 998


def test_a_subject_that_has_the_tag_is_left_alone() -> None:
    content = b"Subject: Re: [POLICY] plan\r\n\r\n"
    assert joined(content, tag="[Policy]") == content


def test_the_edits_of_a_body_are_exactly_those_and_leave_the_rest() -> None:
    end = len(CONTENT)
    amendment = Amendment(
        edits=(Edit(start=end - 7, end=end - 7, latin1="one "), Edit(start=end - 2, end=end, latin1="\xe4\r\n"))
    )
    message = Message(CONTENT)
    octets = b"".join(edited(message, b"Added: 1\r\n", edits(message, HOST, "[x]"), amendment))
    tagged = CONTENT.replace(b"Subject:", b"Subject: [x]")
    assert octets == b"Added: 1\r\n" + tagged[:-7] + b"one .body\xe4\r\n"


@pytest.mark.parametrize("why", [None, *Kept])
def test_a_message_that_cannot_have_the_disclaimer_says_why_in_a_field(why: Kept | None) -> None:
    field = disclaimer_field(Amendment(kept=why))
    if why in (None, Kept.PRESENT):
        assert field == b""
    else:
        assert field == f"Mailward-Disclaimer: not added; reason={why}\r\n".encode()
        assert joined(field + CONTENT) == CONTENT, "nobody else may say so"
    assert disclaimer_field(None) == b""


def test_only_the_first_of_two_subjects_is_tagged() -> None:
    assert joined(b"Subject: a\r\nSubject: b\r\n\r\n", tag="[T]") == b"Subject: [T] a\r\nSubject: b\r\n\r\n"


def test_the_trace_field_names_the_only_recipient_and_never_one_of_several() -> None:
    """RFC 5321 section 4.4: a `for` clause with several recipients would tell of Bcc."""
    assert b"for <b@city.example>" in trace_field(transaction(), HOST, NOW)
    assert b"city.example>" not in trace_field(transaction(recipients=("b@city.example", "c@city.example")), HOST, NOW)


@pytest.mark.parametrize(
    "extended, tls, smtputf8, protocol",
    [
        (True, False, False, b"ESMTP"),
        (True, True, False, b"ESMTPS"),
        (False, False, False, b"SMTP"),
        (False, True, False, b"ESMTPS"),
        (True, False, True, b"UTF8SMTP"),
        (True, True, True, b"UTF8SMTPS"),
    ],
)
def test_the_trace_field_names_the_protocol_that_was_spoken(
    extended: bool, tls: bool, smtputf8: bool, protocol: bytes
) -> None:
    """RFC 3848 and RFC 6531 section 4.3."""
    ours = transaction()
    ours = replace(
        ours,
        client=replace(ours.client, extended=extended, tls=tls),
        envelope=replace(ours.envelope, smtputf8=smtputf8),
    )
    assert b" with " + protocol + b" id " in trace_field(ours, HOST, NOW)


def test_what_the_client_called_itself_cannot_end_the_line() -> None:
    field = trace_field(transaction(name="x\r\nBcc: victim@city.example\x00(("), HOST, NOW)
    assert field.count(b"\r\n") == field.count(b"\n") == 4
    assert b"Bcc: " not in field and b"\x00" not in field


def test_a_tag_line_gives_rule_and_clauses_and_no_evidence() -> None:
    finding = Finding(rule="chain-letter", cites=("LEA-M1", "STA-8a"), action=Action.TAG, observation=0)
    lines = verdict_fields("0abc", *judged(Action.TAG, finding, finding)).decode().splitlines()
    assert lines == [
        "Mailward-Verdict: tag; policy=city; inspected=fully; id=0abc",
        "Mailward-Tag: rule=chain-letter; clause=LEA-M1,STA-8a",
    ]


def test_a_released_message_says_so() -> None:
    judgement, _ = judged(Action.QUARANTINE)
    assert released_field("0abc", judgement) == b"Mailward-Verdict: released; policy=city; inspected=fully; id=0abc\r\n"


def test_an_ipv6_client_is_named_by_its_tagged_literal() -> None:
    """RFC 5321 section 4.1.3."""
    ours = transaction()
    field = trace_field(replace(ours, client=replace(ours.client, address="2001:db8::1")), HOST, NOW)
    assert b"([IPv6:2001:db8::1])" in field
