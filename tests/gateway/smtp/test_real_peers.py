"""Programs that others wrote as the hop in front of us: HAProxy, Postfix, swaks with TLS, XCLIENT and pipelining."""

import asyncio
import shutil
import subprocess
from contextlib import contextmanager
from ipaddress import ip_network

import pytest
import trustme

from gateway.config import Certificate
from gateway.smtp import proxy
from rules.transaction import ListenerKind
from tests.ports import free_port
from tests.postfix import Postfix, PostfixMissing, wait_for_port

HAPROXY = shutil.which("haproxy") or "/usr/sbin/haproxy"
SWAKS = shutil.which("swaks")
LOOPBACK = (ip_network("127.0.0.0/8"),)
ANYWHERE = (ip_network("0.0.0.0/0"),)
MESSAGE = b"From: a@elsewhere.example\r\nSubject: papers\r\n\r\nwords\r\n"

pytestmark = pytest.mark.real


@contextmanager
def load_balancer(folder, back: int, how: str):
    """HAProxy on a port of its own before `back`; stopped at the end."""
    if not shutil.which(HAPROXY):
        pytest.skip("Debian's package haproxy is not installed")
    front = free_port()
    (folder / "haproxy.cfg").write_text(
        "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n"
        f"listen smtp\n  bind 127.0.0.1:{front}\n  server one 127.0.0.1:{back} {how}\n"
    )
    process = subprocess.Popen([HAPROXY, "-db", "-q", "-f", folder / "haproxy.cfg"])
    try:
        yield front
    finally:
        process.terminate()
        process.wait(20)


async def swaks(port: int, *words: str) -> str:
    """What swaks saw and said."""
    if SWAKS is None:
        pytest.skip("Debian's package swaks is not installed")
    process = await asyncio.create_subprocess_exec(
        SWAKS, "--server", "127.0.0.1", "--port", str(port), "--from", "ada@elsewhere.example",
        "--to", "pat@city.example", "--helo", "client.elsewhere.example", *words,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, said.decode()
    return said.decode()


def last_client(house):
    return house.city.received[-1][0].client


@pytest.mark.parametrize("how", ["send-proxy-v2", "send-proxy", "send-proxy-v2 check inter 100ms"])
async def test_haproxy_tells_who_connected(opened, tmp_path, how):
    house = await opened(proxy=LOOPBACK, networks=LOOPBACK)
    with load_balancer(tmp_path, house.listener.port, how) as port:
        await asyncio.to_thread(wait_for_port, port, 20)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.9", 0))
        said = [await asyncio.wait_for(reader.readline(), 20)]
        for line in ("HELO a.example", "MAIL FROM:<ada@elsewhere.example>", "RCPT TO:<pat@city.example>", "DATA"):
            writer.write(f"{line}\r\n".encode())
            said.append(await asyncio.wait_for(reader.readline(), 20))
        writer.write(MESSAGE + b".\r\n")
        said.append(await asyncio.wait_for(reader.readline(), 20))
        assert [line[:3] for line in said] == [b"220", b"250", b"250", b"250", b"354", b"250"]
        writer.close()
    assert last_client(house).address == "127.0.0.9"


async def test_haproxy_that_says_nothing_gets_no_banner(opened, tmp_path, monkeypatch):
    monkeypatch.setattr(proxy, "SECONDS", 0.2)
    house = await opened(proxy=LOOPBACK, networks=LOOPBACK)
    with load_balancer(tmp_path, house.listener.port, "") as port, pytest.raises(TimeoutError):
        await asyncio.to_thread(wait_for_port, port, 1)
    assert house.city.received == []


async def test_postfix_forwards_from_whom_each_message_came(opened, tmp_path):
    house = await opened(kind=ListenerKind.INTERNAL, xforward=LOOPBACK)
    try:
        postfix = await asyncio.to_thread(Postfix, house.listener.port, {"smtp_send_xforward_command": "yes"})
    except PostfixMissing as missing:
        pytest.skip(str(missing))
    try:
        said = await swaks(postfix.port, "--local-interface", "127.0.0.9", "--data", MESSAGE.decode())
        assert "250" in said
        async with asyncio.timeout(20):
            while not house.city.received:
                await asyncio.sleep(0.05)
    finally:
        await asyncio.to_thread(postfix.stop)
    client = last_client(house)
    assert (client.address, client.name) == ("127.0.0.9", "client.elsewhere.example")


async def test_swaks_speaks_for_another_client(opened):
    house = await opened(xclient=LOOPBACK, networks=ANYWHERE)
    said = await swaks(
        house.listener.port, "--xclient-addr", "192.0.2.7", "--xclient-helo", "spike.example", "--xclient-login", "ada"
    )
    assert "220 mx.city.example" in said
    client = last_client(house)
    assert (client.address, client.name, client.authenticated) == ("192.0.2.7", "spike.example", "ada")


async def test_swaks_pipelines(opened):
    house = await opened()
    said = await swaks(house.listener.port, "--pipeline", "--data", MESSAGE.decode().replace("\r\n", "\\n"))
    assert "250 2.0.0 Ok" in said
    assert house.city.contents[0].startswith(MESSAGE)


async def test_swaks_shows_its_certificate_over_tls(opened, tmp_path):
    if subprocess.run(["perl", "-MNet::SSLeay", "-e1"], capture_output=True, check=False).returncode:
        pytest.skip("Debian's package libnet-ssleay-perl is not installed")
    authority = trustme.CA()
    paths = {}
    for name in ("mx.city.example", "ex1.city.example"):
        issued = authority.issue_cert(name)
        paths[name] = (tmp_path / f"{name}.pem", tmp_path / f"{name}.key")
        issued.cert_chain_pems[0].write_to_path(paths[name][0])
        issued.private_key_pem.write_to_path(paths[name][1])
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    chain, key = paths["mx.city.example"]
    house = await opened(
        kind=ListenerKind.INTERNAL,
        certificate=Certificate(chain=chain, key=key),
        client_authorities=tmp_path / "ca.pem",
    )
    chain, key = paths["ex1.city.example"]
    await swaks(house.listener.port, "--tls", "--tls-cert", str(chain), "--tls-key", str(key))
    client = last_client(house)
    assert client.tls and client.certificate == ("ex1.city.example",)


async def test_smtp_source_brings_many_at_once_and_each_arrives_once(opened):
    source = shutil.which("smtp-source") or "/usr/sbin/smtp-source"
    if not shutil.which(source):
        pytest.skip("Debian's package postfix is not installed")
    house = await opened()
    process = await asyncio.create_subprocess_exec(
        source, "-s", "20", "-m", "200", "-l", "5000", "-N", "-f", "ada@elsewhere.example", "-t", "pat@city.example",
        f"127.0.0.1:{house.listener.port}",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, said.decode()
    assert len(house.city.received) == 200 == len({transaction.id for transaction, _ in house.city.received})
    assert house.city.opened == house.city.closed
