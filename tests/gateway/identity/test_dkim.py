"""DKIM: signatures by dkimpy verified by us, and F06: what must never count."""

import time
from pathlib import Path
from typing import Any

import dkim
import pytest

from gateway.identity.bodies import Bodies
from gateway.identity.dkim import MAX_SIGNATURES, verify_dkim
from gateway.identity.resolver import RecordType
from rules.identity import DkimResult, Result
from rules.message import Message

VECTORS = Path(__file__).parents[4] / "shared" / "corpora" / "auth"
NAME = ("s1._domainkey.city.example", RecordType.TXT)

CONTENT = (
    b"From: Ann Marlow <ann.marlow@city.example>\r\nTo: b@elsewhere.example\r\nSubject: minutes \t of  Monday\r\n"
    b"Date: Mon, 2 Nov 2026 09:00:00 +0000\r\nMessage-ID: <1@city.example>\r\n\r\nThe minutes. \r\n\r\nAnn\r\n\r\n"
)


async def results(asking: Any, content: bytes, now: float = 0) -> tuple[DkimResult, ...]:
    message = Message(content)
    return await verify_dkim(asking, tuple(message.fields()), Bodies(message), now)


async def result(asking: Any, content: bytes, now: float = 0) -> Result:
    (found,) = await results(asking, content, now)
    return found.result


@pytest.fixture
def dns(table: Any, rsa_key: Any) -> Any:
    return table({NAME: (rsa_key.record,)})


@pytest.fixture
def sign(rsa_key: Any) -> Any:
    def sign(content: bytes = CONTENT, **options: Any) -> bytes:
        return bytes(dkim.sign(content, b"s1", b"city.example", rsa_key.pem, **options)) + content

    return sign


@pytest.mark.parametrize("body", [b"simple", b"relaxed"])
@pytest.mark.parametrize("header", [b"simple", b"relaxed"])
async def test_signatures_of_every_form_pass(dns: Any, sign: Any, header: bytes, body: bytes) -> None:
    assert await result(dns, sign(canonicalize=(header, body))) is Result.PASS


async def test_ed25519_passes(table: Any, ed25519_key: Any) -> None:
    signature = dkim.sign(CONTENT, b"s1", b"city.example", ed25519_key.pem, signature_algorithm=b"ed25519-sha256")
    assert await result(table({NAME: (ed25519_key.record,)}), signature + CONTENT) is Result.PASS


@pytest.mark.parametrize(
    ("old", "new"), [(b"The minutes", b"The Minutes"), (b"minutes \t", b"Minutes \t"), (b"Ann Marlow", b"Anne Marlow")]
)
async def test_a_change_fails(dns: Any, sign: Any, old: bytes, new: bytes) -> None:
    assert await result(dns, sign().replace(old, new)) is Result.FAIL


async def test_fields_put_before_change_nothing(dns: Any, sign: Any) -> None:
    assert await result(dns, b"Received: from x\r\nMailward-Verdict: pass\r\n" + sign()) is Result.PASS


async def test_f06_an_l_tag_with_an_appended_part_is_not_relied_upon(dns: Any, sign: Any) -> None:
    whole = sign(length=True)
    assert await result(dns, whole) is Result.PASS
    assert await result(dns, whole + b"<b>Pay here</b>\r\n") is Result.POLICY


@pytest.mark.parametrize("field", [b"Subject: Pay here\r\n", b"From: mayor@city.example\r\n"])
async def test_f06_a_second_field_beside_the_signed_one_is_not_relied_upon(dns: Any, sign: Any, field: bytes) -> None:
    assert await result(dns, field + sign(include_headers=[b"from", b"subject"])) in (Result.POLICY, Result.FAIL)


async def test_f06_sha1_never_counts(table: Any, rsa_key: Any) -> None:
    signature = dkim.sign(CONTENT, b"s1", b"city.example", rsa_key.pem, signature_algorithm=b"rsa-sha256")
    content = signature.replace(b"rsa-sha256", b"rsa-sha1") + CONTENT
    assert await result(table({NAME: (rsa_key.record,)}), content) is Result.PERMERROR


async def test_f06_a_key_of_512_bits_never_counts(table: Any, short_key: Any, sign: Any) -> None:
    (found,) = await results(table({NAME: (short_key.record,)}), sign())
    assert found.result is Result.PERMERROR and "512 bits" in found.detail


