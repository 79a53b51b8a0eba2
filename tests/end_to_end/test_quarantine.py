"""Held mail in an administrator's hands: listed, read, released and deleted on the command line, told in the digest."""

import json
from collections.abc import Callable
from typing import Any

from tests.postfix import Postfix

SENDER, CLERK = "a@elsewhere.example", "clerk@city.example"
PROGRAM = (
    b"From: Mallory <a@elsewhere.example>\r\nTo: clerk@city.example\r\n"
    b"Subject: =?utf-8?q?tool=0D=0ABcc:_x=40y.example?= \x1b[31m\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nHere is the tool you asked for.\r\n"
    b'--b\r\nContent-Type: application/octet-stream; name="tool.exe"\r\n\r\nMZ\r\n--b--\r\n'
)


def test_released_only_after_250_and_the_octets_are_those_received(
    mailward: Callable[..., Any], postfix: Postfix
) -> None:
    """Catalogue I10."""
    gateway = mailward(f"host: 127.0.0.1, port: {postfix.port}")
    assert gateway.send(SENDER, [CLERK], PROGRAM)[0] == 250
    (item,) = gateway.held()
    gateway.cli("quarantine", "release", item["id"], "--reason", "known tool", "--by", "ada")
    (arrived,) = postfix.wait_for(1, 20)
    assert arrived.endswith(PROGRAM)
    assert b"Mailward-Verdict: released;" in arrived
    (item,) = gateway.held("--state", "released")
    (recipient,) = item["recipients"]
    assert recipient["state"] == "released" and recipient["reply"].startswith("250")


def test_a_next_hop_that_is_away_leaves_it_held_with_exit_75(mailward: Callable[..., Any], postfix: Postfix) -> None:
    gateway = mailward(f"host: 127.0.0.1, port: {postfix.port}")
    gateway.send(SENDER, [CLERK], PROGRAM)
    (item,) = gateway.held()
    gateway.config.write_text(gateway.config.read_text().replace(f"port: {postfix.port}", "port: 1"))
    gateway.cli("quarantine", "release", item["id"], "--reason", "known tool", expect=75)
    (item,) = gateway.held()
    assert item["state"] == "held"


def test_a_recipient_that_the_next_hop_refuses_for_good_is_exit_1_and_stays(
    mailward: Callable[..., Any], postfix: Postfix
) -> None:
    gateway = mailward()
    gateway.send(SENDER, ["nobody@city.example"], PROGRAM)
    (item,) = gateway.held()
    hop = next(line for line in gateway.config.read_text().splitlines() if line.startswith("next_hops"))
    text = gateway.config.read_text().replace(
        hop, f"next_hops: [{{name: onward, host: 127.0.0.1, port: {postfix.port}}}]"
    )
    gateway.config.write_text(text)
    gateway.cli("quarantine", "release", item["id"], "--reason", "known tool", expect=1)
    (item,) = gateway.held()
    assert item["state"] == "held" and "550" in item["recipients"][0]["reply"]


def test_show_gives_verdict_clause_evidence_and_safe_text(mailward: Callable[..., Any]) -> None:
    gateway = mailward()
    gateway.send(SENDER, [CLERK], PROGRAM)
    (item,) = gateway.held()
    shown = gateway.cli("quarantine", "show", item["id"])
    assert "executable-attachment" in shown and "ATU-C9" in shown and "tool.exe" in shown
    assert "Here is the tool you asked for." in shown
    assert "\x1b" not in shown, "what came by mail must not act on a terminal"


def test_a_deleted_message_is_gone_and_its_record_stays(mailward: Callable[..., Any]) -> None:
    gateway = mailward()
    gateway.send(SENDER, [CLERK], PROGRAM)
    (item,) = gateway.held()
    gateway.cli("quarantine", "delete", item["id"], "--reason", "malware", "--by", "ada")
    assert gateway.held("--state", "held") == []
    (item,) = gateway.held("--state", "deleted")
    gateway.cli("quarantine", "release", item["id"], "--reason", "changed my mind", expect=1)
    gateway.cli("audit", "verify")


def test_the_digest_tells_all_of_it_and_holds_one_header_block(
    mailward: Callable[..., Any], delivered: Callable[[], list[bytes]]
) -> None:
    """Catalogue F04, I08: an encoded newline with Bcc in a held subject makes no field of the digest."""
    gateway = mailward(extra="digest: {to: [it@city.example], sender: m@city.example, next_hop: onward}\n")
    gateway.send(SENDER, [CLERK, "finance@city.example"], PROGRAM)
    (item,) = gateway.held()
    gateway.cli("quarantine", "release", item["id"], "--recipient", CLERK, "--reason", "known tool", "--by", "ada")
    shown = gateway.cli("digest", "show")
    for words in (item["id"], CLERK, "finance@city.example", "executable-attachment", "ATU-C9", "ada", "known tool"):
        assert words in shown, words
    gateway.cli("digest", "send")
    digest = next(content for content in delivered() if b"Auto-Submitted: auto-generated" in content)
    head = digest.partition(b"\r\n\r\n")[0].lower()
    assert b"\r\nbcc:" not in head
    assert head.count(b"\r\nsubject:") == 1
    assert head.startswith(b"return-path: <m@city.example>\r\n"), "F09: no null reverse-path on what is no bounce"


def test_list_json_is_the_contract(mailward: Callable[..., Any]) -> None:
    gateway = mailward()
    gateway.send(SENDER, [CLERK], PROGRAM)
    (item,) = gateway.held()
    assert set(item) >= {
        "id",
        "received",
        "state",
        "quarantine",
        "mail_from",
        "recipients",
        "subject",
        "size",
        "sha256",
        "findings",
        "legal_hold",
        "expires",
    }
    assert item["mail_from"] == SENDER and item["size"] == len(PROGRAM)
    assert set(item["recipients"][0]) >= {"address", "state", "reply"}
    assert json.dumps(item)
