"""The configuration file: one frozen value for each section, every default stated here with its reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import Annotated

from gateway.listening import Listening, shared
from rules.address import is_address
from rules.document import STRICT, DocumentError, Fault, between, locate, read_document, read_rest
from rules.policy import find_policy
from rules.policy_file import is_timezone
from rules.reading.pictures import PicturesUnavailable, find_data
from rules.transaction import Direction, ListenerKind

DEFAULT_PATH = Path("/etc/mailward/mailward.yaml")
DEFAULT_STATE = Path("/var/lib/mailward")
DEFAULT_POLICY = "city-baseline"

MIB = 1024 * 1024
LOOPBACK = IPv4Address("127.0.0.1")
DAY_SECONDS = 86_400
MAX_DISCLAIMER = 2_000  # characters; a page

UNREAD = "(unread)"  # a name that could not be read: nothing can be said of who refers to it
_STAND_INS: Mapping[str, object] = {
    "domains": ["unread.example"],
    "listeners": [{"name": UNREAD, "kind": "edge", "next_hop": UNREAD}],
    "next_hops": [{"name": UNREAD, "host": "unread.example"}],
    "name": UNREAD,
    "kind": "edge",
    "next_hop": UNREAD,
    "host": "unread.example",
    "maildir": "unread",
    "domain": "unread.example",
    "selector": "unread",
    "key": "unread",
    "chain": "unread",
}

Port = Annotated[int, between(1, 65_535)]
ListeningPort = Annotated[int, between(0, 65_535)]  # 0: any that is free
Seconds = Annotated[float, between(0.1, DAY_SECONDS)]  # none at all would fail every message, none is ever endless
Count = Annotated[int, between(1, 1_000_000)]
Networks = tuple[IPv4Network | IPv6Network, ...]
THIS_MACHINE: Networks = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


class Tls(StrEnum):
    OFF = "off"
    OPPORTUNISTIC = "opportunistic"  # used when offered, certificate not checked (RFC 7435)
    REQUIRED = "required"  # never plain text, certificate verified for `tls_name`


class Protocol(StrEnum):
    SMTP = "smtp"
    LMTP = "lmtp"  # RFC 2033: a reply for each recipient after the content


class Sandbox(StrEnum):
    BEST_EFFORT = "best-effort"  # a layer that this machine refuses is logged, and the others stand
    REQUIRED = "required"  # without every layer the gateway does not start


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHop:
    """An SMTP or LMTP server that takes what we pass on, or a Maildir folder for a first try."""

    __pydantic_config__ = STRICT
    name: str
    host: str | None = None
    port: Port = 25
    protocol: Protocol = Protocol.SMTP
    otherwise: str | None = None  # the next hop that is tried when this one cannot be reached
    maildir: Path | None = None
    tls: Tls = Tls.OPPORTUNISTIC
    tls_name: str | None = None  # what the certificate must name; the host when absent
    tls_ca: Path | None = None  # PEM; the system's authorities when absent
    connections: Count = 16  # Exchange allows 20 per source
    connect_seconds: Seconds = 10.0
    banner_seconds: Seconds = 30.0
    command_seconds: Seconds = 60.0
    data_seconds: Seconds = 60.0  # after our final dot


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Mail for these domains goes to this next hop, not the listener's. The first route that names a domain counts."""

    __pydantic_config__ = STRICT
    domains: tuple[str, ...]
    next_hop: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    __pydantic_config__ = STRICT
    chain: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """`direction` absent: told from the addresses (rules.directory.direction_of)."""

    __pydantic_config__ = STRICT
    name: str
    kind: ListenerKind
    next_hop: str
    address: str = "127.0.0.1"
    port: ListeningPort = 2525
    direction: Direction | None = None
    networks: Networks = THIS_MACHINE
    certificate: Certificate | None = None
    client_authorities: Path | None = None  # PEM: clients are asked for a certificate that one of these has signed
    proxy: Networks = ()  # load balancers: only they may connect, and each connection begins with a PROXY header
    xclient: Networks = ()  # MTAs that may say for whom they connect, as Postfix's smtpd_authorized_xclient_hosts
    xforward: Networks = ()  # MTAs that may say from whom each message came to them


