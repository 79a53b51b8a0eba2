"""What one client may use: connections, time, errors, commands without mail."""

from collections import Counter

from gateway.config import Limits

CROWDED = 0.8  # share of all connections in use beyond which idle ones are cut sooner, as Postfix under stress
CROWDED_IDLE = 30.0  # seconds
JUNK_COMMANDS = 100  # commands that bring no mail, as Postfix's smtpd_junk_command_limit
# RCPT commands for each recipient that a transaction may have. A list too long gets as many 452 as it had 250, and its
# client sends the rest later (RFC 5321 section 4.5.3.1.10); Postfix has the same with smtpd_recipient_overshoot_limit.
# Refused recipients and repeats count: each costs a line of the log, a question to the next hop or both.
RCPTS_PER_RECIPIENT = 2
GRACE = 60.0  # seconds of DATA before its rate counts
MIN_RATE = 500  # octets a second over the whole DATA phase, as Postfix's smtpd_min_data_rate


class Connections:
    """How many connections are open, in all and from each address."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._clients: Counter[str] = Counter()
        self._total = 0

    def enter(self, address: str) -> bool:
        """Count a new connection in; False, and not counted, when there is no place for it."""
        limits = self._limits
        if self._total >= limits.connections or self._clients[address] >= limits.connections_per_client:
            return False
        self._total += 1
        self._clients[address] += 1
        return True

    def leave(self, address: str) -> None:
        self._total -= 1
        self._clients[address] -= 1
        if not self._clients[address]:
            del self._clients[address]  # the table never grows beyond the open connections

    @property
    def idle_seconds(self) -> float:
        """How long a client may think between commands."""
        idle = self._limits.command_idle_seconds
        return min(idle, CROWDED_IDLE) if self._total > CROWDED * self._limits.connections else idle


def data_deadline(*, start: float, now: float, octets: int, idle: float) -> float:
    """The moment by which more content must have come: not idle too long, and not too slow on the whole."""
    return min(now + idle, start + max(GRACE, octets / MIN_RATE))


class Tally:
    """The errors and the commands without mail of one session; a message that was taken clears both."""

    def __init__(self, errors: int) -> None:
        self._max_errors = errors
        self.clear()

    def clear(self) -> None:
        self._errors = 0
        self._junk = 0

    def error(self) -> bool:
        """Count an error; whether that was one too many."""
        self._errors += 1
        return self._errors > self._max_errors

    def junk(self) -> bool:
        """Count a command that brings no mail; whether that was one too many."""
        self._junk += 1
        return self._junk > JUNK_COMMANDS
