"""A private Sendmail on loopback with its own configuration and queue in a temporary folder.

Sendmail and Postfix cannot both be installed; deploy/setup unpacks Debian's packages beside those of the other mail
servers, and this runs what is there. Needs root, as Sendmail does.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.benchmarks.ending import end_with_parent
from tests.credentials import SASL_FOLDER, Credentials
from tests.peers import UNPACKED
from tests.ports import free_port
from tests.postfix import wait_for_port

PACKAGES = UNPACKED / "sendmail"
BINARY = PACKAGES / "usr/libexec/sendmail/sendmail"
MACROS = PACKAGES / "usr/share/sendmail/cf/m4/cf.m4"
START_SECONDS = 20.0

_CONFIGURATION = """\
OSTYPE(`linux')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
define(`confDOMAIN_NAME', `relay.city.example')dnl
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
define(`MAIL_HUB', `relay:[127.0.0.1]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {sink}')dnl
define(`confPID_FILE', `{folder}/pid')dnl
define(`QUEUE_DIR', `{folder}/queue')dnl
define(`ALIAS_FILE', `')dnl
define(`STATUS_FILE', `')dnl
define(`confHOSTS_FILE', `/etc/hosts')dnl
define(`confSERVICE_SWITCH_FILE', `{folder}/switch')dnl
define(`confCR_FILE', `-o {folder}/none')dnl
define(`confCW_FILE', `-o {folder}/none')dnl
define(`confCT_FILE', `-o {folder}/none')dnl
define(`confDELIVERY_MODE', `background')dnl
define(`confDONT_BLAME_SENDMAIL', `GroupWritableDirPathSafe,TrustStickyBit')dnl
define(`confTO_IDENT', `0')dnl
define(`confQUEUE_LA', `9999')dnl
define(`confREFUSE_LA', `9999')dnl
define(`confEIGHT_BIT_HANDLING', `pass')dnl
define(`confTRUSTED_USER', `root')dnl
define(`confMILTER_LOG_LEVEL', `14')dnl
define(`confMAX_HOP', `30')dnl
DAEMON_OPTIONS(`Name=MTA, Addr=127.0.0.1, Port={port}')dnl
DAEMON_OPTIONS(`Name=release, Addr=127.0.0.1, Port={submission}, InputMailFilters=')dnl
{extra}
MAILER(`smtp')dnl
"""


class SendmailMissing(Exception):
    """Why there can be no Sendmail here, in words for the reason of a skipped test."""


class Sendmail:
    """Passes everything on to `sink`. Mail that comes by `submission` is asked about by no milter."""

    def __init__(
        self, sink: int, extra: str = "", submission: int | None = None, credentials: Credentials | None = None
    ) -> None:
        _require()
        self.port, self.submission = free_port(), submission or free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="mailward-sendmail-"))
        self.folder.chmod(0o755)
        (self.folder / "queue").mkdir(mode=0o700)
        (self.folder / "switch").write_text("hosts files\naliases files\n")
        if credentials is not None:
            extra += "\n" + credentials.for_sendmail()
        shown = "" if credentials is None else f"mount --bind {credentials.folder} {SASL_FOLDER} && "
        source = self.folder / "sendmail.mc"
        source.write_text(
            _CONFIGURATION.format(
                sink=sink, folder=self.folder, port=self.port, submission=self.submission, extra=extra
            )
        )
        self._conf = self.folder / "sendmail.cf"
        self._conf.write_text(configuration(source))
        self._log = (self.folder / "log").open("wb")
        self._process = subprocess.Popen(
            # It sleeps a minute where the machine's name has no dot: one of its own, in a namespace of its own.
            [
                *("unshare", "--uts", "--mount", "sh", "-c"),
                f"hostname relay.city.example && {shown}exec {BINARY} -bD -C {self._conf}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
        wait_for_port(self.port, START_SECONDS)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def queue(self) -> list[str]:
        """Messages that wait."""
        return [path.name for path in (self.folder / "queue").glob("qf*")]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def configuration(source: Path) -> str:
    """What m4 makes of a sendmail.mc."""
    command = ["m4", f"-D_CF_DIR_={MACROS.parents[1]}/", str(MACROS), str(source)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _require() -> None:
    if os.geteuid() != 0:
        raise SendmailMissing("a private Sendmail needs root")
    if not BINARY.is_file() or shutil.which("m4") is None:
        raise SendmailMissing("deploy/setup test has not laid out Sendmail here (package m4, folder .peers/sendmail)")
