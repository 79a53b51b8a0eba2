"""Identification as the pipeline uses it: proof in, fields and signatures out, and no message lost for want of them."""

import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import dkim
import pytest

from gateway.config import load_config
from gateway.identity import CannotIdentify
from gateway.identity.identification import Identification, start_identification
from gateway.smtp.spool import Spool, SpoolFile
from rules.identity import Authentication, DmarcResult, Identity, Result, Rung
from rules.message import Message
from rules.transaction import ListenerKind, Transaction

SECRET = "0123456789abcdef"
CONTENT = b"From: Ann <ann@city.example>\r\nSubject: s\r\n\r\nbody\r\n"


@pytest.fixture
def start(config_file: Callable[..., Path], tmp_path: Path, rsa_key: Any) -> Callable[[str], Identification]:
    def start(extra: str) -> Identification:
        (tmp_path / "key.pem").write_bytes(rsa_key.pem)
        (tmp_path / "stamp").write_text(SECRET)
        for name in ("key.pem", "stamp"):
            (tmp_path / name).chmod(0o600)
        return start_identification(load_config(config_file(f"identity: {{{extra}}}\n")))

    return start


SIGN = "sign: {domain: city.example, selector: s1, key: key.pem"


def of(transaction: Transaction, content: bytes = CONTENT, kind: ListenerKind = ListenerKind.INTERNAL) -> Transaction:
    return replace(transaction, message=Message(content), kind=kind)


async def test_the_stamp_proves_the_mailbox_and_goes_no_further(start: Any, transaction: Transaction) -> None:
    stamped = of(transaction, f"X-Mailward-Exch-Auth: {SECRET}\r\n".encode() + CONTENT)
    found = await start("stamp_files: [stamp]").identify(stamped)
    assert (found.identity.rung, found.identity.person) == (Rung.EXCHANGE, "ann@city.example")
    assert SECRET.encode() not in bytes(found.message.octets)
    assert len(found.message) == len(stamped.message)


STAMPED = f"From: Ann <ann@city.example>\r\nX-Mailward-Exch-Auth: {SECRET}\r\nSubject: s\r\n\r\n{SECRET}\r\n".encode()


@pytest.mark.parametrize("in_file", [False, True])
async def test_the_secret_is_struck_out_and_nothing_else_moves(
    start: Any, transaction: Transaction, in_file: bool, tmp_path: Path
) -> None:
    """A content of more than 1 MiB is a map of its file, which a worker and the quarantine read."""
    content: Any = STAMPED
    if in_file:
        spooled = SpoolFile(Spool(tmp_path))
        spooled.write(STAMPED)
        content = spooled.read()
    found = await start("stamp_files: [stamp]").identify(of(transaction, content))
    assert found.identity.rung is Rung.EXCHANGE
    assert bytes(found.message.octets[:]) == STAMPED.replace(SECRET.encode(), b"*" * len(SECRET), 1)
    if in_file:
        assert os.pread(content.descriptor, len(STAMPED), 0) == found.message.octets[:], "what a worker reads"


async def test_a_message_without_a_stamp_stays_the_same_object(start: Any, transaction: Transaction) -> None:
    plain = of(transaction)
    assert (await start("stamp_files: [stamp]").identify(plain)).message is plain.message


async def test_without_authentication_there_are_no_results(start: Any, transaction: Transaction) -> None:
    found = await start("certificates: [ex.city.example]").identify(of(transaction, kind=ListenerKind.EDGE))
    assert found.identity.authentication is None
    assert start("certificates: [ex.city.example]").results(found) == b""


async def test_f07_a_dead_resolver_holds_nothing_up(start: Any, transaction: Transaction) -> None:
    identification = start("authenticate: true, nameservers: [127.0.0.1], nameserver_port: 9, seconds: 1")
    edge = of(transaction, kind=ListenerKind.EDGE)
    found = await identification.identify(edge)
    assert found.identity.authentication is not None and found.identity.authentication.undecided
    assert b"spf=temperror" in identification.results(found)
    assert not identification.must_wait(found)
    assert (await identification.identify(of(transaction))).identity == Identity(rung=Rung.NETWORK)
    await identification.close()


