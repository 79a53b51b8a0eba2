"""Keys of DKIM and ARC: public ones from the DNS, private ones from files. Imports dkimpy and PyNaCl, alone.

Of dkimpy its RSA is used. Its readers of messages are not: they split a whole message into lines in the gateway
process, and its ARC signer believes any Authentication-Results that bears our name.
"""

import base64
import binascii
import hashlib
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import nacl.exceptions
import nacl.signing
from dkim.crypto import RSASSA_PKCS1_v1_5_sign, RSASSA_PKCS1_v1_5_verify, parse_pem_private_key, parse_public_key

from gateway.identity.tags import TagError, parse_tags, without_blanks

LEAST_BITS = 1_024  # RFC 8301 section 3.2: shorter keys must not count
MOST_BITS = 4_096  # RFC 8301 asks for as many; longer ones would only cost us time
MOST_EXPONENT = 2**32  # RSA with a larger one is not in use, and verifying costs by its length
MAX_KEY = 1_024  # octets of a public key; 4096 bits take 550
ED25519_OCTETS = 32


class KeyKind(StrEnum):
    RSA = "rsa"
    ED25519 = "ed25519"


class UnusableKey(ValueError):
    """The key cannot be used; the reason is fit for a log and never holds the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RsaKey:
    modulus: int
    exponent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A key record (RFC 6376 section 3.6.1). `exact`: i= must name the domain itself (flag s)."""

    kind: KeyKind
    rsa: RsaKey | None = None
    ed25519: bytes = b""
    exact: bool = False


def parse_key_record(text: str) -> PublicKey:
    """Raises UnusableKey for a record that is malformed, withdrawn, for something else, or too weak or too large."""
    try:
        tags = parse_tags(text)
    except TagError as error:
        raise UnusableKey(f"key record: {error}") from None
    if tags.get("v", "DKIM1") != "DKIM1" or ("v" in tags and next(iter(tags)) != "v"):
        raise UnusableKey("key record of another version")
    if "sha256" not in _list(tags.get("h", "sha256")):
        raise UnusableKey("key is not for sha256")
    if not {"*", "email"} & _list(tags.get("s", "*")):
        raise UnusableKey("key is not for mail")
    kind = tags.get("k", "rsa")
    if kind not in tuple(KeyKind):
        raise UnusableKey("key of an unknown kind")
    octets = _decoded(tags.get("p", ""))
    flags = _list(tags.get("t", ""))
    found = KeyKind(kind)
    return PublicKey(
        kind=found,
        rsa=_rsa(octets) if found is KeyKind.RSA else None,
        ed25519=_ed25519(octets) if found is KeyKind.ED25519 else b"",
        exact="s" in flags,
    )


def _list(text: str) -> set[str]:
    return set(without_blanks(text).split(":"))


def _decoded(text: str) -> bytes:
    plain = without_blanks(text)
    if not plain:
        raise UnusableKey("key is withdrawn")
    if len(plain) > MAX_KEY * 4 // 3:
        raise UnusableKey(f"key of more than {MAX_KEY} octets")
    try:
        return base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        raise UnusableKey("key is not base64") from None


def _rsa(octets: bytes) -> RsaKey:
    try:
        found = parse_public_key(octets)
        key = RsaKey(modulus=int(found["modulus"]), exponent=int(found["publicExponent"]))
    except Exception:  # the reader raises whatever its indexing meets
        raise UnusableKey("not an RSA key") from None
    if not LEAST_BITS <= key.modulus.bit_length() <= MOST_BITS:
        raise UnusableKey(f"RSA key of {key.modulus.bit_length()} bits")
    if not 3 <= key.exponent <= MOST_EXPONENT or key.exponent % 2 == 0:
        raise UnusableKey("RSA exponent out of range")
    return key


def _ed25519(octets: bytes) -> bytes:
    if len(octets) != ED25519_OCTETS:
        raise UnusableKey("not an Ed25519 key")
    return octets


def verifies(key: PublicKey, signed: bytes, signature: bytes) -> bool:
    """Whether the signature is the key's over `signed` (RFC 6376 section 3.3, RFC 8463). Never raises."""
    digest = hashlib.sha256(signed)
    if key.rsa is not None:
        octets = (key.rsa.modulus.bit_length() + 7) // 8
        if len(signature) != octets or int.from_bytes(signature, "big") >= key.rsa.modulus:  # RFC 8017 section 8.2.2
            return False
        return bool(
            RSASSA_PKCS1_v1_5_verify(
                digest, signature, {"modulus": key.rsa.modulus, "publicExponent": key.rsa.exponent}
            )
        )
    try:
        nacl.signing.VerifyKey(key.ed25519).verify(digest.digest(), signature)
    except (nacl.exceptions.CryptoError, ValueError, TypeError):
        return False
    return True


class PrivateKey:
    """A signing key; prints as its kind alone."""

    def __init__(self, kind: KeyKind, material: object) -> None:
        self.kind = kind
        self._material = material

    def __repr__(self) -> str:
        return f"PrivateKey({self.kind.value})"

    @property
    def algorithm(self) -> str:
        return f"{self.kind.value}-sha256"

    def sign(self, octets: bytes) -> bytes:
        digest = hashlib.sha256(octets)
        if isinstance(self._material, nacl.signing.SigningKey):
            return bytes(self._material.sign(digest.digest()).signature)
        return bytes(RSASSA_PKCS1_v1_5_sign(digest, self._material))


def load_private_key(path: Path) -> PrivateKey:
    """An RSA key as PEM, or the 32 octets of an Ed25519 key as base64 (what dknewkey writes).

    Raises UnusableKey, also for a file that others than its owner and group can read.
    """
    try:
        if path.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP):
            raise UnusableKey(f"{path}: others can read or change it; chmod 0640 or less")
        octets = path.read_bytes()
    except OSError as error:
        raise UnusableKey(f"{path}: {error.strerror}") from None
    if b"-----BEGIN" in octets:
        return PrivateKey(KeyKind.RSA, _private_rsa(path, octets))
    try:
        seed = base64.b64decode(octets.strip(), validate=True)
        return PrivateKey(KeyKind.ED25519, nacl.signing.SigningKey(seed))
    except (binascii.Error, ValueError, TypeError, nacl.exceptions.CryptoError):
        raise UnusableKey(f"{path}: neither an RSA key as PEM nor an Ed25519 key as base64") from None


def _private_rsa(path: Path, octets: bytes) -> dict[str, int]:
    try:
        found: dict[str, int] = parse_pem_private_key(octets.replace(b"\r\n", b"\n"))
    except Exception:
        raise UnusableKey(f"{path}: not an RSA key without a password") from None
    if not LEAST_BITS <= found["modulus"].bit_length() <= MOST_BITS:
        raise UnusableKey(
            f"{path}: RSA key of {found['modulus'].bit_length()} bits; {LEAST_BITS} to {MOST_BITS} are used"
        )
    return found
