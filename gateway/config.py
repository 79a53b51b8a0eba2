"""The configuration file: one frozen value for each section, every default stated here with its reason."""

from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from rules.document import STRICT, DocumentError, Fault, locate, read_document
from rules.policy import find_policy
from rules.transaction import Direction, ListenerKind

DEFAULT_PATH = Path("/etc/mailward/mailward.yaml")
DEFAULT_STATE = Path("/var/lib/mailward")

MIB = 1024 * 1024


class Tls(StrEnum):
    OFF = "off"
    OPPORTUNISTIC = "opportunistic"  # used when offered, certificate not checked (RFC 7435)
    REQUIRED = "required"  # never plain text, certificate verified for `tls_name`


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHop:
    """An SMTP server that takes what we pass on, or a Maildir folder for a first try."""

    __pydantic_config__ = STRICT
    name: str
    host: str | None = None
    port: int = 25
    maildir: Path | None = None
    tls: Tls = Tls.OPPORTUNISTIC
    tls_name: str | None = None  # what the certificate must name; the host when absent
    tls_ca: Path | None = None  # PEM; the system's authorities when absent
    connections: int = 16  # Exchange allows 20 per source
    connect_seconds: float = 10.0
    banner_seconds: float = 30.0
    command_seconds: float = 60.0
    data_seconds: float = 60.0  # after our final dot


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
    port: int = 2525
    direction: Direction | None = None
    networks: tuple[IPv4Network | IPv6Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Everything a peer can make us hold or wait for (reliability section 4)."""

    __pydantic_config__ = STRICT
    message_octets: int = 150 * MIB
    connections: int = 1_000
    connections_per_client: int = 50
    recipients: int = 1_000
    command_idle_seconds: float = 300.0
    data_idle_seconds: float = 180.0
    inspection_seconds: float = 30.0
    errors: int = 20  # per session, as Postfix


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The daily report to IT. Without recipients it is only shown, never mailed."""

    __pydantic_config__ = STRICT
    to: tuple[str, ...] = ()
    sender: str = ""
    at: time = time(6, 0)
    next_hop: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    __pydantic_config__ = STRICT
    domains: tuple[str, ...]
    listeners: tuple[Listener, ...]
    next_hops: tuple[NextHop, ...]
    policy: str = "city-baseline"
    hostname: str = "localhost"
    state: Path = DEFAULT_STATE
    directory: Path | None = None  # CSV of people and groups
    subject_tag: str = ""  # put before the subject of tagged mail; empty: the header field alone
    timezone: str = "UTC"
    workers: int = 0  # inspection workers a gateway process; 0: one a core
    processes: int = 1  # gateway processes
    quarantine_days: int = 0  # held mail expires after so many days; 0: never (reliability D16)
    digest: Digest = field(default_factory=Digest)
    limits: Limits = field(default_factory=Limits)

    def next_hop(self, name: str) -> NextHop:
        return next(hop for hop in self.next_hops if hop.name == name)


def load_config(path: Path) -> Config:
    """Read and cross-check a configuration; relative paths count from its folder. Raises DocumentError."""
    config = read_document(path, Config)
    faults = _faults(path, config)
    if faults:
        raise DocumentError(tuple(faults))
    return config


def _faults(path: Path, config: Config) -> list[Fault]:
    hops = {hop.name for hop in config.next_hops}
    faults = [
        locate(path, ("listeners", index, "next_hop"), f"one of the next hops: {', '.join(sorted(hops))}")
        for index, listener in enumerate(config.listeners)
        if listener.next_hop not in hops
    ]
    for index, hop in enumerate(config.next_hops):
        if (hop.host is None) == (hop.maildir is None):
            faults.append(locate(path, ("next_hops", index), "either host or maildir"))
    if not config.domains:
        faults.append(locate(path, ("domains",), "at least one domain"))
    if config.digest.to and config.digest.next_hop not in hops:
        faults.append(locate(path, ("digest",), "next_hop: one of the next hops"))
    if not find_policy(config.policy, path.parent).is_file():
        faults.append(locate(path, ("policy",), f"{config.policy} is no shipped policy and no folder with policy.yaml"))
    return faults
