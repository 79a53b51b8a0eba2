"""What may stand in the configuration file: one frozen value for each section, every default with its reason."""

from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import Annotated

from rules.document import STRICT, between
from rules.transaction import Direction, ListenerKind

DEFAULT_STATE = Path("/var/lib/mailward")
DEFAULT_POLICY = "city-baseline"

MIB = 1024 * 1024
LOOPBACK = IPv4Address("127.0.0.1")
DAY_SECONDS = 86_400

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
    """Everything a peer can make us hold or wait for."""

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
    seconds: Seconds = 5.0  # for all questions of one message
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
    quarantine_days: Annotated[int, between(0, 36_500)] = 0  # held mail expires after so many days; 0: never
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
