"""The same lives as the milter of a real Postfix or Sendmail, whose clients send, wait and send again.

The oracles: what the MTA accepted is delivered by it or held by us, what was to be held is never delivered, nothing is
delivered without our verdict, and whatever befalls us is a temporary failure to the client.
"""

import shutil
import smtplib
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from tests.crash.bad_builds import Build
from tests.crash.harness import left_faults
from tests.crash.scenario import Mail, content, held, open_here
from tests.crash.served import SENT, ServedHarness
from tests.postfix import Postfix
from tests.sendmail import Sendmail

MTAS = ("postfix", "sendmail")
FILTER = "INPUT_MAIL_FILTER(`mailward', `S=local:{place}, F=T, T=C:5s;S:30s;R:30s;E:1m')dnl\n"
DELIVERY_SECONDS = 20.0


class MilterHarness(ServedHarness):
    """`kind`: which of MTAS."""

    def __init__(self, build: Build = Build.GOOD, kind: str = "postfix") -> None:
        self._door = Path(tempfile.mkdtemp(prefix="mailward-crash-"))
        self._door.chmod(0o755)
        self.place = {"milter": str(self._door / "milter")}
        super().__init__(build)
        place = self.place["milter"]
        self.mta: Postfix | Sendmail = (
            Postfix(self.sink.port, {"smtpd_milters": f"unix:{place}"})
            if kind == "postfix"
            else Sendmail(self.sink.port, FILTER.format(place=place))
        )

    def close(self) -> None:
        super().close()
        self.mta.stop()
        shutil.rmtree(self._door, ignore_errors=True)

    def send(self, mail: Mail) -> int:
        with smtplib.SMTP("127.0.0.1", self.mta.port, timeout=60) as client:
            client.ehlo()
            commands = ("MAIL FROM:<zoe@elsewhere.example>", *(f"RCPT TO:<{one}@city.example>" for one in mail.to))
            for command in commands:
                if (code := client.docmd(command)[0]) != 250:
                    return code
            with suppress(smtplib.SMTPDataError):
                return client.data(content(mail))[0]
            return 451

    def second_life_faults(self, state: Path, said: Collection[str]) -> Iterator[str]:
        with self.serving(state):
            codes = {mail.name: self.send(mail) for mail in SENT if mail.name not in said}
        yield from (f"{name} came again and was answered {code}" for name, code in codes.items() if code != 250)
        sent = self.sent([mail.name for mail in SENT])
        yield from left_faults(state, [mail.name for mail in SENT], sent)
        store = open_here(state)
        for mail in SENT:
            kept = [local for local, _ in held(store, mail)]
            gone = [local for (name, local), number in sent.items() if name == mail.name for _ in range(number)]
            if kept != [one for one in mail.to if one == "held"] or gone != [one for one in mail.to if one != "held"]:
                yield f"{mail.name}: held for {kept}, delivered to {gone}"

    def sent(self, said: Collection[str]) -> Counter[tuple[str, str]]:
        """The MTA needs a moment for what it has acknowledged."""
        expected = sum(local != "held" for mail in SENT if mail.name in said for local in mail.to)
        end = time.monotonic() + DELIVERY_SECONDS
        while (self.sink.accepted.total() < expected or self.mta.queue()) and time.monotonic() < end:
            time.sleep(0.02)
        assert not self.sink.unjudged
        return Counter(self.sink.accepted)
