"""Exim and OpenSMTPD as they come from Debian, each in a file system of its own: nothing of the machine is changed.

deploy/setup unpacks their packages, which cannot be installed beside another mail server. A private mount namespace
shows them in their places, with the accounts they ask for. Needs root; both pass on what they take to one port.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from tests.ports import free_port
from tests.postfix import BUSY, REFUSED, START_SECONDS, wait_for_port

UNPACKED = Path(__file__).parents[1] / ".peers"
FIRST_ID = 64_000  # of accounts that only the namespace knows
ACCOUNTS = ("Debian-exim", "opensmtpd", "opensmtpq")

# Arguments: the unpacked packages, a folder for files, and the command.
_NAMESPACE = """
set -e
mount --make-rprivate /
mount -t overlay -o "lowerdir=$1/usr:/usr" overlay /usr
mount --bind "$2/passwd" /etc/passwd
mount --bind "$2/group" /etc/group
for place in /var/spool /var/lib /run; do mount -t tmpfs tmpfs $place; done
mkdir -p /var/lib/opensmtpd/empty /var/spool/exim4
chown Debian-exim:Debian-exim /var/spool/exim4
shift 2
exec "$@"
"""
_EXIM = """
keep_environment =
primary_hostname = mx.city.example
spool_directory = /var/spool/exim4
log_file_path = {folder}/log/%slog
tls_advertise_hosts =
acl_smtp_rcpt = rcpt
acl_smtp_data = data
begin acl
rcpt:
  deny local_parts = {refused}
       message = no such mailbox
  defer local_parts = {busy}
       message = mailbox busy
  accept
data:
  deny condition = ${{if match{{$h_Subject:}}{{unwanted}}}}
       message = not wanted
  accept
begin routers
all:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = on
begin transports
on:
  driver = smtp
  port = {relay_port}
"""
_OPENSMTPD = """
filter "busy" phase rcpt-to match rcpt-to {{ "{busy}@city.example" }} reject "450 4.2.1 mailbox busy"
listen on 127.0.0.1 port {port} hostname mx.city.example filter "busy"
action "on" relay host smtp://127.0.0.1:{relay_port}
match from any for rcpt-to "{refused}@city.example" reject
match from any for any action "on"
"""


class PeerMissing(Exception):
    """Why there can be no such server here, in words for the reason of a skipped test."""


class Peer:
    """`exim` or `opensmtpd`, on `port`. Refuses REFUSED for good and BUSY for now; all others go on to `relay_port`."""

    def __init__(self, name: str, relay_port: int) -> None:
        _require(name)
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"mailward-{name}-"))
        self.folder.chmod(0o755)
        (self.folder / "log").mkdir()
        (self.folder / "log").chmod(0o777)
        self._accounts()
        text = {"exim": _EXIM, "opensmtpd": _OPENSMTPD}[name].format(
            folder=self.folder, port=self.port, relay_port=relay_port, refused=REFUSED, busy=BUSY
        )
        file = self.folder / "configuration"
        file.write_text(text)
        command = {
            "exim": ["exim4", "-C", str(file), "-bdf", "-oX", f"127.0.0.1:{self.port}", "-q1s"],
            "opensmtpd": ["smtpd", "-d", "-f", str(file)],
        }[name]
        namespace = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _NAMESPACE, "sh"]
        with (self.folder / "said").open("wb") as said:
            self._process = subprocess.Popen(
                [*namespace, str(UNPACKED / name), str(self.folder), *command], stdout=said, stderr=said
            )
        try:
            wait_for_port(self.port, START_SECONDS)
        except TimeoutError:
            told = (self.folder / "said").read_text()
            self.stop()
            if "mount" in told or "unshare" in told:
                raise PeerMissing(f"no private file system here: {told.strip()}") from None
            raise AssertionError(told) from None

    def stop(self) -> None:
        """The namespace's first process takes all others with it."""
        self._process.send_signal(signal.SIGTERM)
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _accounts(self) -> None:
        passwd, group = Path("/etc/passwd").read_text(), Path("/etc/group").read_text()
        for number, name in enumerate(ACCOUNTS, FIRST_ID):
            passwd += f"{name}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin\n"
            group += f"{name}:x:{number}:\n"
        (self.folder / "passwd").write_text(passwd)
        (self.folder / "group").write_text(group)


def _require(name: str) -> None:
    if os.geteuid() != 0:
        raise PeerMissing("a file system of one's own needs root")
    if not (UNPACKED / name).is_dir():
        raise PeerMissing(f"Debian's package of {name} is not unpacked under .peers (deploy/setup does it)")
