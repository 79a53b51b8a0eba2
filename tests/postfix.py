"""Private Postfix instances on loopback, each with its own configuration and queue in a temporary folder.

Owns their start, stop and mailbox. Needs root, because Postfix does; nothing of the machine's own Postfix is touched.
"""

import grp
import json
import os
import pwd
import re
import shutil
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.credentials import Credentials
from tests.ports import free_port

START_SECONDS = 20.0
POSTFIX = shutil.which("postfix") or "/usr/sbin/postfix"
REFUSED = "nobody"  # this local part is refused for good, as a mailbox that does not exist
BUSY = "busy"  # and this one for now

_COMMON = {
    "compatibility_level": "3.6",
    "mail_owner": "postfix",
    "setgid_group": "postdrop",
    "inet_interfaces": "127.0.0.1",
    "inet_protocols": "ipv4",
    "mydestination": "",
    "alias_maps": "",
    "alias_database": "",
    "mynetworks": "127.0.0.0/8",
    "smtpd_relay_restrictions": "permit_mynetworks, reject",
    "smtpd_peername_lookup": "no",
    "smtpd_client_connection_count_limit": "0",
    "disable_dns_lookups": "yes",
    "smtp_host_lookup": "native",
    "smtpd_tls_security_level": "none",
    "smtp_tls_security_level": "none",
    "message_size_limit": "209715200",
    "mailbox_size_limit": "0",
    "virtual_mailbox_limit": "0",
    "biff": "no",
    # Nothing may be added, rewritten or folded: tests compare octets.
    "append_dot_mydomain": "no",
    "local_header_rewrite_clients": "",
    "always_add_missing_headers": "no",
    "message_drop_headers": "",
    "smtp_line_length_limit": "0",
    "disable_mime_output_conversion": "yes",
    # A deferred message is tried again within seconds, so that a test can wait for it.
    "minimal_backoff_time": "1s",
    "maximal_backoff_time": "2s",
    "queue_run_delay": "1s",
    "bounce_queue_lifetime": "0",
}
_MAILBOX = {
    "virtual_mailbox_domains": "static:all",
    "virtual_mailbox_maps": "static:inbox/",
    "virtual_minimum_uid": "1",
    "virtual_transport": "virtual",
}
_SERVICES = """
pickup    unix  n  -  n  60    1  pickup
cleanup   unix  n  -  n  -     0  cleanup
qmgr      unix  n  -  n  300   1  qmgr
rewrite   unix  -  -  n  -     -  trivial-rewrite
bounce    unix  -  -  n  -     0  bounce
defer     unix  -  -  n  -     0  bounce
trace     unix  -  -  n  -     0  bounce
flush     unix  n  -  n  1000? 0  flush
proxymap  unix  -  -  n  -     -  proxymap
smtp      unix  -  -  n  -     -  smtp
relay     unix  -  -  n  -     -  smtp
showq     unix  n  -  n  -     -  showq
error     unix  -  -  n  -     -  error
retry     unix  -  -  n  -     -  error
virtual   unix  -  n  n  -     -  virtual
anvil     unix  -  -  n  -     1  anvil
tlsmgr    unix  -  -  n  1000? 1  tlsmgr
postlog   unix-dgram n - n -   1  postlogd
"""
# What smtpd and virtual(8) put before the content: their own fields, the Received one folded over several lines.
_PREPENDED = re.compile(
    rb"(?:(?:Return-Path|X-Original-To|Delivered-To): [^\n]*\n)*Received: [^\n]*\n(?:[ \t][^\n]*\n)*"
)

# Postfix is a daemon and would outlive a test run that is killed: when our end of the pipe closes, it is stopped.
_GUARD = 'trap "" INT TERM; cat >/dev/null; [ -d "$0" ] && postfix -c "$0/etc" stop 2>/dev/null; rm -rf "$0"'


class PostfixMissing(Exception):
    """Why there can be no Postfix here, in words for the reason of a skipped test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message in the mailbox: the content as it came over SMTP, with CRLF, without what Postfix put before it."""

    reverse_path: str
    recipient: str
    octets: bytes