async def test_f07_requires_auth_makes_the_sender_wait(start: Any, transaction: Transaction) -> None:
    identification = start("authenticate: true, requires_auth: true, nameservers: [127.0.0.1], nameserver_port: 9")
    assert identification.must_wait(await identification.identify(of(transaction, kind=ListenerKind.EDGE)))
    await identification.close()


async def test_what_we_changed_is_signed(start: Any, transaction: Transaction, rsa_key: Any) -> None:
    identification = start(f"{SIGN}}}")
    pieces = (b"Mailward-Verdict: tag\r\n", CONTENT)
    assert await identification.signed(of(transaction), pieces, changed=False) == pieces
    signed = b"".join(await identification.signed(of(transaction), pieces, changed=True))
    assert signed.endswith(b"".join(pieces))
    assert dkim.verify(signed, dnsfunc=lambda *_, **__: rsa_key.record.encode())


async def test_everything_of_ours_is_signed_where_it_is_asked_for(start: Any, transaction: Transaction) -> None:
    identification = start(f"{SIGN}, all: true}}")
    assert len(await identification.signed(of(transaction), (CONTENT,), changed=False)) == 2
    others = of(transaction, CONTENT.replace(b"@city", b"@notcity"))
    assert len(await identification.signed(others, (CONTENT,), changed=True)) == 1


async def test_what_was_authenticated_is_sealed(start: Any, transaction: Transaction) -> None:
    identification = start(f"{SIGN}, seal: true}}")
    found = Authentication(dmarc=DmarcResult(result=Result.PASS, author="elsewhere.example"))
    edge = of(transaction, kind=ListenerKind.EDGE)
    proved = replace(edge, identity=replace(edge.identity, authentication=found))
    added = (await identification.signed(proved, (CONTENT,), changed=False))[0]
    assert bytes(added).startswith(b"ARC-Seal: i=1;")
    assert await identification.signed(edge, (CONTENT,), changed=True) == (CONTENT,)


async def test_a_message_that_cannot_be_signed_leaves_all_the_same(
    start: Any, transaction: Transaction, caplog: pytest.LogCaptureFixture
) -> None:
    identification = start(f"{SIGN}}}")
    with caplog.at_level(logging.WARNING, "mailward.identity"):
        pieces = (b"no end of the header",)
        assert await identification.signed(of(transaction), pieces, changed=True) == pieces
    assert "without our signature" in caplog.text


async def test_a_changed_key_counts_from_the_next_start(
    start: Any, transaction: Transaction, tmp_path: Path, ed25519_key: Any
) -> None:
    start(f"{SIGN}}}")
    (tmp_path / "key.pem").write_bytes(ed25519_key.pem)
    identification = start_identification(load_config(tmp_path / "mailward.yaml"))
    added = (await identification.signed(of(transaction), (CONTENT,), changed=True))[0]
    assert b"a=ed25519-sha256" in bytes(added)


@pytest.mark.parametrize("extra", [f"{SIGN.replace('key.pem', 'none.pem')}}}", "stamp_files: [none]"])
def test_a_key_or_secret_that_is_not_there_is_refused(start: Any, extra: str) -> None:
    with pytest.raises(CannotIdentify, match="No such file"):
        start(extra)


def test_a_key_that_others_can_read_is_refused(start: Any, tmp_path: Path) -> None:
    start(f"{SIGN}}}")
    shutil.copy(tmp_path / "key.pem", tmp_path / "open.pem")
    (tmp_path / "open.pem").chmod(0o644)
    with pytest.raises(CannotIdentify, match="chmod"):
        start(f"{SIGN.replace('key.pem', 'open.pem')}}}")
