"""What `make run` does in a checkout that is set up: a gateway, the samples through it, and what to type next.

Uses only what an administrator has too: a configuration file, the `mailward` command, SMTP and the log.
"""

import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.utils import getaddresses
from pathlib import Path

HERE = Path(__file__).resolve().parent
STATE = HERE.parent / ".state"
CONFIG = STATE / "mailward.yaml"
LOG = STATE / "mailward.log"
MAILWARD = Path(sys.executable).with_name("mailward")
EDGE, INTERNAL = 2525, 2526
START_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A shipped message and the door it comes in by: a city's own sender uses the internal listener."""

    path: Path
    octets: bytes
    sender: str
    recipients: tuple[str, ...]

    @property
    def port(self) -> int:
        return INTERNAL if self.sender.endswith("@city.example") else EDGE


def main() -> int:
    write_config(os.environ.get("NEXT_HOP", ""))
    for port in (EDGE, INTERNAL):
        if answers(port):
            print(f"Port {port} on this machine is in use; is another Mailward running?", file=sys.stderr)
            return 1
    with LOG.open("wb") as log:
        gateway = subprocess.Popen([str(MAILWARD), "serve", "-c", str(CONFIG)], stderr=log)
    signal.signal(signal.SIGTERM, lambda *_: gateway.terminate())
    try:
        if not wait_for_gateway(gateway):
            print(f"The gateway did not start. Its log, {shown(LOG)}, says:", file=sys.stderr)
            print(LOG.read_text()[-2000:], file=sys.stderr)
            return 1
        for sample in samples():
            show(sample, send(sample))
        print(what_next())
        return gateway.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        gateway.terminate()
        gateway.wait()


def write_config(next_hop: str) -> None:
    """The embedded defaults: SQLite and files under the state folder, a Maildir unless NEXT_HOP names a server."""
    STATE.mkdir(mode=0o700, exist_ok=True)
    host, _, port = next_hop.rpartition(":")
    hop = (
        f"host: {host or next_hop}, port: {port or 25}"
        if next_hop
        else f"maildir: {json.dumps(str(STATE / 'delivered'))}"
    )
    CONFIG.write_text(
        f"""# Written by make run. deploy/mailward.yaml is the complete example.
domains: [city.example]
hostname: mailward.city.example
state: {json.dumps(str(STATE / "data"))}
directory: {json.dumps(str(HERE.parent / "rules" / "library" / "directory.csv"))}
next_hops:
  - {{name: onward, {hop}}}
listeners:
  - {{name: from-internet, kind: edge, direction: inbound, port: {EDGE}, next_hop: onward}}
  - {{name: from-exchange, kind: internal, port: {INTERNAL}, next_hop: onward}}
digest: {{to: [it@city.example], sender: mailward@city.example, next_hop: onward}}
"""
    )


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for_gateway(gateway: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and gateway.poll() is None:
        if answers(EDGE) and answers(INTERNAL):
            return True
        time.sleep(0.1)
    return False


def samples() -> Iterator[Sample]:
    for path in sorted((HERE / "samples").glob("*.eml")):
        octets = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        message = message_from_bytes(octets)
        recipients = tuple(address for _, address in getaddresses([message["To"]]))
        (sender,) = (address for _, address in getaddresses([message["From"]]))
        yield Sample(path=path, octets=octets, sender=sender, recipients=recipients)


def send(sample: Sample) -> str:
    """The gateway's reply to the final dot; its last word is the transaction's id."""
    with smtplib.SMTP("127.0.0.1", sample.port, timeout=60) as client:
        client.ehlo()
        client.mail(sample.sender)
        for recipient in sample.recipients:
            client.rcpt(recipient)
        _, text = client.data(sample.octets)
    return text.decode("ascii", "replace")


def show(sample: Sample, reply: str) -> None:
    """One sample's outcome for each recipient, from the log's line, with the evidence that inspect gives."""
    line = logged(reply)
    print(f"\n{sample.path.name}: {sample.sender} → {', '.join(sample.recipients)}")
    for recipient in line["recipients"]:
        print(f"  {recipient['outcome'].upper():8} {recipient['address']} ({recipient['direction']})")
        if recipient["rules"]:
            print(f"           rule {', '.join(recipient['rules'])}; clause {', '.join(recipient['clauses'])}")
    for summary, evidence in explained(sample):
        print(f"           why: {summary}")
        for text in evidence[:2]:
            print(f"                {text}")


def logged(reply: str) -> dict:
    """The canonical log line of the transaction that the reply names."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        for text in LOG.read_text().splitlines():
            line = json.loads(text) if text.startswith("{") else {}
            if line.get("event") == "transaction" and line["id"] in reply:
                return line
        time.sleep(0.05)
    raise SystemExit(f"no log line for {reply}; see {shown(LOG)}")


def explained(sample: Sample) -> Iterator[tuple[str, list[str]]]:
    """Summary and evidence of each observation that a rule acted on, as `mailward inspect --json` gives them."""
    to = [word for recipient in sample.recipients for word in ("--rcpt-to", recipient)]
    command = [
        str(MAILWARD),
        "inspect",
        "-c",
        str(CONFIG),
        "--json",
        "--mail-from",
        sample.sender,
        *to,
        str(sample.path),
    ]
    result = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    used = {finding["observation"] for verdict in result["verdicts"] for finding in verdict["findings"]}
    for index in sorted(used):
        observation = result["observations"][index]
        yield observation["summary"], [item["text"] for item in observation["evidence"]]


def what_next() -> str:
    mailward, next_hop = shown(MAILWARD), os.environ.get("NEXT_HOP")
    delivered = f"What passes goes to {next_hop}." if next_hop else f"What passes lies in {shown(STATE / 'delivered')}."
    return f"""
The gateway is running. Mail from outside: 127.0.0.1:{EDGE}; from the city's own server: 127.0.0.1:{INTERNAL}.
In another terminal:

  export MAILWARD_CONFIG={shown(CONFIG)}
  {mailward} quarantine list                             what is held
  {mailward} quarantine show ID                          why, with the evidence marked
  {mailward} quarantine release ID --reason "checked"    let it go
  {mailward} digest show                                 today's report to IT
  swaks --server 127.0.0.1:{EDGE} --from you@elsewhere.example --to clerk@city.example \\
        --attach-name setup.exe --attach-body "MZ"       send your own

{delivered}
The log is {shown(LOG)}. Ctrl-C ends the gateway.
"""


def shown(path: Path) -> str:
    """A path as one would type it here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    sys.exit(main())
