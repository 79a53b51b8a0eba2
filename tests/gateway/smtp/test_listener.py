"""Starting, TLS, and ending: nobody is cut within a commit, nobody is let in while we leave."""

import asyncio
import socket
import ssl
from dataclasses import replace

import pytest
import trustme

from gateway.certificates import listener_tls
from gateway.config import Certificate
from gateway.smtp.listener import listening_socket, start_listener
from rules.transaction import ListenerKind


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def certificate(authority, tmp_path):
    issued = authority.issue_cert("mx.city.example")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    for blob in issued.cert_chain_pems:
        blob.write_to_path(chain, append=True)
    issued.private_key_pem.write_to_path(key)
    return Certificate(chain=chain, key=key)


@pytest.fixture
def trusting(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def to_tls(client, trusting, *, with_it: bytes = b"") -> None:
    client.send(b"STARTTLS\r\n" + with_it)
    assert (await client.reply()).startswith("220")
    await client.writer.start_tls(trusting, server_hostname="mx.city.example")


async def test_starttls_is_offered_and_works(opened, certificate, trusting):
    house = await opened(certificate=certificate)
    client = await house.talk()
    await client.reply()
    assert "STARTTLS" in await client.ask("EHLO a.example")
    await to_tls(client, trusting)
    assert (await client.ask("MAIL FROM:<ada@elsewhere.example>")).startswith("503 5.5.1 Send EHLO")
    assert "STARTTLS" not in await client.ask("EHLO b.example")
    assert (await client.ask("STARTTLS")).startswith("503")
    await client.ask("MAIL FROM:<ada@elsewhere.example>", "RCPT TO:<pat@city.example>")
    assert (await client.ask("DATA")).startswith("354")
    content = b"\r\n" + (b"y" * 98 + b"\r\n") * 30_000
    client.send(content + b".\r\n")
    assert (await client.reply()).startswith("250 2.0.0")
    ((transaction, received),) = house.city.received
    assert received == content
    assert transaction.client.tls
    assert transaction.client.name == "b.example"
    assert (await client.ask("QUIT")).startswith("221")


async def test_what_was_injected_behind_starttls_is_thrown_away_c08(opened, certificate, trusting):
    house = await opened(certificate=certificate)
    client = await house.talk()
    await client.reply()
    await client.ask("EHLO a.example")
    await to_tls(client, trusting, with_it=b"NOOP\r\nMAIL FROM:<x@y.example>\r\n")
    assert (await client.ask("EHLO b.example")).startswith("250-mx.city.example")
    assert (await client.ask("MAIL FROM:<ada@elsewhere.example>")).startswith("250 2.1.0")


async def test_a_transaction_does_not_live_through_starttls(opened, certificate, trusting):
    house = await opened(certificate=certificate)
    client = await house.talk()
    await client.reply()
    await client.ask("EHLO a.example", "MAIL FROM:<ada@elsewhere.example>", "RCPT TO:<pat@city.example>")
    await to_tls(client, trusting)
    await client.ask("EHLO a.example")
    assert (await client.ask("DATA")).startswith("503")
    assert house.city.closed == house.city.opened == 1


async def test_a_handshake_that_fails_ends_the_session(opened, certificate, until):
    house = await opened(certificate=certificate)
    client = await house.talk()
    await client.reply()
    await client.ask("EHLO a.example")
    client.send(b"STARTTLS\r\n")
    await client.reply()
    client.send(b"this is no handshake\r\n" * 10)
    await until(lambda: not house.listener._sessions)


async def test_a_client_that_leaves_within_the_handshake_gives_its_place_back(opened, certificate, until):
    house = await opened(certificate=certificate)
    client = await house.talk()
    await client.reply()
    await client.ask("EHLO a.example")
    client.send(b"STARTTLS\r\n")
    await client.reply()
    client.close()
    await until(lambda: not house.listener._sessions)
    assert house.listener._shared.connections._total == 0


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
async def test_old_tls_is_refused(opened, certificate, trusting):
    house = await opened(certificate=certificate)
    client = await house.talk()
    await client.reply()
    await client.ask("EHLO a.example")
    trusting.minimum_version = ssl.TLSVersion.TLSv1
    trusting.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((OSError, ssl.SSLError)):
        await to_tls(client, trusting)


async def test_a_certificate_that_cannot_be_read_does_not_start(opened, tmp_path):
    with pytest.raises(OSError):
        await opened(certificate=Certificate(chain=tmp_path / "none", key=tmp_path / "none"))


@pytest.fixture
def authorities(authority, tmp_path):
    """The file of authorities that an internal listener asks its clients for."""
    authority.cert_pem.write_to_path(tmp_path / "authorities.pem")
    return tmp_path / "authorities.pem"


async def names_seen(house, trusting) -> tuple[str, ...]:
    """What a delivery over TLS tells of the client's certificate."""
    client = await house.talk()
    await client.reply()
    await client.ask("EHLO ex1.city.example")
    await to_tls(client, trusting)
    await client.ask("EHLO ex1.city.example", "MAIL FROM:<ada@city.example>", "RCPT TO:<pat@city.example>")
    assert (await client.ask("DATA")).startswith("354")
    client.send(b"x\r\n.\r\n")
    assert (await client.reply()).startswith("250 2.0.0")
    return house.city.received[-1][0].client.certificate


async def test_an_internal_client_is_asked_for_its_certificate_and_may_have_none(
    opened, authority, certificate, authorities, trusting
):
    house = await opened(ListenerKind.INTERNAL, certificate=certificate, client_authorities=authorities)
    assert await names_seen(house, trusting) == ()
    authority.issue_cert("ex1.city.example", "mail.city.example").configure_cert(trusting)
    assert await names_seen(house, trusting) == ("ex1.city.example", "mail.city.example")


async def test_a_certificate_of_another_authority_proves_nothing(opened, certificate, authorities, trusting):
    house = await opened(ListenerKind.INTERNAL, certificate=certificate, client_authorities=authorities)
    trustme.CA().issue_cert("ex1.city.example").configure_cert(trusting)
    with pytest.raises((OSError, AssertionError)):  # the end of the handshake, as TLS 1.3 lets the client see it
        await names_seen(house, trusting)
    assert house.city.received == []


async def test_without_authorities_nobody_is_asked(opened, authority, certificate, trusting):
    house = await opened(ListenerKind.INTERNAL, certificate=certificate)
    authority.issue_cert("ex1.city.example").configure_cert(trusting)
    assert await names_seen(house, trusting) == ()


async def test_a_renewed_certificate_is_offered_from_the_next_connection_on(opened, certificate, trusting):
    house = await opened(certificate=certificate)
    before = await house.talk()
    await before.reply()
    other = trustme.CA()
    issued = other.issue_cert("mx.city.example")
    issued.cert_chain_pems[0].write_to_path(certificate.chain)
    issued.private_key_pem.write_to_path(certificate.key)
    house.listener.renew(listener_tls(house.listener._shared.reception.listener))
    await before.ask("EHLO a.example")
    await to_tls(before, trusting)
    after = await house.talk()
    await after.reply()
    await after.ask("EHLO a.example")
    trusting = ssl.create_default_context()
    other.configure_trust(trusting)
    await to_tls(after, trusting)


async def test_nagle_is_off(edge, until):
    await (await edge.talk()).reply()
    (session,) = edge.listener._sessions
    connection = session.transport.get_extra_info("socket")
    assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_two_may_share_a_port_when_asked(edge):
    first = await start_listener(edge.listener._shared.reception, reuse_port=True)
    try:
        reception = edge.listener._shared.reception
        listener = replace(reception.listener, port=first.port)
        (await listening_socket(listener.address, listener.port, reuse_port=True)).close()
        with pytest.raises(OSError):
            await listening_socket(listener.address, listener.port, reuse_port=False)
    finally:
        first.close()


async def test_drain_tells_idle_clients_and_lets_nobody_in_h07(edge):
    client = await edge.talk()
    await client.reply()
    async with asyncio.timeout(2):
        await edge.listener.drain(5)
    assert (await client.reply()).startswith("421 4.3.2")
    assert await client.reply() == ""
    with pytest.raises(OSError):
        await edge.talk()


async def test_drain_waits_for_a_commit_and_for_an_upload_h07(edge):
    edge.city.gate = asyncio.Event()
    committing, uploading = await edge.talk(), await edge.talk()
    await committing.start()
    committing.send(b"one\r\n.\r\n")
    await asyncio.wait_for(edge.city.started.wait(), 5)
    await uploading.start()
    uploading.send(b"two\r\n")
    draining = asyncio.ensure_future(edge.listener.drain(5))
    await asyncio.sleep(0.05)
    uploading.send(b".\r\n")
    edge.city.gate.set()
    async with asyncio.timeout(3):
        for client in (committing, uploading):
            assert (await client.reply()).startswith("250 2.0.0")
            assert (await client.reply()).startswith("421 4.3.2")
        await draining
    assert sorted(edge.city.contents) == [b"one\r\n", b"two\r\n"]


async def test_drain_cuts_an_upload_that_does_not_end_h07(edge):
    client = await edge.talk()
    await client.start()
    client.send(b"never en")
    await edge.listener.drain(0.2)
    assert (await client.reply()).startswith("421 4.3.2")
    assert edge.city.received == []


async def test_drain_leaves_a_commit_in_flight_after_its_time(edge, until):
    edge.city.gate = asyncio.Event()
    client = await edge.talk()
    await client.start()
    client.send(b"x\r\n.\r\n")
    await asyncio.wait_for(edge.city.started.wait(), 5)
    await edge.listener.drain(0.1)
    assert edge.listener.commits_in_flight == 1
    edge.city.gate.set()
    await until(lambda: edge.city.contents == [b"x\r\n"])
