"""One message from outside, authenticated: all methods together, within one deadline."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import dkim
import pytest

from gateway.identity.resolver import Answer, RecordType
from gateway.identity.verifier import Verifier
from rules.address import parse_address
from rules.identity import Result
from rules.message import Message
from rules.transaction import Client, Direction, Envelope, ListenerKind, Transaction

CONTENT = b"From: Ann <ann@sender.example>\r\nSubject: s\r\n\r\nbody\r\n"


@pytest.fixture
def transaction() -> Transaction:
    return Transaction(
        id="t1",
        received=datetime(2026, 11, 2, tzinfo=UTC),
        listener="edge",
        kind=ListenerKind.EDGE,
        direction=Direction.INBOUND,
        client=Client(address="192.0.2.1", name="mx.sender.example"),
        envelope=Envelope(reverse_path=parse_address("bounce@sender.example"), recipients=()),
        message=Message(CONTENT),
    )


def records(rsa_key: Any) -> dict[tuple[str, RecordType], tuple[str, ...]]:
    return {
        ("sender.example", RecordType.TXT): ("v=spf1 ip4:192.0.2.1 -all",),
        ("mx.sender.example", RecordType.TXT): ("v=spf1 a -all",),
        ("mx.sender.example", RecordType.A): ("192.0.2.1",),
        ("_dmarc.sender.example", RecordType.TXT): ("v=DMARC1; p=reject",),
        ("s1._domainkey.sender.example", RecordType.TXT): (rsa_key.record,),
    }


async def test_what_is_in_order_passes(table: Any, rsa_key: Any, transaction: Transaction) -> None:
    signature = dkim.sign(CONTENT, b"s1", b"sender.example", rsa_key.pem)
    signed = replace(transaction, message=Message(signature + CONTENT))
    found = await Verifier(table(records(rsa_key))).authenticate(signed)
    assert found.spf.result is found.dkim[0].result is found.dmarc.result is Result.PASS
    assert found.arc.result is Result.NONE
    assert not found.undecided


async def test_a_stranger_fails(table: Any, rsa_key: Any, transaction: Transaction) -> None:
    stranger = replace(transaction, client=Client(address="198.51.100.9", name="x"))
    found = await Verifier(table(records(rsa_key))).authenticate(stranger)
    assert (found.spf.result, found.dmarc.result) == (Result.FAIL, Result.FAIL)


async def test_a_null_reverse_path_is_asked_by_the_hello_name(
    table: Any, rsa_key: Any, transaction: Transaction
) -> None:
    bounce = replace(transaction, envelope=replace(transaction.envelope, reverse_path=None))
    found = await Verifier(table(records(rsa_key))).authenticate(bounce)
    assert (found.spf.result, found.spf.domain) == (Result.PASS, "mx.sender.example")


class Silent:
    async def ask(self, name: str, kind: RecordType) -> Answer:
        await asyncio.sleep(60)
        raise AssertionError


async def test_f07_silence_is_temporary_after_the_deadline(transaction: Transaction) -> None:
    start = time.monotonic()
    found = await Verifier(Silent(), seconds=0.2).authenticate(transaction)
    assert time.monotonic() - start < 2
    assert (found.spf.result, found.dmarc.result) == (Result.TEMPERROR, Result.TEMPERROR)
    assert found.undecided and found.dmarc.author == "sender.example"


class Broken:
    async def ask(self, name: str, kind: RecordType) -> Answer:
        raise RuntimeError("a defect of ours")


async def test_a_defect_of_ours_is_temporary_too(transaction: Transaction) -> None:
    assert (await Verifier(Broken()).authenticate(transaction)).undecided


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n",
        b"no field at all",
        b"From: \xff\xfe@\x00\r\n\r\n",
        b"DKIM-Signature: " + b";" * 50_000 + b"\r\n\r\n",
        b"DKIM-Signature: v=1; b=" + b"A" * 60_000 + b"\r\n\r\n",
        b"ARC-Seal: i=1\r\n" * 500 + b"\r\n",
        b"From: a@x.example\r\n" * 900 + b"\r\n",
        b"From: " + b"(" * 60_000 + b"\r\n\r\n",
    ],
)
async def test_hostile_fields_cost_little_and_raise_nothing(
    table: Any, rsa_key: Any, transaction: Transaction, content: bytes
) -> None:
    start = time.process_time()
    found = await Verifier(table(records(rsa_key))).authenticate(replace(transaction, message=Message(content)))
    assert time.process_time() - start < 0.5
    assert not found.undecided and found.dmarc.result is not Result.PASS