@dataclass(frozen=True, slots=True, kw_only=True)
class MilterListener:
    """Where an MTA asks about its mail. `next_hop` takes what is released; the MTA must not ask about that again."""

    __pydantic_config__ = STRICT
    name: str
    kind: ListenerKind
    next_hop: str
    address: str = "127.0.0.1"
    port: ListeningPort = 8891
    socket: Path | None = None  # a Unix socket instead of address and port
    socket_group: str | None = None  # that may connect to it, as the MTA's; the service's own when absent
    direction: Direction | None = None  # as of a listener, for clients outside of `inside`
    networks: Networks = THIS_MACHINE  # MTAs that may connect, over TCP
    inside: Networks = (
        THIS_MACHINE  # clients of the MTA that are the city's own machines, whatever `kind` says of the rest
    )
    user_domain: str | None = None  # completes names of authenticated users; absent: one without a domain proves nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Everything a peer can make us hold or wait for (reliability section 4)."""

    __pydantic_config__ = STRICT
    message_octets: Annotated[int, between(64 * 1024, 2048 * MIB)] = 150 * MIB  # RFC 5321 section 4.5.3.1.7: 64 K
    connections: Count = 1_000
    connections_per_client: Count = 50
    recipients: Annotated[int, between(100, 100_000)] = 1_000  # RFC 5321 section 4.5.3.1.8: at least 100
    command_idle_seconds: Seconds = 300.0
    data_idle_seconds: Seconds = 180.0
    inspection_seconds: Seconds = 30.0
    errors: Count = 20  # per session, as Postfix


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The daily report to IT. Without recipients it is only shown, never mailed."""

    __pydantic_config__ = STRICT
    to: tuple[str, ...] = ()
    sender: str = ""
    at: time = time(6, 0)
    next_hop: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """Where `/livez`, `/readyz` and `/metrics` are answered. It asks nobody who they are, so only on loopback."""

    __pydantic_config__ = STRICT
    address: IPv4Address | IPv6Address = LOOPBACK
    port: Port = 9464  # what exporters of OpenTelemetry use


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclaimer:
    """Words put below mail that one of the rules tags. Without words nothing is added."""

    __pydantic_config__ = STRICT
    text: str = ""
    rules: tuple[str, ...] = ("opinion-disclaimer",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """The key that signs as `domain` (RFC 6376). Read again at each reload."""

    __pydantic_config__ = STRICT
    domain: str
    selector: str
    key: Path  # RSA as PEM, or Ed25519 as base64; readable for its owner and group only
    all: bool = False  # every message of ours; else only those that we changed
    seal: bool = False  # ARC on what comes from outside (RFC 8617)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySettings:
    """How senders are proved. Off as a whole until something of it is set: then nothing here costs anything."""

    __pydantic_config__ = STRICT
    authenticate: bool = False  # SPF, DKIM, DMARC and ARC on edge listeners; needs a name server
    nameservers: tuple[IPv4Address | IPv6Address, ...] = ()  # the machine's own when empty
    nameserver_port: Port = 53
    seconds: Seconds = 5.0  # for all questions of one message (reliability F07)
    requires_auth: bool = False  # answer 451 when the DNS does not, instead of going on without it
    trusted_sealers: tuple[str, ...] = ()  # domains whose ARC seal is believed
    stamp_files: tuple[Path, ...] = ()  # secrets that Exchange stamps on mail of its own users; two while changing
    certificates: tuple[str, ...] = ()  # names of client certificates that prove one of our servers
    sign: Signing | None = None

    @property
    def enabled(self) -> bool:
        return self != IdentitySettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ldap:
    """The server that `mailward directory sync` makes the staff list from. Nothing else ever asks it."""

    __pydantic_config__ = STRICT
    url: str  # ldaps://dc1.city.example, or ldap:// with start_tls
    base: str
    bind_dn: str = ""  # an account that may only read; none: anonymous
    password_file: Path | None = None
    start_tls: bool = False
    ca: Path | None = None  # PEM; the system's authorities when absent
    # Groups without an address count too: those with one may be made of them.
    filter: str = "(|(mail=*)(proxyAddresses=*)(member=*)(uniqueMember=*)(memberUid=*))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    __pydantic_config__ = STRICT
    domains: tuple[str, ...]
    next_hops: tuple[NextHop, ...]
    listeners: tuple[Listener, ...] = ()
    milters: tuple[MilterListener, ...] = ()
    routes: tuple[Route, ...] = ()
    policy: str = DEFAULT_POLICY
    hostname: str = "localhost"
    state: Path = DEFAULT_STATE
    directory: Path | None = None  # CSV or LDIF of people and groups
    ldap: Ldap | None = None
    subject_tag: str = ""  # put before the subject of tagged mail; empty: the header field alone
    disclaimer: Disclaimer = field(default_factory=Disclaimer)
    timezone: str = "UTC"
    workers: Annotated[int, between(0, 1_024)] = 0  # inspection workers a gateway process; 0: one a core
    processes: Annotated[int, between(1, 1_024)] = 1  # gateway processes
    sandbox: Sandbox = Sandbox.BEST_EFFORT  # of inspection workers
    read_pictures: bool = False  # their words, by tesseract: up to seconds of processor time for one message
    quarantine_days: Annotated[int, between(0, 36_500)] = (
        0  # held mail expires after so many days; 0: never (reliability D16)
    )
    # What detectors saw of each message, without its text, for `policy replay --facts`; 0: nothing is kept.
    stored_facts_megabytes: Annotated[int, between(0, 1_000_000)] = 200
    digest: Digest = field(default_factory=Digest)
    monitor: Monitor | None = None  # none: nothing listens
    limits: Limits = field(default_factory=Limits)
    identity: IdentitySettings = field(default_factory=IdentitySettings)

    @property
    def entrances(self) -> tuple[Listener | MilterListener, ...]:
        """Everything that mail comes in by."""
        return (*self.listeners, *self.milters)

    def next_hop(self, name: str) -> NextHop:
        return next(hop for hop in self.next_hops if hop.name == name)


def load_config(path: Path) -> Config:
    """Read and cross-check a configuration; relative paths count from its folder. Raises DocumentError."""
    try:
        config = read_document(path, Config)
    except DocumentError as error:
        told = (*error.faults, *_further_faults(path, error.faults))
        raise DocumentError(tuple(sorted(told, key=lambda fault: (fault.line, fault.column)))) from None
    faults = tuple(_faults(path, config))
    if faults:
        raise DocumentError(faults)
    return _anchored(config, path.parent.absolute())


def _further_faults(path: Path, known: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """What else is wrong beside the values that could not be read, so that one reading tells it all."""
    rest = read_rest(path, Config, _STAND_INS)
    places = {fault.where for fault in known}
    faults = _faults(path, rest) if rest is not None else ()
    return tuple(fault for fault in faults if fault.where not in places and UNREAD not in fault.expected)


def _faults(path: Path, config: Config) -> Iterator[Fault]:
    yield from _hop_faults(path, config)
    yield from _route_faults(path, config)
    yield from _listener_faults(path, config)
    for place in shared(_places(config)):
        yield locate(path, place.where, f"a port of its own; something else listens on {place.address}:{place.port}")
    yield from _milter_faults(path, config)
    yield from _name_faults(path, config)
    yield from _digest_faults(path, config)
    yield from _ldap_faults(path, config)
    if not find_policy(config.policy, path.parent).is_file():
        yield locate(path, ("policy",), f"a shipped policy or a folder with policy.yaml, not {config.policy!r}")
    if not is_timezone(config.timezone):
        yield locate(path, ("timezone",), "a time zone such as America/Chicago")
    sign = config.identity.sign
    for name in ("domain", "selector") if sign is not None else ():
        if not is_address(f"x@{getattr(sign, name)}") or not getattr(sign, name).isascii():
            yield locate(path, ("identity", "sign", name), "letters, digits, hyphens and dots")
    if config.read_pictures:
        try:
            find_data()
        except PicturesUnavailable as error:
            yield locate(path, ("read_pictures",), f"false, for {error}")
    if config.monitor is not None and not config.monitor.address.is_loopback:
        yield locate(path, ("monitor", "address"), "an address of this machine alone, such as 127.0.0.1")
    if not config.disclaimer.text.isprintable() or len(config.disclaimer.text) > MAX_DISCLAIMER:
        yield locate(path, ("disclaimer", "text"), f"one paragraph of at most {MAX_DISCLAIMER:,} printable characters")
    if not config.subject_tag.isascii() or not config.subject_tag.isprintable():
        yield locate(path, ("subject_tag",), "printable ASCII")


def _hop_faults(path: Path, config: Config) -> Iterator[Fault]:
    hops = [hop.name for hop in config.next_hops]
    for place in ("listeners", "milters"):
        for index, listener in enumerate(getattr(config, place)):
            if listener.next_hop not in hops:
                known = ", ".join(hops)
                yield locate(path, (place, index, "next_hop"), f"one of {known}; not {listener.next_hop!r}")
    for index, hop in enumerate(config.next_hops):
        if (hop.host is None) == (hop.maildir is None):
            yield locate(path, ("next_hops", index), "either host or maildir")
        if hop.otherwise is not None and not _leads_to_an_end(hop, config.next_hops):
            yield locate(path, ("next_hops", index, "otherwise"), "another server among the next hops, and no circle")
        if hop.host is not None and not _can_be_looked_up(hop.host):
            yield locate(path, ("next_hops", index, "host"), f"a host name or an address, not {hop.host!r}")


def _listener_faults(path: Path, config: Config) -> Iterator[Fault]:
    for index, listener in enumerate(config.listeners):
        place = ("listeners", index, "client_authorities")
        if listener.client_authorities is None:
            continue
        if listener.kind is not ListenerKind.INTERNAL:  # nothing that the Internet shows proves anything here
            yield locate(path, place, "nothing on an edge listener")
        elif listener.certificate is None:
            yield locate(path, place, "a certificate of our own beside it, for without TLS nobody is asked for one")


def _places(config: Config) -> Iterator[Listening]:
    for index, listener in enumerate(config.listeners):
        yield Listening(("listeners", index, "port"), listener.address, listener.port)
    for index, milter in enumerate(config.milters):
        if milter.socket is None:
            yield Listening(("milters", index, "port"), milter.address, milter.port)
    if config.monitor is not None:
        yield Listening(("monitor", "port"), str(config.monitor.address), config.monitor.port)


def _route_faults(path: Path, config: Config) -> Iterator[Fault]:
    hops = [hop.name for hop in config.next_hops]
    for index, route in enumerate(config.routes):
        if route.next_hop not in hops:
            known = ", ".join(hops)
            yield locate(path, ("routes", index, "next_hop"), f"one of {known}; not {route.next_hop!r}")
        for place, domain in enumerate(route.domains):
            if not is_address(f"x@{domain}"):
                fault = f"a domain such as city.example, not {domain!r}"
                yield locate(path, ("routes", index, "domains", place), fault)


def _leads_to_an_end(hop: NextHop, hops: tuple[NextHop, ...]) -> bool:
    by_name = {one.name: one for one in hops}
    seen = {hop.name}
    while hop.otherwise is not None:
        if hop.otherwise in seen or hop.otherwise not in by_name:
            return False
        seen.add(hop.otherwise)
        hop = by_name[hop.otherwise]
        if hop.maildir is not None:
            return False
    return True


def _milter_faults(path: Path, config: Config) -> Iterator[Fault]:
    for index, milter in enumerate(config.milters):
        if milter.socket is not None and config.processes > 1:  # it cannot be shared as a port can
            yield locate(path, ("milters", index, "socket"), "address and port, for there are several processes")
        if milter.socket_group is not None and milter.socket is None:
            yield locate(path, ("milters", index, "socket_group"), "a socket beside it")
        if milter.user_domain is not None and not is_address(f"x@{milter.user_domain}"):
            expected = f"a domain such as city.example, not {milter.user_domain!r}"
            yield locate(path, ("milters", index, "user_domain"), expected)


def _name_faults(path: Path, config: Config) -> Iterator[Fault]:
    # We say it in EHLO, banner and Received: one that fits no command would have every message refused for good.
    if not config.hostname.isascii() or not is_address(f"x@{config.hostname}"):
        yield locate(path, ("hostname",), f"a host name such as mail.city.example, not {config.hostname!r}")
    if not config.listeners and not config.milters:
        yield locate(path, ("listeners",), "at least one listener, here or among milters")
    if not config.domains:
        yield locate(path, ("domains",), "at least one domain")
    for index, domain in enumerate(config.domains):
        if not is_address(f"x@{domain}"):
            yield locate(path, ("domains", index), f"a domain such as city.example, not {domain!r}")
    for place, names in (
        ("listeners", [listener.name for listener in config.listeners]),
        ("milters", [entrance.name for entrance in config.entrances]),
        ("next_hops", [hop.name for hop in config.next_hops]),
    ):
        others = len(config.listeners) if place == "milters" else 0  # they stand before its own
        for index, name in enumerate(names[others:]):
            if name in names[: others + index]:
                yield locate(path, (place, index, "name"), f"a name of its own; {name} stands twice")


def _digest_faults(path: Path, config: Config) -> Iterator[Fault]:
    digest = config.digest
    for index, address in enumerate(digest.to):
        if not is_address(address):
            yield locate(path, ("digest", "to", index), f"name@domain, not {address!r}")
    if digest.sender and not is_address(digest.sender):
        yield locate(path, ("digest", "sender"), f"name@domain, not {digest.sender!r}")
    if digest.to and digest.next_hop not in {hop.name for hop in config.next_hops}:
        known = ", ".join(hop.name for hop in config.next_hops)
        yield locate(path, ("digest", "next_hop"), f"one of {known or 'the next hops'}, for the digest is to be mailed")


def _ldap_faults(path: Path, config: Config) -> Iterator[Fault]:
    ldap = config.ldap
    if ldap is None:
        return
    if config.directory is None:
        yield locate(path, ("ldap",), "a `directory` beside it: the file that is made from the server's entries")
    if not ldap.url.startswith(("ldaps://", "ldap://")):
        yield locate(path, ("ldap", "url"), f"ldaps://host, not {ldap.url!r}")
    elif ldap.url.startswith("ldap://") and not ldap.start_tls:
        yield locate(path, ("ldap", "url"), "ldaps://host or start_tls: the password would be sent in clear")
    if bool(ldap.bind_dn) != (ldap.password_file is not None):
        yield locate(path, ("ldap",), "bind_dn and password_file together, or neither")


def _can_be_looked_up(host: str) -> bool:
    """What the resolver takes at all: it raises an error of its own for labels that are empty or too long."""
    try:
        return bool(host.encode("idna")) and host.isprintable() and " " not in host
    except UnicodeError:
        return False


def _anchored(config: Config, folder: Path) -> Config:
    """With every path absolute and domains in lower case, so that nothing depends on where we were started."""

    def anchored(path: Path | None) -> Path | None:
        return folder / path if path is not None else None

    policy = find_policy(config.policy, folder)
    hops = (replace(hop, maildir=anchored(hop.maildir), tls_ca=anchored(hop.tls_ca)) for hop in config.next_hops)
    ldap = config.ldap
    return replace(
        config,
        ldap=ldap and replace(ldap, password_file=anchored(ldap.password_file), ca=anchored(ldap.ca)),
        domains=tuple(domain.lower() for domain in config.domains),
        state=folder / config.state,
        directory=anchored(config.directory),
        policy=config.policy if find_policy(config.policy) == policy else str(policy),
        next_hops=tuple(hops),
        routes=tuple(replace(one, domains=tuple(name.lower() for name in one.domains)) for one in config.routes),
        listeners=tuple(_anchored_listener(listener, folder) for listener in config.listeners),
        milters=tuple(replace(milter, socket=anchored(milter.socket)) for milter in config.milters),
        identity=_anchored_identity(config.identity, folder),
    )


def _anchored_identity(settings: IdentitySettings, folder: Path) -> IdentitySettings:
    sign = settings.sign
    return replace(
        settings,
        stamp_files=tuple(folder / path for path in settings.stamp_files),
        sign=replace(sign, key=folder / sign.key) if sign is not None else None,
    )


def _anchored_listener(listener: Listener, folder: Path) -> Listener:
    if listener.certificate is None:
        return listener
    certificate = Certificate(chain=folder / listener.certificate.chain, key=folder / listener.certificate.key)
    authorities = folder / listener.client_authorities if listener.client_authorities is not None else None
    return replace(listener, certificate=certificate, client_authorities=authorities)