class Postfix:
    """One instance. With `relay_port` it passes everything on to that port; without, it delivers into its mailbox.

    `submission` is a second port, at which no milter is asked.
    """

    def __init__(
        self,
        relay_port: int | None = None,
        settings: dict[str, str] | None = None,
        submission: int | None = None,
        credentials: Credentials | None = None,
    ) -> None:
        _require()
        self.port, self.submission = free_port(), submission or free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="mailward-postfix-"))
        self.configuration = self.folder / "etc"
        self._mailbox = self.folder / "mail" / "inbox"
        self._write(relay_port, settings or {})
        if credentials is not None:
            self._know(credentials)
        self._guard = subprocess.Popen(["sh", "-c", _GUARD, str(self.folder)], stdin=subprocess.PIPE)
        self._postfix("start")
        wait_for_port(self.port, START_SECONDS)

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    @property
    def pid(self) -> int:
        """Of the master process; the others are its children."""
        return int((self.folder / "queue" / "pid" / "master.pid").read_text())

    def stop(self) -> None:
        self._postfix("stop", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._guard.communicate()

    def arrivals(self) -> list[Arrival]:
        """What has been delivered, in the order of arrival: one for each recipient of a message."""
        files = list((self._mailbox / "new").glob("*"))
        return [_arrival(path.read_bytes()) for path in sorted(files, key=lambda path: path.stat().st_mtime_ns)]

    def delivered(self) -> list[bytes]:
        return [arrival.octets for arrival in self.arrivals()]

    def wait_for(self, number: int, seconds: float = 15.0) -> list[bytes]:
        """Wait until so many messages are delivered; raises AssertionError with the log when they are not."""
        end = time.monotonic() + seconds
        while len(delivered := self.delivered()) < number:
            assert time.monotonic() < end, f"{len(delivered)} of {number} messages arrived\n{self.log[-4000:]}"
            time.sleep(0.05)
        return delivered

    def empty(self) -> None:
        """Forget what was delivered and drop what is queued."""
        subprocess.run(["postsuper", "-c", str(self.configuration), "-d", "ALL"], check=True, capture_output=True)
        for path in (self._mailbox / "new").glob("*"):
            path.unlink()

    def send(self, octets: bytes, reverse_path: str, recipients: Sequence[str]) -> None:
        """Submit over SMTP; octets as they are."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
            client.sendmail(reverse_path, list(recipients), octets, mail_options=["BODY=8BITMIME"])

    def queue(self) -> list[dict[str, object]]:
        """What waits, as postqueue tells it, with the reason of each delay."""
        done = subprocess.run(
            ["postqueue", "-c", str(self.configuration), "-j"], check=True, capture_output=True, text=True
        )
        return [json.loads(line) for line in done.stdout.splitlines()]

    def _postfix(self, action: str, *, check: bool = True) -> None:
        done = subprocess.run(
            [POSTFIX, "-c", str(self.configuration), action], capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        if check and done.returncode:
            raise RuntimeError(f"postfix {action}: {done.stderr}\n{self.log}")

    def _know(self, credentials: Credentials) -> None:
        """Debian's Postfix looks for the settings of SASL beside its own."""
        (self.configuration / "sasl").symlink_to(credentials.folder)
        with (self.configuration / "main.cf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in credentials.for_postfix().items())

    def _write(self, relay_port: int | None, settings: dict[str, str]) -> None:
        owner = pwd.getpwnam("postfix")
        self.folder.chmod(0o755)
        for name in ("etc", "queue", "data", "mail"):
            (self.folder / name).mkdir()
        for name in ("data", "mail"):
            os.chown(self.folder / name, owner.pw_uid, owner.pw_gid)
        (self.configuration / "recipients").write_text(
            f"/^{REFUSED}@/ 550 5.1.1 no such mailbox\n/^{BUSY}@/ 450 4.2.1 mailbox busy\n"
        )
        values = _COMMON | {
            "queue_directory": f"{self.folder}/queue",
            "data_directory": f"{self.folder}/data",
            "maillog_file": f"{self.folder}/log",
            "maillog_file_prefixes": str(self.folder),
            "myhostname": "mx.city.example",
            "smtpd_recipient_restrictions": f"check_recipient_access regexp:{self.configuration}/recipients, permit",
        }
        if relay_port is None:
            values |= _MAILBOX | {
                "virtual_mailbox_base": f"{self.folder}/mail",
                "virtual_uid_maps": f"static:{owner.pw_uid}",
                "virtual_gid_maps": f"static:{owner.pw_gid}",
            }
        else:
            values |= {"relayhost": f"[127.0.0.1]:{relay_port}"}
        values |= settings
        (self.configuration / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in values.items()))
        (self.configuration / "master.cf").write_text(
            f"127.0.0.1:{self.port} inet n - n - - smtpd\n"
            f"127.0.0.1:{self.submission} inet n - n - - smtpd -o smtpd_milters={_SERVICES}"
        )


def wait_for_port(port: int, seconds: float) -> None:
    """Until something on loopback says 220; raises TimeoutError."""
    end = time.monotonic() + seconds
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as one:
                if one.recv(100).startswith(b"220"):
                    return
        except OSError:
            pass
        if time.monotonic() > end:
            raise TimeoutError(f"nothing answers on port {port}")
        time.sleep(0.05)


def _require() -> None:
    if os.geteuid() != 0:
        raise PostfixMissing("a private Postfix needs root")
    if not Path(POSTFIX).is_file():
        raise PostfixMissing("Debian's package postfix is not installed")
    try:
        grp.getgrnam("postdrop")
    except KeyError:
        raise PostfixMissing("Debian's package postfix is not set up") from None


def _arrival(stored: bytes) -> Arrival:
    head = _PREPENDED.match(stored)
    assert head is not None, stored[:500]
    found = dict(re.findall(rb"^([A-Za-z-]+): (.*)$", head.group(), re.MULTILINE))
    return Arrival(
        reverse_path=found[b"Return-Path"].decode().strip("<>"),
        recipient=found[b"Delivered-To"].decode(),
        octets=stored[head.end() :].replace(b"\n", b"\r\n"),
    )
