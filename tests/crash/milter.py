"""The same lives as the milter of a real Postfix or Sendmail, whose clients send, wait and send again.

The oracles: what the MTA accepted is delivered by it or held by us, what was to be held is never delivered, nothing is
delivered without our verdict, and whatever befalls us is a temporary failure to the client.
"""

import os
import shutil
import signal
import smtplib
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.crash.bad_builds import Build
from tests.crash.harness import KILLED_AT, Harness, Point, error_points, kill_points, left_faults, traced
from tests.crash.scenario import LISTENING, MAILS, Mail, content, held, open_here
from tests.postfix import Postfix
from tests.sendmail import Sendmail

SENT = tuple(mail for mail in MAILS if "nobody" not in mail.to)
MTAS = ("postfix", "sendmail")
FILTER = "INPUT_MAIL_FILTER(`mailward', `S=local:{place}, F=T, T=C:5s;S:30s;R:30s;E:1m')dnl\n"
START_SECONDS = 20.0
DELIVERY_SECONDS = 20.0


class MilterHarness(Harness):
    """`kind`: which of MTAS."""

    def __init__(self, build: Build = Build.GOOD, kind: str = "postfix") -> None:
        self.code = 0  # of the life that served last
        self._door = Path(tempfile.mkdtemp(prefix="mailward-crash-"))
        self._door.chmod(0o755)
        self._place = self._door / "milter"
        super().__init__(build)
        self.mta: Postfix | Sendmail = (
            Postfix(self.sink.port, {"smtpd_milters": f"unix:{self._place}"})
            if kind == "postfix"
            else Sendmail(self.sink.port, FILTER.format(place=self._place))
        )

    def close(self) -> None:
        super().close()
        self.mta.stop()
        shutil.rmtree(self._door, ignore_errors=True)

    @contextmanager
    def serving(self, state: Path, options: Sequence[str] = ()) -> Iterator[None]:
        """A life, under strace with these options; without any, untouched. It has ended afterwards."""
        pid = self.order(state, options, milter=str(self._place))
        with traced(pid, self.folder / "trace", options):
            end = time.monotonic() + START_SECONDS
            while LISTENING not in self.heard() and Path(f"/proc/{pid}").exists():
                assert time.monotonic() < end, "it does not begin to listen"
                time.sleep(0.01)
            yield
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            self.code = self.number()

    def points(self) -> tuple[list[Point], list[Point]]:
        """Where a life that serves can be killed, and which calls can fail; its start and end are swept elsewhere."""
        with self.state() as state:
            with self.serving(state, [f"trace={','.join(KILLED_AT)}"]):
                assert [self.send(mail) for mail in SENT] == [250] * len(SENT)
            self._delivered([mail.name for mail in SENT])
        seen: Counter[str] = Counter()
        calls: dict[str, list[int]] = {}
        serves = False
        for line in (self.folder / "trace").read_text().splitlines():
            if line.startswith("--- SIGTERM"):
                break
            name = line.partition("(")[0]
            seen[name] += 1
            serves = serves or LISTENING in line
            if serves and name in KILLED_AT and not (name == "openat" and "O_RDONLY" in line):
                calls.setdefault(name, []).append(seen[name])
        return kill_points(calls), error_points(calls)

    def send(self, mail: Mail) -> int:
        """The code of the reply to the content, or of the first that refuses."""
        with smtplib.SMTP("127.0.0.1", self.mta.port, timeout=60) as client:
            client.ehlo()
            commands = ("MAIL FROM:<zoe@elsewhere.example>", *(f"RCPT TO:<{one}@city.example>" for one in mail.to))
            for command in commands:
                if (code := client.docmd(command)[0]) != 250:
                    return code
            with suppress(smtplib.SMTPDataError):
                return client.data(content(mail))[0]
            return 451

    def faults(self, point: Point) -> list[str]:
        """Break one life there; what is wrong with what Postfix and we have then, and after the clients came again."""
        self.sink.accepted.clear()
        with self.state() as state:
            with self.serving(state, [f"trace={point.call}", point.injection]):
                codes = {mail.name: self.send(mail) for mail in SENT}
                if point.error:  # what failed once is over, and no restart is needed
                    codes |= {mail.name: self.send(mail) for mail in SENT if codes[mail.name] != 250}
            found = [] if self.code == (0 if point.error else -signal.SIGKILL) else [f"it ended with {self.code}"]
            found += [f"{name} was answered {code}" for name, code in codes.items() if code != 250 and code // 100 != 4]
            said = [name for name, code in codes.items() if code == 250]
            if point.error and len(said) < len(SENT):
                found.append(f"not recovered from a failed call: only {said}")
            found += left_faults(state, said, self._delivered(said))
            found += self._second_life_faults(state, said)
        return [f"{point}: {fault}" for fault in found]

    def _second_life_faults(self, state: Path, said: Collection[str]) -> Iterator[str]:
        with self.serving(state):
            codes = {mail.name: self.send(mail) for mail in SENT if mail.name not in said}
        yield from (f"{name} came again and was answered {code}" for name, code in codes.items() if code != 250)
        sent = self._delivered([mail.name for mail in SENT])
        yield from left_faults(state, [mail.name for mail in SENT], sent)
        store = open_here(state)
        for mail in SENT:
            kept = [local for local, _ in held(store, mail)]
            gone = [local for (name, local), number in sent.items() if name == mail.name for _ in range(number)]
            if kept != [one for one in mail.to if one == "held"] or gone != [one for one in mail.to if one != "held"]:
                yield f"{mail.name}: held for {kept}, delivered to {gone}"

    def _delivered(self, said: Collection[str]) -> Counter[tuple[str, str]]:
        """By name and local part, once all that was acknowledged has left the MTA."""
        expected = sum(local != "held" for mail in SENT if mail.name in said for local in mail.to)
        end = time.monotonic() + DELIVERY_SECONDS
        while (self.sink.accepted.total() < expected or self.mta.queue()) and time.monotonic() < end:
            time.sleep(0.02)
        assert not self.sink.unjudged
        return Counter(self.sink.accepted)
