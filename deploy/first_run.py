"""What `make run` does in a checkout that is set up: a gateway, the samples through it, and what to type next.

Uses only what an administrator has too: a configuration file, the `mailward` command, SMTP and the log.
EDGE_PORT, INTERNAL_PORT, STATE and NEXT_HOP of the environment change what is not to one's liking.
"""

import json
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.utils import getaddresses
from pathlib import Path
from typing import IO, Any, NoReturn

HERE = Path(__file__).resolve().parent
SAMPLES = HERE / "samples"
MAILWARD = Path(sys.executable).with_name("mailward")
STATE = Path(os.environ.get("STATE") or HERE.parent / ".state").absolute()
CONFIG = STATE / "mailward.yaml"
LOG = STATE / "mailward.log"
NEXT_HOP = os.environ.get("NEXT_HOP", "")
EDGE = int(os.environ.get("EDGE_PORT") or 2525)
INTERNAL = int(os.environ.get("INTERNAL_PORT") or 2526)
START_SECONDS = 60.0  # for a machine that is busy
REPLY_SECONDS = 120.0  # beyond the gateway's own ninety
SHOWN_EVIDENCE = 2  # passages; `mailward inspect` and `quarantine show` have more
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # the last when a terminal is closed
OUTCOMES = {"relayed": "PASSED"}  # where the reader's word is not the log's


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A shipped message and the door it comes in by: a city's own sender uses the internal listener."""

    path: Path
    octets: bytes
    subject: str
    sender: str
    recipients: tuple[str, ...]

    @property
    def port(self) -> int:
        return INTERNAL if self.sender.endswith("@city.example") else EDGE


class Trouble(Exception):
    """Why there is nothing to show, in a sentence for whoever typed `make run`."""


def main() -> int:
    sys.stdout.reconfigure(line_buffering=True, errors="replace")  # type: ignore[union-attr]
    for number in ENDING:
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        show_gateway()
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
    return 1


def show_gateway() -> NoReturn:
    """Until a signal ends it; raises Trouble."""
    refuse_used_ports()
    print(f"A gateway for city.example starts on loopback, and the messages of {shown(SAMPLES)} go through it.")
    gateway = start_gateway()
    try:
        wait_until_it_listens(gateway)
        show_samples()
        print(what_next())
        gateway.wait()
        raise Trouble(f"The gateway has ended. {last_words()}")
    finally:
        stop(gateway)


def refuse_used_ports() -> None:
    for port, name in ((EDGE, "EDGE_PORT"), (INTERNAL, "INTERNAL_PORT")):
        if answers(port):
            raise Trouble(f"Port {port} is in use; does a gateway run already? Or choose another: {name}=… make run")


def start_gateway() -> subprocess.Popen[bytes]:
    try:
        STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
        CONFIG.write_text(configuration())
        log = LOG.open("wb")
    except OSError as error:
        raise Trouble(f"{error.filename} cannot be written: {error.strerror}") from error
    with log:
        return subprocess.Popen(mailward("serve"), stderr=log)


