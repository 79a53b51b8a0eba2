"""Lives that clients ask over a socket: how one is begun, where it can be broken, and what is left of it.

Who asks, an MTA beside us or a client by SMTP, is the business of `milter` and `listener`.
"""

import os
import signal
import time
from abc import abstractmethod
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.crash.harness import KILLED_AT, Harness, Point, error_points, kill_points, left_faults, traced
from tests.crash.scenario import LISTENING, MAILS, Mail

SENT = tuple(mail for mail in MAILS if "nobody" not in mail.to)
START_SECONDS = 20.0
READS = ("recvfrom",)


class ServedHarness(Harness):
    """`place` tells the template where a life listens; `killed_at` which calls matter."""

    place: Mapping[str, str]
    killed_at: tuple[str, ...] = KILLED_AT
    code = 0  # of the life that served last

    @abstractmethod
    def send(self, mail: Mail) -> int:
        """The code of the reply to the content, or of the first that refuses; 0 where there was none."""

    @abstractmethod
    def sent(self, said: Collection[str]) -> Counter[tuple[str, str]]:
        """What has been delivered, by name and local part, once all of `said` has been."""

    @abstractmethod
    def second_life_faults(self, state: Path, said: Collection[str]) -> Iterator[str]:
        """What is wrong after the clients have sent again what was not acknowledged."""

    def steps(self) -> Sequence[tuple[str, Mail]]:
        """What the clients of one life send, in order, by a name."""
        return [(mail.name, mail) for mail in SENT]

    @contextmanager
    def serving(self, state: Path, options: Sequence[str] = ()) -> Iterator[None]:
        """A life, under strace with these options; without any, untouched. It has ended afterwards."""
        pid = self.order(state, options, **self.place)
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
            with self.serving(state, [f"trace={','.join(self.killed_at)}"]):
                assert {self.send(mail) for _, mail in self.steps()} == {250}
            self.sent([name for name, _ in self.steps()])
        seen: Counter[str] = Counter()
        calls: dict[str, list[int]] = {}
        serves = False
        for line in (self.folder / "trace").read_text().splitlines():
            if line.startswith("--- SIGTERM"):
                break
            name = line.partition("(")[0]
            seen[name] += 1
            serves = serves or LISTENING in line
            if serves and name in self.killed_at and not (name == "openat" and "O_RDONLY" in line):
                calls.setdefault(name, []).append(seen[name])
        return kill_points(calls), error_points(calls)

    def faults(self, point: Point) -> list[str]:
        """Break one life there; what is wrong with what is left then, and after the clients came again."""
        self.sink.accepted.clear()
        with self.state() as state:
            with self.serving(state, [f"trace={point.call}", point.injection]):
                codes = {name: self.send(mail) for name, mail in self.steps()}
                if point.error:  # what failed once is over, and no restart is needed
                    codes |= {name: self.send(mail) for name, mail in self.steps() if codes[name] != 250}
            found = [] if self.code in _endings(point) else [f"it ended with {self.code}"]
            found += [f"{name} was answered {code}" for name, code in codes.items() if not self.fair(code, point)]
            said = [name for name, code in codes.items() if code == 250]
            if point.error and len(said) < len(codes):
                found.append(f"not recovered from a failed call: only {said}")
            found += left_faults(state, said, self.sent(said))
            found += self.second_life_faults(state, said)
        return [f"{point}: {fault}" for fault in found]

    def fair(self, code: int, point: Point) -> bool:
        """Whether a client may be answered so."""
        return code == 250 or code // 100 == 4


def _endings(point: Point) -> tuple[int, ...]:
    """How a life that is broken there may end. How many reads the same octets take is not the same in every life."""
    if point.error:
        return (0,)
    return (-signal.SIGKILL, 0) if point.call in READS else (-signal.SIGKILL,)
