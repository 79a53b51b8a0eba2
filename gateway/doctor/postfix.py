"""Postfix beside a milter: what postconf says, and what of that is unsafe."""

import os
import re
import shutil
import subprocess
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path

from gateway.config import Config, MilterListener
from gateway.doctor.beside import LEAST_COMMAND, LEAST_CONTENT, SMTP_PORT, names, port_of, releases_at, seconds_of
from gateway.doctor.note import Note, advice, good, unsafe
from gateway.doctor.postfix_tables import READ_SECONDS, Entry, has, listed, words_of

MAPS = "smtpd_milter_maps"
ASKED = ("smtpd_milters", "non_smtpd_milters")
NETWORKS = ("smtpd_forbid_bare_newline_exclusions", "mynetworks")
SHOWN = 3  # clients named in one note
LEAST_PROTOCOL = 6  # older ones lose the header's exact octets
HERE = ip_address("127.0.0.1")  # whence we hand over what is released

_ENTRY = re.compile(r"\{([^{}]*)\}|([^\s,{}]+)")  # of smtpd_milters: a socket, or one in braces with settings
_IS_TABLE = re.compile(r"[a-z]+:[^:]")  # not so an IPv6 address
_UNIX = re.compile(r"\b(unix|local):([^\s,{}]+)")
_SETTING = re.compile(r"(\w+)\s*=\s*([^\s,]+)")
BARE_NEWLINE_OFF = ("no", "note", "")  # of smtpd_forbid_bare_newline


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An smtpd of master.cf: `smtp`, `127.0.0.1:10026`, or `smtpd` behind postscreen; `options` are set by -o.

    `chroot`: Postfix's queue directory is the root of its files.
    """

    name: str
    chroot: bool = False
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_public(self) -> bool:
        return self.name == "smtpd" or port_of(self.name) == SMTP_PORT


@dataclass(frozen=True, slots=True, kw_only=True)
class PostfixSettings:
    """What postconf says: `main` by name, variables filled in.

    `cleanups`: what asks about mail that programs of this machine hand over.
    `maps`: what stands in each table that says which milters a client's mail goes to, None where that cannot be listed.
    `with_us`: the tables of networks that have the address from which we hand over.
    """

    main: Mapping[str, str]
    services: tuple[Service, ...]
    cleanups: tuple[Service, ...] = ()
    maps: Mapping[str, tuple[Entry, ...] | None] = field(default_factory=dict)
    with_us: frozenset[str] = frozenset()


def read_postfix() -> PostfixSettings | None:
    """None where there is no Postfix, or one without a configuration. Raises OSError, SubprocessError."""
    postconf = shutil.which("postconf") or "/usr/sbin/postconf"
    folder = Path(os.environ.get("MAIL_CONFIG", "/etc/postfix"))
    if not Path(postconf).is_file() or not (folder / "main.cf").is_file():
        return None

    def lines(*words: str) -> list[str]:
        done = subprocess.run([postconf, *words], capture_output=True, text=True, timeout=READ_SECONDS, check=True)
        return done.stdout.splitlines()

    overrides = dict(_pair(line) for line in lines("-xP"))
    found = [line.split() for line in lines("-M")]
    services = tuple(_service(words, overrides) for words in found if words[7:8] == ["smtpd"])
    cleanups = tuple(_service(words, overrides) for words in found if words[7:8] == ["cleanup"])
    main = dict(_pair(line) for line in lines("-x"))
    everywhere = [main, *(service.options for service in services)]
    networks = {word for values in everywhere for name in NETWORKS for word in words_of(values.get(name, ""))}
    return PostfixSettings(
        main=main,
        services=services,
        cleanups=cleanups,
        maps={table: listed(table) for values in everywhere for table in words_of(values.get(MAPS, ""))},
        with_us=frozenset(table for table in networks if _IS_TABLE.match(table) and has(table, str(HERE))),
    )


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition("=")
    return name.strip(), value.strip()


def _service(words: Sequence[str], overrides: Mapping[str, str]) -> Service:
    """Of the columns of master(5). postconf -P writes `127.0.0.1:10026/inet/smtpd_milters`."""
    name, kind, _, _, chroot, *_ = words
    begin = f"{name}/{kind}/"
    options = {key.removeprefix(begin): value for key, value in overrides.items() if key.startswith(begin)}
    return Service(name=name, chroot=chroot == "y", options=options)


def _values(service: Service, main: Mapping[str, str]) -> ChainMap[str, str]:
    """What holds of a service, with sockets by the paths that they have outside of its root (MILTER_README)."""
    values = ChainMap(dict(service.options), dict(main))
    queue = values.get("queue_directory", "")

    def outside(match: re.Match[str]) -> str:
        path = match[2]
        if not path.startswith("/"):
            return f"{match[1]}:{queue}/{path}"
        return f"{match[1]}:{queue}{path}" if service.chroot else match[0]

    return values.new_child({name: _UNIX.sub(outside, values.get(name, "")) for name in ASKED})


def judge_postfix(settings: PostfixSettings, config: Config) -> tuple[Note, ...]:
    """Pure. What several services have in common is said once."""
    if not any(_ours(_values(service, settings.main), config) for service in settings.services):
        cut_off = [note for service in settings.services for note in _of_chroot(service, settings.main, config)]
        none = unsafe("Postfix asks none of our milters", "smtpd_milters: deploy/postfix/main.cf")
        return tuple(dict.fromkeys(cut_off)) or (none,)
    notes = [note for service in settings.services for note in _of_service(service, settings, config)]
    for service in settings.cleanups:
        notes += _of_chroot(service, settings.main, config, "non_smtpd_milters")
    return tuple(dict.fromkeys([*notes, *_of_all(settings.main, config)]))


def _of_all(main: Mapping[str, str], config: Config) -> Iterator[Note]:
    for name, ours_most in (
        ("smtpd_recipient_limit", config.limits.recipients),
        ("message_size_limit", config.limits.message_octets),
    ):
        theirs = main.get(name, "0")
        if not theirs.isdigit() or not 0 < int(theirs) <= ours_most:
            yield advice(f"Postfix: {name} is {theirs}, ours {ours_most}", f"{name} = {ours_most} or less")
    if not any(names(milter, main.get("non_smtpd_milters", "")) for milter in config.milters):
        says = "Postfix: mail that programs of this machine hand over with sendmail(1) is not inspected"
        yield advice(says, "non_smtpd_milters: deploy/postfix/main.cf")


def _of_service(service: Service, settings: PostfixSettings, config: Config) -> Iterator[Note]:
    values = _values(service, settings.main)
    ours = _ours(values, config)
    tables = (settings.maps.get(table) or () for table in words_of(values.get(MAPS, "")))
    mapped = [own for entries in tables for entry in entries for own in _asked_in(entry.value, config)]
    if releases := releases_at(config, port_of(service.name)):
        name = f"{releases[0].name} (port {releases[0].port})"
        yield from _of_release(name, values, settings.with_us, asked=bool(ours or mapped))
        return
    cut_off = tuple(_of_chroot(service, settings.main, config))
    yield from cut_off
    if not ours:
        if cut_off:
            return
        says, remedy = (
            f"Postfix: mail that comes in by {service.name} is not inspected",
            "its smtpd_milters in master.cf",
        )
        yield unsafe(says, remedy) if service.is_public else advice(says, remedy)
        return
    for own in (*ours, *mapped):
        yield from _of_milter(ChainMap(dict(own), _general(values)))
    for table in words_of(values.get(MAPS, "")):
        yield from _of_map(service.name, table, settings.maps.get(table), config)
    if values.get("smtpd_forbid_bare_newline", "") in BARE_NEWLINE_OFF:
        says = (
            "Postfix: a bare line feed may end a message, and hide a second one behind it (smtpd_forbid_bare_newline)"
        )
        yield unsafe(says, "smtpd_forbid_bare_newline = normalize; Postfix 3.7.10, 3.8.5 and later")


def _of_chroot(
    service: Service, main: Mapping[str, str], config: Config, asked: str = "smtpd_milters"
) -> Iterator[Note]:
    """A socket of ours that a service in a chroot names as it is called outside: it is not there, and mail waits."""
    said = service.options.get(asked, main.get(asked, ""))
    reached = _values(service, main)[asked]
    for milter in config.milters:
        if names(milter, said) and not names(milter, reached):
            says = f"Postfix: {service.name} runs in a chroot and cannot reach {milter.socket}"
            yield unsafe(says, "n in the chroot column of master.cf, or a port instead of the socket: deploy/postfix")


def _ours(values: Mapping[str, str], config: Config) -> list[Mapping[str, str]]:
    """Where our milters are asked: the settings that stand in braces beside each."""
    if "no_milters" in values.get("receive_override_options", ""):
        return []
    return _asked_in(values.get("smtpd_milters", ""), config)


def _asked_in(text: str, config: Config) -> list[Mapping[str, str]]:
    entries = [braced or bare for braced, bare in _ENTRY.findall(text)]
    return [dict(_SETTING.findall(entry)) for entry in entries if _named(config.milters, entry)]


def _of_map(service: str, table: str, entries: tuple[Entry, ...] | None, config: Config) -> Iterator[Note]:
    """Clients for whom a table names other milters than ours, or none (DISABLE)."""
    if entries is None:
        says = f"Postfix: {MAPS} of {service} cannot be looked through, and may leave clients uninspected: {table}"
        yield advice(says, "see that it asks us for every client")
        return
    left_out = [entry.key for entry in entries if not _asked_in(entry.value, config)]
    if not left_out:
        return
    more = f" and {len(left_out) - SHOWN} more" if len(left_out) > SHOWN else ""
    says = f"Postfix: {service} does not ask us about mail of {', '.join(left_out[:SHOWN])}{more} ({MAPS}: {table})"
    remedy = "take out of it whose mail is to be inspected"
    yield unsafe(says, remedy) if any(map(_is_everybody, left_out)) else advice(says, remedy)


def _is_everybody(key: str) -> bool:
    return key == "everybody" or key.endswith("/0")


def _named(milters: tuple[MilterListener, ...], entry: str) -> bool:
    return any(names(milter, entry) for milter in milters)


def _general(values: Mapping[str, str]) -> dict[str, str]:
    """What holds of a milter that has no settings of its own, by the names that those have."""
    return {name.removeprefix("milter_"): value for name, value in values.items() if name.startswith("milter_")}


def _of_milter(values: Mapping[str, str]) -> Iterator[Note]:
    action = values.get("default_action", "tempfail")
    if action in ("tempfail", "shutdown"):
        yield good(f"Postfix without us: {action}")
    else:
        yield unsafe(f"Postfix without us: {action}", "milter_default_action = tempfail")
    for name, least in (("command_timeout", LEAST_COMMAND), ("content_timeout", LEAST_CONTENT)):
        if (seconds := seconds_of(values.get(name, ""))) is None or seconds < least:
            says = f"Postfix: milter_{name} is {values.get(name, 'unknown')}"
            yield unsafe(says, f"milter_{name} = {least:.0f}s or more")
    protocol = values.get("protocol", str(LEAST_PROTOCOL)).partition("_")[0]
    if not protocol.isdigit() or int(protocol) < LEAST_PROTOCOL:
        yield advice(f"Postfix: milter_protocol is {protocol}", f"milter_protocol = {LEAST_PROTOCOL}")


def _of_release(hop: str, values: Mapping[str, str], with_us: frozenset[str], *, asked: bool) -> Iterator[Note]:
    if asked:
        says = f"Postfix: what is released to {hop} is caught again"
        yield unsafe(says, f"-o smtpd_milters= -o {MAPS}= for that service: deploy/postfix/master.cf")
    exclusions, mynetworks = (values.get(name, "") for name in NETWORKS)
    if _covers(exclusions, mynetworks, with_us):
        says = f"Postfix: {hop} forgives us bare line feeds (smtpd_forbid_bare_newline_exclusions)"
        yield unsafe(says, "-o smtpd_forbid_bare_newline_exclusions= for that service: deploy/postfix/master.cf")


def _covers(exclusions: str, mynetworks: str, with_us: frozenset[str]) -> bool:
    """Whether one of the networks or tables has the address from which we hand over."""
    for word in words_of(exclusions.replace("$mynetworks", mynetworks)):
        if word in with_us:
            return True
        try:
            network = ip_network(word, strict=False)
        except ValueError:
            continue
        if HERE in network:
            return True
    return False
