"""Our signatures and seals, verified by other programs: dkimpy, and OpenDKIM where Debian's tools are installed."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dkim
import pytest

from gateway.identity.arc import verify_arc
from gateway.identity.bodies import Bodies
from gateway.identity.keys import load_private_key
from gateway.identity.resolver import RecordType
from gateway.identity.signer import CannotSign, SigningKey, arc_fields, dkim_field
from rules.identity import ArcResult, Authentication, DmarcResult, Result, SpfResult
from rules.message import Message
from tests import opendkim

NAME = "s1._domainkey.city.example"
CONTENT = (
    b"Received: from x\r\nFrom: Ann <ann@city.example>\r\nTo: b@elsewhere.example\r\nSubject: minutes\r\n"
    b"Date: Mon, 2 Nov 2026 09:00:00 +0000\r\nMessage-ID: <1@city.example>\r\n\r\nThe  minutes.\t\r\n.\r\n\r\n\r\n"
)


@pytest.fixture(params=["rsa_key", "ed25519_key"])
def pair(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.fixture
def load(tmp_path: Path) -> Callable[[Any], SigningKey]:
    def load(pair: Any) -> SigningKey:
        path = tmp_path / "key"
        path.write_bytes(pair.pem)
        path.chmod(0o600)
        return SigningKey(domain="city.example", selector="s1", key=load_private_key(path))

    return load


def cut(content: bytes) -> tuple[bytes | memoryview, ...]:
    """The content in pieces, as it leaves."""
    view = memoryview(content)
    return (content[:7], view[7:100], view[100:])


def verified_by_dkimpy(content: bytes, pair: Any) -> bool:
    return bool(dkim.verify(content, dnsfunc=lambda *_, **__: pair.record.encode()))


def test_dkimpy_verifies_what_we_sign(pair: Any, load: Any) -> None:
    content = dkim_field(cut(CONTENT), load(pair), 1_700_000_000) + CONTENT
    assert verified_by_dkimpy(content, pair)
    assert not verified_by_dkimpy(content.replace(b"The  minutes", b"The  Minutes"), pair)


def test_a_from_or_subject_added_later_breaks_it(rsa_key: Any, load: Any) -> None:
    content = dkim_field(cut(CONTENT), load(rsa_key), 0) + CONTENT
    for name in (b"From: x@elsewhere.example", b"Subject: pay"):
        assert not verified_by_dkimpy(name + b"\r\n" + content, rsa_key)


@pytest.mark.real
def test_opendkim_verifies_what_we_sign(rsa_key: Any, load: Any, tmp_path: Path) -> None:
    program = opendkim.program()
    if program is None:
        pytest.skip("OpenDKIM is neither installed nor unpacked")
    content = dkim_field(cut(CONTENT), load(rsa_key), 1_700_000_000) + CONTENT
    (tmp_path / "keys").write_text(f"{NAME} {rsa_key.record}\n")
    (tmp_path / "conf").write_text(f"Mode v\nTestPublicKeys {tmp_path}/keys\nSyslog no\n")
    for octets, expected in ((content, b"dkim=pass"), (content.replace(b"minutes.", b"hours."), b"dkim=fail")):
        (tmp_path / "m.eml").write_bytes(octets)
        arguments = [program, "-x", str(tmp_path / "conf"), "-t", str(tmp_path / "m.eml"), "-vv"]
        done = subprocess.run(arguments, capture_output=True, timeout=30, env=opendkim.environment())
        assert expected in done.stdout, done


def authentication(arc: Result = Result.NONE) -> Authentication:
    return Authentication(
        spf=SpfResult(result=Result.PASS, domain="elsewhere.example"),
        dmarc=DmarcResult(result=Result.PASS, author="elsewhere.example"),
        arc=ArcResult(result=arc),
    )


async def chain_of(content: bytes, table: Any, pair: Any) -> ArcResult:
    message = Message(content)
    asking = table({(NAME, RecordType.TXT): (pair.record,)})
    return await verify_arc(asking, tuple(message.fields()), Bodies(message), 0, frozenset({"city.example"}))


async def test_seals_continue_a_chain(pair: Any, load: Any, table: Any) -> None:
    content, signing = CONTENT, load(pair)
    for number in range(1, 4):
        arc = Result.NONE if number == 1 else Result.PASS
        content = arc_fields(cut(content), signing, "mx.city.example", authentication(arc), 0) + content
        found = await chain_of(content, table, pair)
        assert found == ArcResult(result=Result.PASS, sealers=("city.example",) * number, trusted=True)
    broken = await chain_of(content.replace(b"minutes.", b"hours."), table, pair)
    assert broken.result is Result.FAIL and not broken.trusted


def test_dkimpy_verifies_the_seal(rsa_key: Any, load: Any) -> None:
    content = arc_fields(cut(CONTENT), load(rsa_key), "mx.city.example", authentication(), 0) + CONTENT
    cv, _, reason = dkim.arc_verify(content, dnsfunc=lambda *_, **__: rsa_key.record.encode())
    assert cv == dkim.CV_Pass, reason


async def test_a_broken_chain_is_sealed_as_broken(rsa_key: Any, load: Any, table: Any) -> None:
    content = arc_fields(cut(CONTENT), load(rsa_key), "mx", authentication(), 0) + CONTENT
    content = content.replace(b"minutes.", b"hours.")
    sealed = arc_fields(cut(content), load(rsa_key), "mx", authentication(Result.FAIL), 0)
    assert b"cv=fail" in sealed and b"i=2" in sealed
    assert (await chain_of(sealed + content, table, rsa_key)).result is Result.FAIL


def test_a_forgers_results_are_not_sealed(rsa_key: Any, load: Any) -> None:
    forged = b"Authentication-Results: mx.city.example; dmarc=pass header.from=forged.example\r\n" + CONTENT
    assert b"forged.example" not in arc_fields(cut(forged), load(rsa_key), "mx.city.example", authentication(), 0)


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: nobody\r\n\r\nbody\r\n",
        b"From: a@city.example\r\nFrom: b@city.example\r\n\r\n",
        b"From: a@city.example\r\nno end",
        b"From: a@city.example\r\n\r\n" + b"x" * 2_000_000,
    ],
)
def test_what_cannot_be_signed_says_so(rsa_key: Any, load: Any, content: bytes) -> None:
    with pytest.raises(CannotSign):
        dkim_field((content,), load(rsa_key), 0)


def test_a_chain_that_was_not_verified_is_not_continued(rsa_key: Any, load: Any) -> None:
    with pytest.raises(CannotSign):
        arc_fields(cut(CONTENT), load(rsa_key), "mx", authentication(Result.TEMPERROR), 0)
    with pytest.raises(CannotSign):
        arc_fields((b"ARC-Seal: i=2\r\n" + CONTENT,), load(rsa_key), "mx", authentication(Result.FAIL), 0)