def wait_until_it_listens(gateway: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not (answers(EDGE) and answers(INTERNAL)):
        if gateway.poll() is not None or time.monotonic() > deadline:
            raise Trouble(f"The gateway did not start. {last_words()}")
        time.sleep(0.05)


def stop(gateway: subprocess.Popen[bytes]) -> None:
    """Ended as a service manager would; a second Ctrl-C does not leave it behind."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    gateway.terminate()
    gateway.wait()


def configuration() -> str:
    """The embedded defaults: SQLite and files under the state folder, a Maildir unless NEXT_HOP names a server."""
    host, _, port = NEXT_HOP.rpartition(":")
    hop = f"maildir: {json.dumps(str(STATE / 'delivered'))}"
    if NEXT_HOP:
        hop = f"host: {json.dumps(host or NEXT_HOP)}, port: {port if host else 25}"
    return f"""# Written anew by each make run. deploy/mailward.yaml is the complete example.
domains: [city.example]
hostname: mailward.city.example
state: {json.dumps(str(STATE / "data"))}
directory: {json.dumps(str(HERE / "staff.csv"))}
next_hops:
  - {{name: onward, {hop}}}
listeners:
  - {{name: from-internet, kind: edge, direction: inbound, port: {EDGE}, next_hop: onward}}
  - {{name: from-exchange, kind: internal, port: {INTERNAL}, next_hop: onward}}
digest: {{to: [it@city.example], sender: mailward@city.example, next_hop: onward}}
"""


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def last_words() -> str:
    return f"Its log, {shown(LOG)}, says:\n{LOG.read_text(errors='replace')[-2000:]}"


def show_samples() -> None:
    with tempfile.TemporaryFile() as explanations, LOG.open("ab") as log:
        # One process explains all samples while the gateway judges the first: starting one takes most of a second.
        explaining = subprocess.Popen([*mailward("inspect"), str(SAMPLES)], stdout=explanations, stderr=log)
        try:
            outcomes = [(sample, send(sample)) for sample in samples()]
        finally:
            failed = explaining.wait()
        if failed:
            raise Trouble(f"The samples could not be explained. {last_words()}")
        for (sample, recipients), reasons in zip(outcomes, blocks(explanations), strict=True):
            show(sample, recipients, reasons)


def samples() -> Iterator[Sample]:
    for path in sorted(SAMPLES.glob("*.eml")):
        octets = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        message = message_from_bytes(octets)
        recipients = tuple(address for _, address in getaddresses([message["To"]]))
        ((_, sender),) = getaddresses([message["From"]])
        yield Sample(path=path, octets=octets, subject=message["Subject"], sender=sender, recipients=recipients)


def send(sample: Sample) -> list[dict[str, Any]]:
    """The message by SMTP; what the log says of each recipient."""
    try:
        with smtplib.SMTP("127.0.0.1", sample.port, timeout=REPLY_SECONDS) as client:
            client.ehlo()
            client.mail(sample.sender)
            for recipient in sample.recipients:
                code, text = client.rcpt(recipient)
                if code >= 400:
                    raise smtplib.SMTPResponseException(code, text)
            code, text = client.data(sample.octets)
    except smtplib.SMTPResponseException as error:
        hint = f"\nDoes the server at NEXT_HOP={NEXT_HOP} run, and take mail for anybody?" if NEXT_HOP else ""
        answer = f"{error.smtp_code} {wording(error.smtp_error)}"
        raise Trouble(f"The gateway did not take {sample.path.name}, and answered {answer}{hint}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise Trouble(f"The gateway did not take {sample.path.name}: {error}; see {shown(LOG)}") from error
    return logged(f"{code} {wording(text)}")


def wording(reply: bytes | str) -> str:
    return reply if isinstance(reply, str) else reply.decode("ascii", "replace")


def logged(reply: str) -> list[dict[str, Any]]:
    """The recipients in the log's line about the transaction that the reply names."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        for text in LOG.read_text().splitlines():
            line = json.loads(text) if text.startswith("{") and text.endswith("}") else {}
            if line.get("event") == "transaction" and line["id"] in reply:
                return list(line["recipients"])
        time.sleep(0.05)
    raise Trouble(f"The gateway answered {reply}; see {shown(LOG)}")


def blocks(explanations: IO[bytes]) -> Iterator[list[str]]:
    """What `mailward inspect` prints of each message."""
    explanations.seek(0)
    for block in explanations.read().decode(errors="replace").strip("\n").split("\n\n"):
        yield block.splitlines()


def show(sample: Sample, recipients: Sequence[dict[str, Any]], reasons: Sequence[str]) -> None:
    """One sample's outcome for each recipient, then rule, clause, reason and evidence in the words of inspect."""
    print(f"\n{shown(sample.path)}: {sample.subject}\n  from {sample.sender}")
    for recipient in recipients:
        outcome = OUTCOMES.get(recipient["outcome"], recipient["outcome"].upper())
        reply = f": {recipient['reply']}" if outcome in ("DEFERRED", "REFUSED") else ""
        print(f"  {outcome:<8} {recipient['address']} ({recipient['direction']}){reply}")
    passages = 0
    for line in reasons[1 + len(sample.recipients) :]:  # the first lines say what would be done, as we just have
        passages = passages + 1 if line.startswith(" " * 6) else 0
        if passages <= SHOWN_EVIDENCE:
            print(f"  {line}")


def what_next() -> str:
    program, item = shown(MAILWARD), held_item() or "ID"
    install = "" if shutil.which("swaks") else "      (apt-get install swaks netbase)"
    return f"""
The gateway is running. Mail from outside: 127.0.0.1:{EDGE}; from the city's own server: 127.0.0.1:{INTERNAL}.
What passes goes to {NEXT_HOP or shown(STATE / "delivered")}. The log is {shown(LOG)}.
In another terminal, in {Path.cwd()}:

  export MAILWARD_CONFIG={shown(CONFIG)}
  {program} quarantine list
  {program} quarantine show {item}
  {program} quarantine release {item} --reason "checked"
  {program} digest show

Send something of your own:{install}

  swaks --server 127.0.0.1:{EDGE} --from you@elsewhere.example --to clerk@city.example \\
        --attach-name setup.exe --attach MZ

Ctrl-C ends the gateway."""


def held_item() -> str | None:
    """The one held longest."""
    listing = subprocess.run([*mailward("quarantine", "list"), "--state", "held", "--json"], stdout=subprocess.PIPE)
    first = listing.stdout.partition(b"\n")[0]
    return str(json.loads(first)["id"]) if first else None


def mailward(*command: str) -> list[str]:
    return [str(MAILWARD), *command, "-c", str(CONFIG)]


def shown(path: Path) -> str:
    """A path as one would type it here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    sys.exit(main())
