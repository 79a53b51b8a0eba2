"""One gateway process put together: what it cannot have it says in a sentence, and a reload swaps or keeps."""

import asyncio
import errno
import os
import smtplib
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.assembly import Gateway, _unopened
from gateway.metrics import DIRECTORY_TIME
from gateway.processes import CannotStart
from tests.gateway.test_workers import inspectors


@pytest.fixture
async def gateway(config_file: Callable[..., Path]) -> AsyncIterator[Gateway]:
    with ThreadPoolExecutor(1) as store:
        started = await Gateway.start(config_file(), store)
        yield started
        await started.end(5)


async def refused(path: Path, sentence: str) -> None:
    """It cannot start for this reason, and what was begun before has ended."""
    before = set(inspectors())
    with ThreadPoolExecutor(1) as store, pytest.raises(CannotStart, match=sentence) as told:
        await Gateway.start(path, store)
    assert set(inspectors()) <= before, told  # whose traceback would keep the pool


async def test_it_says_where_it_listens(gateway: Gateway) -> None:
    (place,) = gateway.places
    name, _, port = place.partition(" 127.0.0.1:")
    assert name == "inside"
    with socket.create_connection(("127.0.0.1", int(port)), timeout=5):
        pass


async def test_a_port_in_use_is_a_sentence(config_file: Callable[..., Path]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        path, port = config_file(), other.getsockname()[1]
        path.write_text(path.read_text().replace("port: 0", f"port: {port}"))
        await refused(path, f"^cannot start: listener inside: 127.0.0.1:{port} is in use$")


def test_a_low_port_without_the_right_to_it_is_a_sentence() -> None:
    refused = PermissionError(errno.EACCES, "Permission denied")
    assert _unopened("edge: 127.0.0.1:25", refused) == "listener edge: 127.0.0.1:25 is not permitted to this account"


async def test_a_state_folder_that_cannot_be_made_is_a_sentence(
    config_file: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "state").write_text("a file stands in its place")
    await refused(config_file(), "cannot start")


async def test_a_reload_with_an_error_keeps_the_policy(
    gateway: Gateway, config_file: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    before = gateway._judging.policy
    config_file("policy: no-such-policy\n")
    await gateway.reload()
    assert gateway._judging.policy is before
    assert "reload refused" in caplog.text


async def test_a_reload_puts_the_edited_staff_list_in_force(
    gateway: Gateway, config_file: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "staff.csv").write_text("address,name,department,groups,active\nann@city.example,Ann,Clerk,,yes\n")
    config_file("directory: staff.csv\n")
    await gateway.reload()
    assert set(gateway._judging.directory.people) == {"ann@city.example"}


def staff_list_written(gateway: Gateway) -> list[float]:
    return [sample.value for sample in gateway.report("g").samples if sample.metric == DIRECTORY_TIME.name]


async def test_monitors_are_told_the_age_of_the_staff_list_that_is_in_force(
    gateway: Gateway, config_file: Callable[..., Path], tmp_path: Path
) -> None:
    assert staff_list_written(gateway) == []
    staff = tmp_path / "staff.csv"
    staff.write_text("address,name,department,groups,active\n")
    os.utime(staff, (1_000_000, 1_000_000))
    config_file("directory: staff.csv\n")
    await gateway.reload()
    os.utime(staff, (2_000_000, 2_000_000))  # as when it was edited since
    assert staff_list_written(gateway) == [1_000_000]


async def test_all_listeners_share_one_budget_of_the_disk(config_file: Callable[..., Path]) -> None:
    path = config_file("milters: [{name: mta, kind: edge, port: 0, next_hop: onward}]\n")
    with ThreadPoolExecutor(1) as store:
        gateway = await Gateway.start(path, store)
        (milter,) = gateway._milters
        assert milter._shared.setting.spool is gateway._spool
        await gateway.end(5)


def certify(folder: Path, name: str) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", folder / "key.pem", "-out", folder / "chain.pem", "-subj", f"/CN={name}"],
        check=True, capture_output=True,
    )  # fmt: skip


def certificate_shown(gateway: Gateway) -> bytes:
    """What STARTTLS shows to a client that comes now."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with smtplib.SMTP("127.0.0.1", int(gateway.places[0].rpartition(":")[2]), timeout=30) as client:
        client.starttls(context=context)
        return client.sock.getpeercert(binary_form=True)  # type: ignore[union-attr,no-any-return]


async def test_a_reload_renews_the_certificates_and_a_broken_one_keeps_all_of_the_old(
    config_file: Callable[..., Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = config_file()
    certify(tmp_path, "before")
    text = path.read_text().replace("port: 0,", "port: 0, certificate: {chain: chain.pem, key: key.pem},")
    path.write_text(text)
    with ThreadPoolExecutor(1) as store:
        gateway = await Gateway.start(path, store)
        before = await asyncio.to_thread(certificate_shown, gateway)
        certify(tmp_path, "after")
        await gateway.reload()
        after = await asyncio.to_thread(certificate_shown, gateway)
        assert before != after
        (tmp_path / "key.pem").write_text("half a k")
        judging = gateway._judging
        await gateway.reload()
        assert "reload refused" in caplog.text and gateway._judging is judging
        assert await asyncio.to_thread(certificate_shown, gateway) == after
        await gateway.end(5)


SECRET = "0123456789abcdef"


def stamped(folder: Path) -> str:
    """A configuration with Exchange's stamp, and with an edge listener that asks a resolver that is not there."""
    (folder / "stamp").write_text(SECRET)
    (folder / "stamp").chmod(0o600)
    return "identity: {stamp_files: [stamp], authenticate: true, nameservers: [127.0.0.1], nameserver_port: 9}\n"


def sent(gateway: Gateway, listener: int, content: bytes, folder: Path) -> bytes:
    """What leaves of a message to this listener."""
    port = int(gateway.places[listener].rpartition(":")[2])
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.sendmail("hana@city.example", ["ann@city.example"], content)
    (delivered,) = (folder / "delivered" / "new").iterdir()
    return delivered.read_bytes()


@pytest.mark.parametrize("listener", [0, 1], ids=["internal", "edge"])
async def test_a_sender_is_proved_and_the_secret_stays_here(
    config_file: Callable[..., Path], tmp_path: Path, listener: int
) -> None:
    path = config_file(stamped(tmp_path))
    edge = "{name: edge, kind: edge, direction: inbound, port: 0, next_hop: onward}"
    path.write_text(path.read_text().replace("next_hop: onward}]\nid", f"next_hop: onward}}, {edge}]\nid"))
    content = b"From: Hana <hana@city.example>\r\nX-Mailward-Exch-Auth: " + SECRET.encode() + b"\r\n\r\nOn Monday.\r\n"
    with ThreadPoolExecutor(1) as store:
        gateway = await Gateway.start(path, store)
        try:
            left = await asyncio.to_thread(sent, gateway, listener, content, tmp_path)
        finally:
            await gateway.end(5)
    assert SECRET.encode() not in left and b"Exch-Auth" not in left
    assert (b"Authentication-Results: mx.city.example;\r\n\tspf=temperror" in left) is (listener == 1)


async def test_a_secret_that_others_can_read_is_a_sentence(config_file: Callable[..., Path], tmp_path: Path) -> None:
    path = config_file(stamped(tmp_path))
    (tmp_path / "stamp").chmod(0o644)
    await refused(path, "chmod")


async def test_a_reload_with_such_a_secret_keeps_the_one_before(
    config_file: Callable[..., Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = config_file(stamped(tmp_path))
    with ThreadPoolExecutor(1) as store:
        gateway = await Gateway.start(path, store)
        before = gateway._identifying
        (tmp_path / "stamp").chmod(0o644)
        await gateway.reload()
        assert gateway._identifying is before and "reload refused" in caplog.text
        (tmp_path / "stamp").chmod(0o600)
        await gateway.reload()
        assert gateway._identifying is not before
        await gateway.end(5)
