"""The DNS: whether it answers, and whether it publishes the other half of our key."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from gateway.config import Config, Signing
from gateway.doctor import names
from gateway.doctor.names import check_names, judged_domain, judged_key, questions
from gateway.doctor.note import Grade
from gateway.identity.resolver import Answer, Outcome
from tests.ports import free_port


def pair(folder: Path) -> tuple[Signing, str]:
    """A signing key in a file, and the record that goes with it."""
    key = ed25519.Ed25519PrivateKey.generate()
    seed = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    file = folder / "dkim.key"
    file.write_bytes(base64.b64encode(seed))
    file.chmod(0o600)
    public = base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    return Signing(domain="city.example", selector="mw1", key=file), f"v=DKIM1; k=ed25519; p={public}"


def found(*records: str) -> Answer:
    return Answer(outcome=Outcome.FOUND, records=records)


def test_the_published_key_verifies_what_ours_signs(tmp_path: Path) -> None:
    sign, record = pair(tmp_path)
    assert judged_key(sign, found(record)).grade is Grade.GOOD


@pytest.mark.parametrize("case", ["another", "none", "two", "no key", "temporary"])
def test_anything_else_is_unsafe(case: str, tmp_path: Path) -> None:
    other = pair(tmp_path)[1]
    sign, record = pair(tmp_path)
    answer = {
        "another": found(other),
        "none": Answer(outcome=Outcome.ABSENT),
        "two": found(record, record),
        "no key": found("v=spf1 -all"),
        "temporary": Answer(outcome=Outcome.TEMPORARY, detail="SERVFAIL"),
    }[case]
    assert judged_key(sign, answer).grade is Grade.UNSAFE


def test_a_domain_without_mx_is_only_advice() -> None:
    assert judged_domain("city.example", found("mx.city.example")).grade is Grade.GOOD
    assert judged_domain("city.example", Answer(outcome=Outcome.ABSENT)).grade is Grade.ADVICE
    assert judged_domain("city.example", Answer(outcome=Outcome.TEMPORARY)).grade is Grade.UNSAFE


def test_nobody_is_asked_when_nothing_needs_it(
    configured: Callable[..., Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "Resolver", None)
    assert [note.grade for note in check_names(configured())] == [Grade.GOOD]


def test_a_resolver_that_is_away_is_unsafe(configured: Callable[..., Config]) -> None:
    settings = f"{{authenticate: true, nameservers: [127.0.0.1], nameserver_port: {free_port()}}}"
    (note,) = check_names(configured(f"identity: {settings}\n"))
    assert note.grade is Grade.UNSAFE and "127.0.0.1" in note.says


def test_the_key_is_asked_for_last(configured: Callable[..., Config], tmp_path: Path) -> None:
    pair(tmp_path)
    config = configured("identity: {sign: {domain: city.example, selector: mw1, key: dkim.key}}\n")
    assert [name for name, _ in questions(config)] == ["city.example", "mw1._domainkey.city.example"]