async def test_f06_an_expired_signature_is_not_relied_upon(dns: Any, sign: Any) -> None:
    content = sign().replace(b"; d=", b"; x=100; d=", 1)
    assert await result(dns, content, now=101) is Result.POLICY


@pytest.mark.parametrize("domain", [b'"city.example"', b"city.example(a)", b"city..example", b"-", b"x" * 300, b"a b"])
async def test_f06_domains_that_are_none(dns: Any, sign: Any, domain: bytes) -> None:
    (found,) = await results(dns, sign().replace(b"d=city.example", b"d=" + domain, 1))
    assert found.result is Result.PERMERROR and (found.domain == "" or domain == b"-")


async def test_f06_a_nul_in_the_selector(dns: Any, sign: Any) -> None:
    assert await result(dns, sign().replace(b"s=s1", b"s=s1\0x", 1)) is Result.PERMERROR


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"v=1;", b"v=2;"),
        (b"v=1;", b"v=1; l=99999;"),
        (b"v=1;", b"v=1; l=x;"),
        (b"v=1;", b"v=1; i=@elsewhere.example;"),
        (b"v=1;", b"v=1; v=1;"),
        (b"bh=", b"bg="),
        (b"c=relaxed/simple", b"c=nofws/simple"),
    ],
)
async def test_what_is_no_signature_is_an_error(dns: Any, sign: Any, old: bytes, new: bytes) -> None:
    content = sign()
    assert old in content
    assert await result(dns, content.replace(old, new, 1)) is Result.PERMERROR


async def test_from_has_to_be_signed(dns: Any, sign: Any) -> None:
    head, tail = sign().split(b"h=", 1)
    names, rest = tail.split(b";", 1)
    content = head + b"h=" + names.replace(b"from", b"date") + b";" + rest
    assert await result(dns, content) is Result.PERMERROR


async def test_keys(table: Any, sign: Any, rsa_key: Any) -> None:
    for records, failing, expected in (
        ({}, frozenset(), Result.PERMERROR),
        ({NAME: (rsa_key.record, rsa_key.record)}, frozenset(), Result.PERMERROR),
        ({NAME: ("p=",)}, frozenset(), Result.PERMERROR),
        ({}, frozenset({NAME[0]}), Result.TEMPERROR),
    ):
        assert await result(table(records, failing), sign()) is expected


async def test_so_many_signatures_are_looked_at_and_no_more(dns: Any, sign: Any) -> None:
    signature = sign()[: -len(CONTENT)]
    assert len(await results(dns, signature * MAX_SIGNATURES + CONTENT)) == MAX_SIGNATURES
    assert len(await results(dns, signature * (MAX_SIGNATURES + 1) + CONTENT)) == MAX_SIGNATURES


async def test_a_body_is_hashed_for_no_more_than_four_forms(dns: Any) -> None:
    """Each l= of its own would be a pass over the whole body."""
    message = Message(CONTENT)
    bodies = Bodies(message)
    signature = b"DKIM-Signature: v=1; a=rsa-sha256; d=city.example; s=s1; h=from; bh=AAAA; b=AAAA; l=%d\r\n"
    content = b"".join(signature % number for number in range(1, 9)) + CONTENT
    await verify_dkim(dns, tuple(Message(content).fields()), bodies, 0)
    assert len(bodies._known) == 4


async def test_a_large_body_is_hashed_quickly(dns: Any, sign: Any) -> None:
    content = CONTENT + b"A line of seventy-two characters of base64, as attachments have them all.\r\n" * 70_000
    signed = sign(content)
    start = time.process_time()
    assert await result(dns, signed) is Result.PASS
    assert time.process_time() - start < 0.5  # 15 ms here


@pytest.mark.corpus
async def test_the_signatures_of_rfc_8463(table: Any) -> None:
    path = VECTORS / "stalwart-mail-auth" / "resources" / "dkim" / "001.txt"
    if not path.is_file():
        pytest.skip("the corpora are not beside this checkout")
    records, _, message = path.read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")
    known = {
        (name, RecordType.TXT): (text,)
        for name, _, text in (line.partition(" ") for line in records.decode().splitlines())
    }
    found = await results(table(known), message.replace(b"\n", b"\r\n"))
    assert [item.result for item in found] == [Result.PASS, Result.PASS]
