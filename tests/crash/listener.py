"""The same lives behind our own SMTP listener: connect, MAIL, RCPT, DATA, spool, hold, send and 250, over real sockets.

The oracles: what was answered 250 is at the next hop or held, once; a client that was not answered sends again, and
then at most the one message that was cut off is at the next hop twice.
"""

import smtplib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from tests.crash.bad_builds import Build
from tests.crash.harness import KILLED_AT, Point, left_faults
from tests.crash.scenario import AGAIN, Mail, content, held, open_here
from tests.crash.served import SENT, ServedHarness
from tests.ports import free_port

GONE = 0  # no reply: the client owns its message, and may not know that it was taken


class ListenerHarness(ServedHarness):
    killed_at = (*KILLED_AT, "accept4", "mmap")

    def __init__(self, build: Build = Build.GOOD) -> None:
        self.port = free_port()
        self.place = {"clients": str(self.port)}
        super().__init__(build)

    def steps(self) -> Sequence[tuple[str, Mail]]:
        """The first once more at the end: its client has not read our reply."""
        return [*super().steps(), (AGAIN, SENT[0])]

    def fair(self, code: int, point: Point) -> bool:
        return super().fair(code, point) or (code == GONE and not point.error)

    def send(self, mail: Mail) -> int:
        to = [f"{local}@city.example" for local in mail.to]
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as client:
                return self._sent(client, to, content(mail))
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError, OSError):
            return GONE

    def _sent(self, client: smtplib.SMTP, to: Sequence[str], octets: bytes) -> int:
        client.ehlo("client.example")
        for code, _ in (client.mail("zoe@elsewhere.example"), *map(client.rcpt, to)):
            if code != 250:
                return code
        try:
            return client.data(octets)[0]
        except smtplib.SMTPDataError as error:  # DATA itself is refused
            return error.smtp_code

    def second_life_faults(self, state: Path, said: Collection[str]) -> Iterator[str]:
        names = [name for name, _ in self.steps()]
        with self.serving(state):
            codes = {name: self.send(mail) for name, mail in self.steps() if name not in said}
        yield from (f"{name} came again and was answered {code}" for name, code in codes.items() if code != 250)
        sent = self.sent(names)
        yield from left_faults(state, names, sent)
        store = open_here(state)
        for mail in SENT:
            kept = [local for local, _ in held(store, mail)]
            if kept != [one for one in mail.to if one == "held"]:
                yield f"{mail.name}: held for {kept}"
        wanted = Counter((mail.name, local) for mail in SENT for local in mail.to if local != "held")
        if sent.keys() != wanted.keys() or (sent - wanted).total() > 1:
            yield f"the next hop has {sent}"

    def sent(self, said: Collection[str]) -> Counter[tuple[str, str]]:
        assert not self.sink.unjudged
        return Counter(self.sink.accepted)
