"""Sendmail beside a milter: what its sendmail.cf says, and what of that is unsafe. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.config import Config
from gateway.doctor.beside import LEAST_COMMAND, LEAST_CONTENT, SMTP_PORT, names, port_of, releases_at, seconds_of
from gateway.doctor.note import Note, advice, good, unsafe

SENDMAIL_FILE = Path("/etc/mail/sendmail.cf")
# What Sendmail waits where nothing is set: ten seconds to be answered, five minutes at the end.
_WAITS = (("S", 10.0, LEAST_COMMAND), ("R", 10.0, LEAST_COMMAND), ("E", 300.0, LEAST_CONTENT))

_FILTER = re.compile(r"^X([^,\s]+)\s*,\s*(.*)$", re.MULTILINE)
_OPTION = re.compile(r"^O\s+(\w+)=(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One milter: its socket, what happens without it (F=), and how long it is waited for (T=)."""

    name: str
    socket: str
    failure: str
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """Where it listens, and the filters that are asked there."""

    name: str
    port: int | None
    asks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendmailSettings:
    filters: tuple[Filter, ...]
    daemons: tuple[Daemon, ...]
    options: Mapping[str, str]


def read_sendmail(text: str) -> SendmailSettings:
    """The part of a sendmail.cf that concerns us."""
    found = _OPTION.findall(text)
    options = {name: value.strip() for name, value in found}
    everywhere = tuple(options.get("InputMailFilters", "").replace(",", " ").replace(";", " ").split())
    return SendmailSettings(
        filters=tuple(_filter(name, rest) for name, rest in _FILTER.findall(text)),
        daemons=tuple(_daemon(value, everywhere) for name, value in found if name == "DaemonPortOptions")
        or (Daemon(name="MTA", port=SMTP_PORT, asks=everywhere),),
        options=options,
    )


def _equates(text: str) -> dict[str, str]:
    return {name.strip(): value.strip() for name, _, value in (part.partition("=") for part in text.split(","))}


def _filter(name: str, rest: str) -> Filter:
    equates = _equates(rest)
    times = (part.partition(":")[::2] for part in equates.get("T", "").split(";") if part)
    return Filter(
        name=name,
        socket=equates.get("S", ""),
        failure=equates.get("F", ""),
        seconds={letter.strip(): seconds_of(text) or 0.0 for letter, text in times},
    )


def _daemon(text: str, everywhere: tuple[str, ...]) -> Daemon:
    """`InputMailFilters` of a daemon stands instead of the general one, also when it is empty; `;` parts its names."""
    equates = {name[:1]: value for name, value in _equates(text).items()}  # Sendmail looks at no more of them
    own = equates.get("I")
    asks = everywhere if own is None else tuple(own.replace(";", " ").split())
    return Daemon(name=equates.get("N", "MTA"), port=port_of(equates.get("P", "smtp")), asks=asks)


def judge_sendmail(settings: SendmailSettings, config: Config) -> Iterator[Note]:
    ours = [one for one in settings.filters if any(names(milter, one.socket) for milter in config.milters)]
    known = {one.name for one in ours}
    if not any(known & set(daemon.asks) for daemon in settings.daemons):
        yield unsafe("Sendmail asks none of our milters", "INPUT_MAIL_FILTER: deploy/sendmail/mailward.mc")
        return
    for one in ours:
        yield from _of_filter(one)
    for daemon in settings.daemons:
        yield from _of_daemon(daemon, config, asked=bool(known & set(daemon.asks)))
    for name, ours_most in (
        ("MaxRecipientsPerMessage", config.limits.recipients),
        ("MaxMessageSize", config.limits.message_octets),
    ):
        theirs = settings.options.get(name, "0")
        if not theirs.isdigit() or not 0 < int(theirs) <= ours_most:
            yield advice(f"Sendmail: {name} is {theirs}, ours {ours_most}", f"{name} = {ours_most} or less")


def _of_filter(one: Filter) -> Iterator[Note]:
    if one.failure in ("T", "4"):
        yield good(f"Sendmail without {one.name}: temporary failure")
    else:
        yield unsafe(f"Sendmail without {one.name}: F={one.failure or '(none, mail passes)'}", "F=T")
    for letter, own, least in _WAITS:
        if (seconds := one.seconds.get(letter, own)) < least:
            yield unsafe(
                f"Sendmail waits {seconds:.0f} s for {one.name} (T={letter})", f"{letter}:{least:.0f}s or more"
            )


def _of_daemon(daemon: Daemon, config: Config, *, asked: bool) -> Iterator[Note]:
    if releases := releases_at(config, daemon.port):
        if asked:
            says = f"Sendmail: what is released to {releases[0].name} (port {daemon.port}) is caught again"
            yield unsafe(says, "InputMailFilters= for that daemon: deploy/sendmail/mailward.mc")
    elif not asked:
        says, remedy = f"Sendmail: mail that comes in by {daemon.name} is not inspected", "its InputMailFilters"
        yield unsafe(says, remedy) if daemon.port == SMTP_PORT else advice(says, remedy)
