"""Public keys that count and that do not, and private keys that may be used."""

import base64
from pathlib import Path
from typing import Any

import pytest

from gateway.identity.keys import MAX_KEY, UnusableKey, load_private_key, parse_key_record, verifies


def number(value: int) -> bytes:
    octets = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return b"\x02\x82" + len(octets).to_bytes(2, "big") + octets


def record(bits: int, exponent: int = 65_537) -> str:
    """A key record with a modulus of so many bits; nobody has the other half."""
    body = number((1 << (bits - 1)) + 1) + number(exponent)
    octets = b"\x30\x82" + len(body).to_bytes(2, "big") + body
    return f"p={base64.b64encode(octets).decode()}"


@pytest.mark.parametrize("bits", [1_024, 4_096])
def test_keys_of_so_many_bits_count(bits: int) -> None:
    key = parse_key_record(record(bits))
    assert key.rsa is not None and key.rsa.modulus.bit_length() == bits


@pytest.mark.parametrize("bits", [512, 1_023, 4_097])
def test_f06_shorter_and_longer_keys_do_not(bits: int) -> None:
    with pytest.raises(UnusableKey, match=f"{bits} bits"):
        parse_key_record(record(bits))


@pytest.mark.parametrize("exponent", [1, 65_536, 2**33 + 1])
def test_exponents_out_of_range_do_not(exponent: int) -> None:
    with pytest.raises(UnusableKey, match="exponent"):
        parse_key_record(record(2_048, exponent))


@pytest.mark.parametrize(
    "text",
    [
        "p=",
        "v=DKIM1; p=;",
        "v=DKIM2; p=AAAA",
        "k=rsa; v=DKIM1; p=AAAA",
        "k=dsa; p=AAAA",
        "h=sha1; p=AAAA",
        "s=web; p=AAAA",
        "p=AAAA",
        "p=***",
        "k=ed25519; p=AAAA",
        "p=" + "A" * (2 * MAX_KEY),
        "nonsense",
    ],
)
def test_records_that_are_no_key_for_mail_are_refused(text: str) -> None:
    with pytest.raises(UnusableKey):
        parse_key_record(text)


@pytest.mark.parametrize("fixture", ["rsa_key", "ed25519_key"])
def test_what_one_half_signs_the_other_verifies(fixture: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    pair: Any = request.getfixturevalue(fixture)
    path = tmp_path / "key"
    path.write_bytes(pair.pem)
    path.chmod(0o600)
    private, public = load_private_key(path), parse_key_record(pair.record)
    signature = private.sign(b"minutes")
    assert verifies(public, b"minutes", signature)
    assert not verifies(public, b"Minutes", signature)
    assert not verifies(public, b"minutes", signature[:-1])
    assert not verifies(public, b"minutes", b"\xff" * len(signature))
    assert "PRIVATE" not in repr(private)


@pytest.mark.parametrize("mode", [0o604, 0o620, 0o666])
def test_a_key_that_others_can_read_or_change_is_refused(tmp_path: Path, rsa_key: Any, mode: int) -> None:
    path = tmp_path / "key"
    path.write_bytes(rsa_key.pem)
    path.chmod(mode)
    with pytest.raises(UnusableKey, match="chmod"):
        load_private_key(path)


@pytest.mark.parametrize("octets", [b"", b"-----BEGIN X-----\nAAAA\n-----END X-----", b"AAAA", b"\xff\xfe"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(octets)
    path.chmod(0o600)
    with pytest.raises(UnusableKey):
        load_private_key(path)


def test_an_absent_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableKey, match="No such file"):
        load_private_key(tmp_path / "none")
