"""How a session begins: greeting, EHLO and STARTTLS, with and without a certificate worth its name (B11, B12)."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from gateway.config import NextHop, Tls
from gateway.egress import Shipment
from gateway.relay.channel import NextHopError
from gateway.relay.session import connect, tls_context
from gateway.relay.smtp_egress import SmtpEgress
from gateway.reply import NEXT_HOP_AWAY
from rules.transaction import Envelope, Recipient

STARTTLS = "250-mx.city.example\r\n250-PIPELINING\r\n250 STARTTLS"
NAME = "mx.city.example"
People = tuple[Recipient, Recipient, Recipient]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def authorities(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def context(authority: trustme.CA, name: str = NAME, until: datetime | None = None) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    since = None if until is None else until - timedelta(days=30)
    authority.issue_cert(name, not_before=since, not_after=until).configure_cert(made)
    return made


async def deliver(pool: Any, envelope: Envelope, people: People) -> str:
    egress = SmtpEgress(pool)
    await egress.offer(envelope, people[0])
    [delivery] = await egress.send(envelope, Shipment(recipients=people[:1], pieces=(b"a: b\r\n\r\nc\r\n",)))
    await egress.close()
    return str(delivery.reply)


async def test_required_and_verified(
    serve: Any, pool_of: Any, authority: trustme.CA, authorities: Path, envelope: Envelope, people: People
) -> None:
    server = await serve({"EHLO": STARTTLS}, context(authority))
    pool = pool_of(server.port, tls=Tls.REQUIRED, tls_name=NAME, tls_ca=authorities)
    assert await deliver(pool, envelope, people) == "250 2.0.0 queued"
    assert server.arrived[0].secured
    assert [line.split(" ")[0] for line in server.commands[:4]] == ["EHLO", "STARTTLS", "EHLO", "MAIL"]


async def test_b12_required_wrong_name(
    serve: Any, pool_of: Any, authority: trustme.CA, authorities: Path, envelope: Envelope, people: People
) -> None:
    server = await serve({"EHLO": STARTTLS}, context(authority, "other.city.example"))
    pool = pool_of(server.port, tls=Tls.REQUIRED, tls_name=NAME, tls_ca=authorities)
    assert await deliver(pool, envelope, people) == str(NEXT_HOP_AWAY)
    assert "TLS" in pool.health.last_failure
    assert not any(line.startswith("MAIL") for line in server.commands)


async def test_b12_required_expired(
    serve: Any, pool_of: Any, authority: trustme.CA, authorities: Path, envelope: Envelope, people: People
) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    server = await serve({"EHLO": STARTTLS}, context(authority, until=yesterday))
    pool = pool_of(server.port, tls=Tls.REQUIRED, tls_name=NAME, tls_ca=authorities)
    assert await deliver(pool, envelope, people) == str(NEXT_HOP_AWAY)
    assert not any(line.startswith("MAIL") for line in server.commands)


async def test_b12_required_unknown_authority(
    serve: Any, pool_of: Any, authorities: Path, envelope: Envelope, people: People
) -> None:
    server = await serve({"EHLO": STARTTLS}, context(trustme.CA()))
    pool = pool_of(server.port, tls=Tls.REQUIRED, tls_name=NAME, tls_ca=authorities)
    assert await deliver(pool, envelope, people) == str(NEXT_HOP_AWAY)
    assert not any(line.startswith("MAIL") for line in server.commands)


@pytest.mark.parametrize("answers", [{}, {"EHLO": STARTTLS, "STARTTLS": "454 4.7.0 not now"}])
async def test_b12_required_and_stripped(
    serve: Any, pool_of: Any, authorities: Path, envelope: Envelope, people: People, answers: dict[str, str]
) -> None:
    server = await serve(answers)
    pool = pool_of(server.port, tls=Tls.REQUIRED, tls_name=NAME, tls_ca=authorities)
    assert await deliver(pool, envelope, people) == str(NEXT_HOP_AWAY)
    assert not any(line.startswith("MAIL") for line in server.commands)


@pytest.mark.parametrize("tls", [Tls.OPPORTUNISTIC, Tls.REQUIRED])
@pytest.mark.parametrize("injected", [b"250 2.0.0 mine\r\n", b"250-mine", b"x" * 10])
async def test_b11_octets_injected_before_the_handshake(
    serve: Any,
    pool_of: Any,
    authority: trustme.CA,
    authorities: Path,
    envelope: Envelope,
    people: People,
    tls: Tls,
    injected: bytes,
) -> None:
    server = await serve({"EHLO": STARTTLS, "STARTTLS": b"220 go ahead\r\n" + injected}, context(authority))
    pool = pool_of(server.port, tls=tls, tls_name=NAME, tls_ca=authorities)
    assert await deliver(pool, envelope, people) == str(NEXT_HOP_AWAY)
    assert not any(line.startswith("MAIL") for line in server.commands)


async def test_opportunistic_takes_any_certificate(
    serve: Any, pool_of: Any, envelope: Envelope, people: People
) -> None:
    server = await serve({"EHLO": STARTTLS}, context(trustme.CA(), "whoever.example"))
    assert await deliver(pool_of(server.port, tls=Tls.OPPORTUNISTIC), envelope, people) == "250 2.0.0 queued"
    assert server.arrived[0].secured


@pytest.mark.parametrize(
    "starttls",
    [
        pytest.param("454 4.7.0 not now", id="refused"),
        pytest.param(["220 go ahead and find no TLS here"], id="handshake fails"),
    ],
)
async def test_opportunistic_goes_on_in_plain_text(
    serve: Any, pool_of: Any, authority: trustme.CA, envelope: Envelope, people: People, starttls: Any
) -> None:
    impossible = context(authority)
    impossible.minimum_version = ssl.TLSVersion.TLSv1_3
    server = await serve({"EHLO": STARTTLS, "STARTTLS": starttls}, impossible)
    pool = pool_of(server.port, tls=Tls.OPPORTUNISTIC)
    pool._context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert await deliver(pool, envelope, people) == "250 2.0.0 queued"
    assert not server.arrived[0].secured


async def test_off_never_says_starttls(
    serve: Any, pool_of: Any, authority: trustme.CA, envelope: Envelope, people: People
) -> None:
    server = await serve({"EHLO": STARTTLS}, context(authority))
    assert await deliver(pool_of(server.port, tls=Tls.OFF), envelope, people) == "250 2.0.0 queued"
    assert "STARTTLS" not in server.commands


async def test_extensions_are_those_said_under_tls(serve: Any, authority: trustme.CA, authorities: Path) -> None:
    server = await serve({"EHLO": [STARTTLS, "250-mx.city.example\r\n250 DSN"]}, context(authority))
    hop = NextHop(name="x", host="127.0.0.1", port=server.port, tls=Tls.REQUIRED, tls_name=NAME, tls_ca=authorities)
    connection = await connect(hop, "gw.city.example", tls_context(hop))
    assert connection.extensions.dsn and not connection.extensions.pipelining
    connection.close()


async def test_a_name_that_does_not_resolve() -> None:
    hop = NextHop(name="x", host="no-such-host.invalid", port=25)
    with pytest.raises(NextHopError, match="connect"):
        await connect(hop, "gw.city.example", None)


def test_missing_authorities_are_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        tls_context(NextHop(name="x", host="127.0.0.1", tls=Tls.REQUIRED, tls_ca=tmp_path / "none.pem"))
