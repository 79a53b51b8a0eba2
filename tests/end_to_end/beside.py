"""One MTA with Mailward as its milter and a sink behind, for end-to-end tests."""

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from quarantine.quarantine import open_store
from rules.transaction import Client
from tests.credentials import Credentials, CredentialsMissing
from tests.end_to_end.conftest import Running
from tests.ports import free_port
from tests.postfix import Arrival, Postfix
from tests.sendmail import Sendmail

SENDER = "george.abbot@city.example"
WAITS = 6  # seconds that the MTA waits for a sign of life; we give one every three
SERVER = "ex1.city.example"  # a machine of the city's, by its certificate


class Site:
    """`sendmail` or `postfix`. Where there are `credentials` it knows SENDER by password and SERVER by certificate."""

    def __init__(self, kind: str, folder: Path) -> None:
        milter, submission = free_port(), free_port()
        filters = f"INPUT_MAIL_FILTER(`mailward', `S=inet:{milter}@127.0.0.1, F=T, T=C:30s;S:30s;R:{WAITS}s;E:5m')dnl"
        with contextlib.ExitStack() as undo:
            self.behind = Postfix()
            undo.callback(self.behind.stop)
            self.credentials = _credentials()
            if self.credentials is not None:
                undo.callback(self.credentials.remove)
            # Before the MTA, which would wait for it.
            self.mailward = Running(
                folder,
                f'host: 127.0.0.1, port: {submission}, tls: "off"',
                f"milters: [{{name: mta, kind: edge, direction: inbound, port: {milter}, next_hop: onward}}]\n"
                "limits: {inspection_seconds: 3}\n",
            )
            undo.callback(lambda: self.mailward.kill())
            self.mta: Postfix | Sendmail = (
                Postfix(
                    self.behind.port,
                    {
                        "smtpd_milters": f"inet:127.0.0.1:{milter}",
                        "non_smtpd_milters": f"inet:127.0.0.1:{milter}",
                        "milter_connect_timeout": "2s",
                        "milter_content_timeout": f"{WAITS}s",
                    },
                    submission,
                    self.credentials,
                )
                if kind == "postfix"
                else Sendmail(self.behind.port, filters, submission, self.credentials)
            )
            undo.callback(self.mta.stop)
            self._undo = undo.pop_all()

    def stop(self) -> None:
        self._undo.close()

    def send(self, content: Path | bytes, *recipients: str, options: Sequence[str] = ()) -> str:
        """The reply to the content, or to the command that was refused before it. `options` are swaks's."""
        octets = content.read_bytes() if isinstance(content, Path) else content
        file = self.mailward.folder / "content"
        file.write_bytes(octets.replace(b"\r\n", b"\n").removesuffix(b"\n"))  # swaks ends the last line
        command = ["swaks", "--server", f"127.0.0.1:{self.mta.port}", "--from", SENDER, "--to", ",".join(recipients)]
        done = subprocess.run(
            [*command, "--data", f"@{file}", "--timeout", "60", *options], capture_output=True, text=True, timeout=120
        )
        said = re.findall(r"^<[-~*]+ +(\d{3}[ -].*)$", done.stdout, re.MULTILINE)
        return said[-2] if said[-1].startswith("221") else said[-1]

    def hand_over(self, content: Path | bytes, *recipients: str) -> None:
        """As a program of the machine does, which waits for no answer: by sendmail(1) of Postfix."""
        octets = content.read_bytes() if isinstance(content, Path) else content
        assert isinstance(self.mta, Postfix)
        command = ["/usr/sbin/sendmail", "-C", str(self.mta.configuration), "-i", "-f", SENDER, *recipients]
        subprocess.run(command, input=octets.replace(b"\r\n", b"\n"), check=True, timeout=60)

    def clients(self) -> list[Client]:
        """Of everything that was held, the oldest first."""
        store = open_store(self.mailward.folder / "state", keep_days=30)
        return [item.client for item in store.quarantine.list()]

    @contextlib.contextmanager
    def judging_stopped(self) -> Iterator[None]:
        """No message is judged; afterwards the processes that were to do it are killed, as the kernel may do."""
        inspectors = [
            pid for pid in self.mailward.processes() if b"inspector" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        assert inspectors
        for pid in inspectors:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in inspectors:
                with contextlib.suppress(ProcessLookupError):  # given up and ended meanwhile
                    os.kill(pid, signal.SIGKILL)

    def arrived(self, number: int) -> dict[str, bytes]:
        """By recipient; a moment later there is not one more."""
        self.behind.wait_for(number)
        time.sleep(0.3)
        found: Sequence[Arrival] = self.behind.arrivals()
        assert len(found) == number, [one.recipient for one in found]
        return {one.recipient: one.octets for one in found}


def _credentials() -> Credentials | None:
    try:
        return Credentials(SENDER, SERVER)
    except CredentialsMissing:
        return None
