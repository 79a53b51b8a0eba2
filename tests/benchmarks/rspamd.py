"""Debian's rspamd as a milter on loopback, in a file system of its own: it needs no network, no Redis and no account.

deploy/setup unpacks its packages. What asks the network (block lists, fuzzy hashes, DNS of senders) is off, all else is
as Debian ships it.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.ending import end_with_parent
from tests.peers import UNPACKED

PACKAGES = UNPACKED / "rspamd"
_ASK_THE_NETWORK = (
    "antivirus arc asn bimi dkim dmarc external_services fuzzy_check mx_check neural p0f rbl reputation rspamd_update"
    " spf surbl url_redirector"
)
_CONFIGURATION = """\
.include "$CONFDIR/common.conf"
options {{
    .include "$CONFDIR/options.inc"
    dns {{ nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; }}
    control_socket = "{folder}/control mode=0600";
}}
logging {{ type = "file"; filename = "{folder}/log"; level = "warning"; }}
worker "rspamd_proxy" {{
    bind_socket = "127.0.0.1:{port}";
    milter = yes; timeout = 120s; count = {workers};
    upstream "local" {{ default = yes; self_scan = yes; }}
}}
"""
# Arguments: the unpacked packages, and the command.
_NAMESPACE = """
set -e
mount --make-rprivate /
mount -t overlay -o "lowerdir=$1/usr:/usr" overlay /usr
shift
exec "$@"
"""


class RspamdMissing(Exception):
    """Why there can be no rspamd here."""


@contextlib.contextmanager
def rspamd(folder: Path, port: int, workers: int) -> Iterator[int]:
    """Its first process; it listens once it has compiled its patterns, in half a minute. Raises RspamdMissing."""
    if not PACKAGES.is_dir():
        raise RspamdMissing("Debian's package is not unpacked under .peers (deploy/setup test does it, as root)")
    (folder / "local.d").mkdir(parents=True)
    folder.chmod(0o777)  # it gives up being root
    (folder / "rspamd.conf").write_text(_CONFIGURATION.format(folder=folder, port=port, workers=workers))
    for module in _ASK_THE_NETWORK.split():
        (folder / "local.d" / f"{module}.conf").write_text("enabled = false;\n")
    (folder / "local.d" / "phishing.conf").write_text("phishtank_enabled = false;\n")  # a question for each link
    places = {"CONFDIR": PACKAGES / "etc/rspamd"} | dict.fromkeys(("LOCAL_CONFDIR", "RUNDIR", "DBDIR"), folder)
    command = ["rspamd", "-f", "-u", "nobody", "-g", "nogroup", "-c", str(folder / "rspamd.conf")]
    for name, value in places.items():
        command += ["--var", f"{name}={value}"]
    with (folder / "said").open("wb") as said:
        child = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", _NAMESPACE, "sh", str(PACKAGES), *command],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            preexec_fn=end_with_parent,
            env={**os.environ, "LD_LIBRARY_PATH": "/usr/lib/rspamd"},
        )
    try:
        yield child.pid
    finally:
        child.terminate()
        child.wait(30)
