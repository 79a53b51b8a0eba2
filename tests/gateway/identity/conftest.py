"""A DNS that answers from a table, and keys, for tests of what reads answers and signatures."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from gateway.identity.resolver import Answer, Outcome, RecordType


@dataclass
class Table:
    """`records` maps (name, type) to texts. A name with other types only is empty, an unknown one absent."""

    records: Mapping[tuple[str, RecordType], tuple[str, ...]]
    failing: frozenset[str] = frozenset()
    asked: list[tuple[str, RecordType]] = field(default_factory=list)

    async def ask(self, name: str, kind: RecordType) -> Answer:
        name = name.lower().rstrip(".")
        self.asked.append((name, kind))
        if name in self.failing:
            return Answer(outcome=Outcome.TEMPORARY, detail="SERVFAIL")
        found = self.records.get((name, kind))
        if found:
            return Answer(outcome=Outcome.FOUND, records=found)
        known = any(other == name or other.endswith("." + name) for other, _ in self.records)
        return Answer(outcome=Outcome.EMPTY if known else Outcome.ABSENT)


@pytest.fixture
def table() -> type[Table]:
    return Table


@dataclass(frozen=True)
class KeyPair:
    """A key for tests: `pem` as dkimpy and we read it, `record` as the DNS has it."""

    pem: bytes
    record: str


def _rsa(bits: int) -> KeyPair:
    key = rsa.generate_private_key(65_537, bits)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(pem=pem, record=f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}")


@pytest.fixture(scope="session")
def rsa_key() -> KeyPair:
    return _rsa(2_048)


@pytest.fixture(scope="session")
def short_key() -> KeyPair:
    """512 bits, as no library makes them any more: the public record alone."""
    modulus = (1 << 511) + 1
    number = modulus.to_bytes(65, "big")
    body = b"\x02\x41" + number + b"\x02\x03\x01\x00\x01"
    return KeyPair(pem=b"", record=f"p={base64.b64encode(bytes([0x30, len(body)]) + body).decode()}")


@pytest.fixture(scope="session")
def ed25519_key() -> KeyPair:
    key = ed25519.Ed25519PrivateKey.generate()
    seed = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return KeyPair(pem=base64.b64encode(seed), record=f"v=DKIM1; k=ed25519; p={base64.b64encode(public).decode()}")
