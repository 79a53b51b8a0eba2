"""The configuration file: read, checked against itself, its paths made absolute."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from gateway.config.faults import faults_of
from gateway.config.sections import (
    DAY_SECONDS,
    DEFAULT_POLICY,
    DEFAULT_STATE,
    MIB,
    Certificate,
    Config,
    IdentitySettings,
    Ldap,
    Limits,
    Listener,
    MilterListener,
    Monitor,
    Networks,
    NextHop,
    Protocol,
    Route,
    Sandbox,
    Signing,
    Tls,
)
from rules.document import read_document, read_rest
from rules.shipped import find_policy
from rules.yaml_nodes import DocumentError, Fault

__all__ = [
    "DAY_SECONDS",
    "DEFAULT_PATH",
    "DEFAULT_POLICY",
    "DEFAULT_STATE",
    "MIB",
    "Certificate",
    "Config",
    "IdentitySettings",
    "Ldap",
    "Limits",
    "Listener",
    "MilterListener",
    "Monitor",
    "Networks",
    "NextHop",
    "Protocol",
    "Route",
    "Sandbox",
    "Signing",
    "Tls",
    "load_config",
]

DEFAULT_PATH = Path("/etc/mailward/mailward.yaml")

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


def load_config(path: Path) -> Config:
    """Read and cross-check a configuration; relative paths count from its folder.

    Raises DocumentError with every fault, in the order of the file.
    """
    try:
        config = read_document(path, Config)
    except DocumentError as error:
        raise _refused(*error.faults, *_further_faults(path, error.faults)) from None
    faults = tuple(faults_of(path, config))
    if faults:
        raise _refused(*faults)
    return _anchored(config, path.parent.absolute())


def _refused(*faults: Fault) -> DocumentError:
    return DocumentError(tuple(sorted(faults, key=lambda fault: (fault.line, fault.column))))


def _further_faults(path: Path, known: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """What else is wrong beside the values that could not be read, so that one reading tells it all."""
    rest = read_rest(path, Config, _STAND_INS)
    places = {fault.where for fault in known}
    faults = faults_of(path, rest) if rest is not None else ()
    return tuple(fault for fault in faults if fault.where not in places and UNREAD not in fault.expected)


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
