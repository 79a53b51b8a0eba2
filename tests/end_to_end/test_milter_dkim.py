"""OpenDKIM as a second milter behind ours: its signature, in the strictest form, verifies on the delivered octets."""

import base64
import contextlib
import smtplib
import socket
import subprocess
import time
from pathlib import Path

import dkim
import pytest

from tests import opendkim
from tests.benchmarks.ending import end_with_parent
from tests.end_to_end.conftest import ROOT, Running
from tests.ports import free_port
from tests.postfix import Postfix, PostfixMissing
from tests.sendmail import Sendmail, SendmailMissing

OPENDKIM = opendkim.program()
pytestmark = pytest.mark.real


def until_open(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 5).close()
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")


def new_key(folder: Path) -> tuple[Path, bytes]:
    """A private key's file, and what the DNS would say of it."""
    key = folder / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    public = subprocess.run(["openssl", "rsa", "-in", str(key), "-pubout", "-outform", "DER"], capture_output=True)
    return key, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public.stdout)


def folded_letter() -> bytes:
    """One that is tagged, with a subject on two lines."""
    sample = ROOT / "rules/library/opinion-disclaimer/tag-letter-to-editor.eml"
    content = sample.read_bytes().replace(b"\r\n", b"\n").replace(b"Subject: ", b"Subject:  folded\n\t", 1)
    return content.replace(b"\n", b"\r\n")


def beside(kind: str, behind: Postfix, *milters: int) -> Postfix | Sendmail:
    """An MTA that asks these in turn."""
    if kind == "postfix":
        return Postfix(behind.port, {"smtpd_milters": ", ".join(f"inet:127.0.0.1:{port}" for port in milters)})
    filters = (f"INPUT_MAIL_FILTER(`at{port}', `S=inet:{port}@127.0.0.1, F=T')dnl" for port in milters)
    return Sendmail(behind.port, "\n".join(filters))


def send(mta: Postfix | Sendmail) -> None:
    with smtplib.SMTP("127.0.0.1", mta.port, timeout=60) as client:
        client.sendmail("george.abbot@city.example", ["letters@elsewhere.example"], folded_letter())


@pytest.mark.skipif(OPENDKIM is None, reason="OpenDKIM is neither installed nor unpacked")
@pytest.mark.parametrize("kind", ["postfix", "sendmail"])
def test_a_signature_made_behind_us_verifies_on_what_is_delivered(tmp_path: Path, kind: str) -> None:
    tmp_path.chmod(0o755)
    key, record = new_key(tmp_path)
    port, milter = free_port(), free_port()
    with contextlib.ExitStack() as stack:
        try:
            behind = Postfix()
        except PostfixMissing as reason:
            pytest.skip(str(reason))
        stack.callback(behind.stop)
        settings = tmp_path / "opendkim.conf"
        settings.write_text(
            f"Domain city.example\nSelector s1\nKeyFile {key}\nSocket inet:{port}@127.0.0.1\nMode s\n"
            "Canonicalization simple/simple\nRequireSafeKeys no\n"
        )
        command = [str(OPENDKIM), "-f", "-x", str(settings)]
        signer = subprocess.Popen(command, preexec_fn=end_with_parent, env=opendkim.environment())
        stack.callback(lambda: (signer.terminate(), signer.wait(20)))
        until_open(port)
        extra = f"milters: [{{name: mta, kind: edge, port: {milter}, next_hop: onward}}]\nsubject_tag: '[opinion]'\n"
        mailward = Running(tmp_path, f'host: 127.0.0.1, port: {behind.port}, tls: "off"', extra)
        stack.callback(mailward.kill)
        try:
            mta = beside(kind, behind, milter, port)
        except SendmailMissing as reason:
            pytest.skip(str(reason))
        stack.callback(mta.stop)
        send(mta)
        (delivered,) = behind.wait_for(1)
    assert b"Mailward-Tag: rule=opinion-disclaimer" in delivered
    assert b"Subject: [opinion]  folded\r\n\t" in delivered
    assert b"DKIM-Signature: " in delivered
    assert dkim.verify(delivered, dnsfunc=lambda name, timeout=5: record)
    assert not dkim.verify(delivered.replace(b"[opinion]", b"[opinions]"), dnsfunc=lambda name, timeout=5: record)


@pytest.mark.parametrize("kind", ["postfix", "sendmail"])
def test_our_own_signature_verifies_on_what_the_mta_delivers(tmp_path: Path, kind: str) -> None:
    key, record = new_key(tmp_path)
    key.chmod(0o600)
    milter = free_port()
    with contextlib.ExitStack() as stack:
        try:
            behind = Postfix()
            stack.callback(behind.stop)
            extra = (
                f"milters: [{{name: mta, kind: edge, port: {milter}, next_hop: onward}}]\n"
                f"identity: {{sign: {{domain: city.example, selector: s1, key: {key}, all: true}}}}\n"
                "subject_tag: '[opinion]'\n"
            )
            mailward = Running(tmp_path, f'host: 127.0.0.1, port: {behind.port}, tls: "off"', extra)
            stack.callback(mailward.kill)
            mta = beside(kind, behind, milter)
        except (PostfixMissing, SendmailMissing) as reason:
            pytest.skip(str(reason))
        stack.callback(mta.stop)
        send(mta)
        (delivered,) = behind.wait_for(1)
    assert b"Subject: [opinion]  folded\r\n\t" in delivered
    assert dkim.verify(delivered, dnsfunc=lambda name, timeout=5: record)
    assert not dkim.verify(delivered.replace(b"[opinion]", b"[opinions]"), dnsfunc=lambda name, timeout=5: record)
