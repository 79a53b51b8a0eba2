"""Checks of the MTA that asks us: that it waits for us, never passes mail without us, and is not asked about releases.

Reading its settings and judging them are apart; what is not there to be read is told, and is not taken for safe.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.config import Config, MilterListener
from gateway.doctor.note import Note, advice, good, unsafe

SENDMAIL_FILE = Path("/etc/mail/sendmail.cf")
LEAST_COMMAND = (
    30.0  # seconds that an MTA must wait for MAIL and RCPT; they are answered at once, but for a busy machine
)
LEAST_CONTENT = 90.0  # from the end of a message to our answer at the latest (reliability section 4)
READ_SECONDS = 10.0

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_FILTER = re.compile(r"^X([^,\s]+)\s*,\s*(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostfixSettings:
    """What postconf says: `main` by name; `services` the lines of master.cf with their overrides (postconf -M)."""

    main: Mapping[str, str]
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One milter of sendmail.cf: its socket, what happens without it (F=), and how long it is waited for (T=)."""

    name: str
    socket: str
    failure: str
    seconds: Mapping[str, float]


def check_mta(config: Config) -> Iterator[Note]:
    """Of those that are found on this machine; nothing where no milter is configured."""
    if not config.milters:
        yield good("not needed: no MTA asks us")
        return
    found = False
    if (postfix := read_postfix()) is not None:
        found = True
        yield from judge_postfix(postfix, config)
    if SENDMAIL_FILE.is_file():
        found = True
        yield from judge_sendmail(read_filters(SENDMAIL_FILE.read_text(errors="replace")), config)
    if not found:
        yield advice(
            "no Postfix or Sendmail on this machine", "compare its settings with deploy/postfix or deploy/sendmail"
        )


def read_postfix() -> PostfixSettings | None:
    """None where there is no postconf, or it cannot read its files."""
    postconf = shutil.which("postconf") or "/usr/sbin/postconf"
    try:
        main, services = (
            subprocess.run([postconf, *words], capture_output=True, text=True, timeout=READ_SECONDS, check=True).stdout
            for words in ((), ("-M",))
        )
    except (OSError, subprocess.SubprocessError):
        return None
    pairs = (line.partition("=") for line in main.splitlines())
    return PostfixSettings(
        main={name.strip(): value.strip() for name, _, value in pairs}, services=tuple(services.splitlines())
    )


def judge_postfix(settings: PostfixSettings, config: Config) -> Iterator[Note]:
    """Pure."""
    main = settings.main
    asked = f"{main.get('smtpd_milters', '')} {' '.join(settings.services)}"
    ours = [milter for milter in config.milters if _names(milter, asked)]
    if not ours:
        yield unsafe("Postfix asks none of our milters", "smtpd_milters: deploy/postfix/main.cf")
        return
    yield from _default_action(asked, main.get("milter_default_action", "tempfail"))
    for name, least in (("milter_command_timeout", LEAST_COMMAND), ("milter_content_timeout", LEAST_CONTENT)):
        if (seconds := seconds_of(main.get(name, ""))) is None or seconds < least:
            yield unsafe(f"Postfix: {name} is {main.get(name, 'unknown')}", f"{name} = {least:.0f}s or more")
    for name, ours_most in (
        ("smtpd_recipient_limit", config.limits.recipients),
        ("message_size_limit", config.limits.message_octets),
    ):
        theirs = main.get(name, "0")
        if not theirs.isdigit() or not 0 < int(theirs) <= ours_most:
            yield advice(f"Postfix: {name} is {theirs}, ours {ours_most}", f"{name} = {ours_most} or less")
    for milter in ours:
        hop = config.next_hop(milter.next_hop)
        service = next((one for one in settings.services if re.match(rf"\S*:?{hop.port}\s", one)), None)
        if service is not None and not re.search(r"smtpd_milters=(\s|$)", service):
            says = f"Postfix: what is released to {hop.name} (port {hop.port}) is caught again"
            yield unsafe(says, "-o smtpd_milters= for that service: deploy/postfix/master.cf")


def _default_action(asked: str, general: str) -> Iterator[Note]:
    """Of all milters, and of one by itself: `{ inet:..., default_action=... }`."""
    for action in (general, *re.findall(r"default_action\s*=\s*(\w+)", asked)):
        if action in ("tempfail", "shutdown"):
            yield good(f"Postfix without us: {action}")
        else:
            yield unsafe(f"Postfix without us: {action}", "milter_default_action = tempfail")


def read_filters(text: str) -> tuple[Filter, ...]:
    """The milters of a sendmail.cf. Pure."""
    return tuple(_filter(name, rest) for name, rest in _FILTER.findall(text))


def _filter(name: str, rest: str) -> Filter:
    equates = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    times = (part.partition(":")[::2] for part in equates.get("T", "").split(";") if part)
    return Filter(
        name=name,
        socket=equates.get("S", ""),
        failure=equates.get("F", ""),
        seconds={letter.strip(): seconds_of(text) or 0.0 for letter, text in times},
    )


def judge_sendmail(filters: tuple[Filter, ...], config: Config) -> Iterator[Note]:
    """Pure. Times that are not set are Sendmail's own: ten seconds to be answered, five minutes at the end."""
    ours = [one for one in filters if any(_names(milter, one.socket) for milter in config.milters)]
    if not ours:
        yield unsafe("Sendmail asks none of our milters", "INPUT_MAIL_FILTER: deploy/sendmail/mailward.mc")
    for one in ours:
        if one.failure in ("T", "4"):
            yield good(f"Sendmail without {one.name}: temporary failure")
        else:
            yield unsafe(f"Sendmail without {one.name}: F={one.failure or '(none, mail passes)'}", "F=T")
        for letter, own, least in (("S", 10.0, LEAST_COMMAND), ("R", 10.0, LEAST_COMMAND), ("E", 300.0, LEAST_CONTENT)):
            if (seconds := one.seconds.get(letter, own)) < least:
                says = f"Sendmail waits {seconds:.0f} s for {one.name} (T={letter})"
                yield unsafe(says, f"{letter}:{least:.0f}s or more")


def _names(milter: MilterListener, text: str) -> bool:
    """Whether the MTA's words for sockets name this one: `inet:host:port`, Sendmail's `inet:port@host`, a path."""
    if milter.socket is not None:
        return str(milter.socket) in text
    return re.search(rf"inet6?:(?:\S*:)?{milter.port}(?:@|\b)", text) is not None


def seconds_of(text: str) -> float | None:
    """`30s`, `5m`; a bare number is seconds. None for what is neither."""
    match = re.fullmatch(r"(\d+)([smhdw]?)", text.strip())
    return None if match is None else float(int(match[1]) * _UNITS[match[2] or "s"])
