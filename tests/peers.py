"""Exim, OpenSMTPD and Dovecot as they come from Debian, each in a file system of its own: the machine stays as it was.

deploy/setup unpacks their packages: mail servers cannot be installed beside each other. A private mount namespace
shows them in their places, with the accounts they ask for. Needs root.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.ports import free_port
from tests.postfix import BUSY, REFUSED, START_SECONDS, wait_for_port

UNPACKED = Path(__file__).parents[1] / ".peers"
FIRST_ID = 64_000  # of accounts that only the namespace knows
ACCOUNTS = ("Debian-exim", "opensmtpd", "opensmtpq", "dovecot", "dovenull", "vmail")
FULL = "full"  # the mailbox of this local part takes nothing, and Dovecot says so after the content

# Arguments: the unpacked packages, a folder for files, and the command.
_NAMESPACE = """
set -e
mount --make-rprivate /
mount -t overlay -o "lowerdir=$1/usr:/usr" overlay /usr
mount --bind "$2/passwd" /etc/passwd
mount --bind "$2/group" /etc/group
for place in /var/spool /var/lib /run; do mount -t tmpfs tmpfs $place; done
mkdir -p /var/lib/opensmtpd/empty /var/lib/dovecot /var/spool/exim4
chown Debian-exim:Debian-exim /var/spool/exim4
shift 2
"$@" </dev/null &
exec cat >/dev/null  # the namespace's first process: when our end of its pipe closes, it takes all others with it
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


_DOVECOT = """
base_dir = /run/dovecot
log_path = /dev/stderr
protocols = lmtp
ssl = no
listen = 127.0.0.1
mail_location = maildir:{folder}/mail/%n
mail_uid = vmail
mail_gid = vmail
mail_plugins = quota
plugin {{
  quota = maildir:User quota
  quota_grace = 0
}}
userdb {{
  driver = passwd-file
  args = username_format=%n {folder}/mailboxes
}}
passdb {{
  driver = passwd-file
  args = username_format=%n {folder}/mailboxes
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {port}
  }}
}}
service stats {{
  chroot =
}}
"""
_MAILBOXES = """ada:::::::
full:::::::userdb_quota_rule=*:bytes=1
"""


class PeerMissing(Exception):
    """Why there can be no such server here, in words for the reason of a skipped test."""


class Peer:
    """One of them on `port`. `exim` and `opensmtpd` pass everything on to `relay_port`, but for REFUSED and BUSY.

    `dovecot` speaks LMTP and has the mailboxes `ada` and FULL.
    """

    def __init__(self, name: str, relay_port: int = 0) -> None:
        _require(name)
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"mailward-{name}-"))
        self.folder.chmod(0o755)
        for place in ("log", "mail"):
            (self.folder / place).mkdir()
            (self.folder / place).chmod(0o777)
        (self.folder / "mailboxes").write_text(_MAILBOXES)
        self._accounts()
        text = {"exim": _EXIM, "opensmtpd": _OPENSMTPD, "dovecot": _DOVECOT}[name].format(
            folder=self.folder, port=self.port, relay_port=relay_port, refused=REFUSED, busy=BUSY
        )
        file = self.folder / "configuration"
        file.write_text(text)
        command = {
            "exim": ["exim4", "-C", str(file), "-bdf", "-oX", f"127.0.0.1:{self.port}", "-q1s"],
            "opensmtpd": ["smtpd", "-d", "-f", str(file)],
            "dovecot": ["dovecot", "-F", "-c", str(file)],
        }[name]
        namespace = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _NAMESPACE, "sh"]
        with (self.folder / "said").open("wb") as said:
            self._process = subprocess.Popen(
                [*namespace, str(UNPACKED / name), str(self.folder), *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=said,
            )
        try:
            wait_for_port(self.port, START_SECONDS)
        except TimeoutError:
            told = (self.folder / "said").read_text()
            self.stop()
            if "mount" in told or "unshare" in told:
                raise PeerMissing(f"no private file system here: {told.strip()}") from None
            raise AssertionError(told) from None

    def delivered(self) -> list[bytes]:
        """What lies in Dovecot's mailboxes, with what it put before the content."""
        return [path.read_bytes().replace(b"\n", b"\r\n") for path in (self.folder / "mail").glob("*/new/*")]

    def stop(self) -> None:
        self._process.communicate()
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
