"""What values of a configuration say against each other, each fault at its place in the file.

Asks the disk only whether the policy is there, and what reading pictures needs.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from gateway.config.sections import Config, Listener, NextHop
from gateway.listening import Listening, shared
from rules.address import is_address
from rules.policy_file import is_timezone
from rules.reading.pictures import PicturesUnavailable, find_data
from rules.shipped import find_policy
from rules.transaction import ListenerKind
from rules.yaml_nodes import Fault, locate

MAX_DISCLAIMER = 2_000  # characters; a page

Place = tuple[str | int, ...]
Wrong = tuple[Place, str]  # a key, and what is expected there


def faults_of(path: Path, config: Config) -> Iterator[Fault]:
    """Everything wrong with a configuration that was read from `path`, located in it."""
    return (locate(path, place, expected) for place, expected in wrong_in(config, path.parent))


def wrong_in(config: Config, folder: Path) -> Iterator[Wrong]:
    """The same by keys. A policy that is told by a relative path lies below `folder`."""
    return chain(
        _references(config),
        _next_hops(config.next_hops),
        _listeners(config.listeners),
        _milters(config),
        _ports(config),
        _names(config),
        _domains(config),
        _digest(config),
        _ldap(config),
        _signing(config),
        _words(config),
        _surroundings(config, folder),
    )


def _references(config: Config) -> Iterator[Wrong]:
    """Whoever names a next hop that there is not."""
    hops = [hop.name for hop in config.next_hops]
    for section in ("listeners", "milters", "routes"):
        for index, item in enumerate(getattr(config, section)):
            if item.next_hop not in hops:
                yield (section, index, "next_hop"), f"one of {', '.join(hops)}; not {item.next_hop!r}"


def _next_hops(hops: Sequence[NextHop]) -> Iterator[Wrong]:
    by_name = {hop.name: hop for hop in hops}
    for index, hop in enumerate(hops):
        if (hop.host is None) == (hop.maildir is None):
            yield ("next_hops", index), "either host or maildir"
        if hop.otherwise is not None and not _leads_to_an_end(hop, by_name):
            yield ("next_hops", index, "otherwise"), "another server among the next hops, and no circle"
        if hop.host is not None and not _can_be_looked_up(hop.host):
            yield ("next_hops", index, "host"), f"a host name or an address, not {hop.host!r}"


def _leads_to_an_end(hop: NextHop, by_name: Mapping[str, NextHop]) -> bool:
    """Whether each `otherwise` names a server that was not tried before."""
    seen = {hop.name}
    while hop.otherwise is not None:
        if hop.otherwise in seen or hop.otherwise not in by_name:
            return False
        seen.add(hop.otherwise)
        hop = by_name[hop.otherwise]
        if hop.maildir is not None:
            return False
    return True


def _can_be_looked_up(host: str) -> bool:
    """What the resolver takes at all: it raises an error of its own for labels that are empty or too long."""
    try:
        return bool(host.encode("idna")) and host.isprintable() and " " not in host
    except UnicodeError:
        return False


def _listeners(listeners: Sequence[Listener]) -> Iterator[Wrong]:
    for index, listener in enumerate(listeners):
        place = ("listeners", index, "client_authorities")
        if listener.client_authorities is None:
            continue
        if listener.kind is not ListenerKind.INTERNAL:  # nothing that the Internet shows proves anything here
            yield place, "nothing on an edge listener"
        elif listener.certificate is None:
            yield place, "a certificate of our own beside it, for without TLS nobody is asked for one"


def _milters(config: Config) -> Iterator[Wrong]:
    for index, milter in enumerate(config.milters):
        if milter.socket is not None and config.processes > 1:  # it cannot be shared as a port can
            yield ("milters", index, "socket"), "address and port, for there are several processes"
        if milter.socket_group is not None and milter.socket is None:
            yield ("milters", index, "socket_group"), "a socket beside it"


def _ports(config: Config) -> Iterator[Wrong]:
    """Of two that listen at one place, the second."""
    for place in shared(_listening(config)):
        yield place.where, f"a port of its own; something else listens on {place.address}:{place.port}"


def _listening(config: Config) -> Iterator[Listening]:
    for index, listener in enumerate(config.listeners):
        yield Listening(("listeners", index, "port"), listener.address, listener.port)
    for index, milter in enumerate(config.milters):
        if milter.socket is None:
            yield Listening(("milters", index, "port"), milter.address, milter.port)
    if config.monitor is not None:
        yield Listening(("monitor", "port"), str(config.monitor.address), config.monitor.port)


def _names(config: Config) -> Iterator[Wrong]:
    """Listeners and milters share their names, for a metric has one for either."""
    if not config.entrances:
        yield ("listeners",), "at least one listener, here or among milters"
    for sections in (("listeners", "milters"), ("next_hops",)):
        seen: set[str] = set()
        for section in sections:
            for index, item in enumerate(getattr(config, section)):
                if item.name in seen:
                    yield (section, index, "name"), f"a name of its own; {item.name} stands twice"
                seen.add(item.name)


def _domains(config: Config) -> Iterator[Wrong]:
    # We say it in EHLO, banner and Received: one that fits no command would have every message refused for good.
    if not config.hostname.isascii() or not _is_domain(config.hostname):
        yield ("hostname",), f"a host name such as mail.city.example, not {config.hostname!r}"
    if not config.domains:
        yield ("domains",), "at least one domain"
    for place, domain in _named_domains(config):
        if not _is_domain(domain):
            yield place, f"a domain such as city.example, not {domain!r}"


def _named_domains(config: Config) -> Iterator[tuple[Place, str]]:
    for number, domain in enumerate(config.domains):
        yield ("domains", number), domain
    for index, route in enumerate(config.routes):
        for number, domain in enumerate(route.domains):
            yield ("routes", index, "domains", number), domain
    for index, milter in enumerate(config.milters):
        if milter.user_domain is not None:
            yield ("milters", index, "user_domain"), milter.user_domain


def _is_domain(text: str) -> bool:
    return is_address(f"x@{text}")


def _is_plain(address: str) -> bool:
    """An address that every next hop takes: without SMTPUTF8 (RFC 6531) a report to another would never arrive."""
    return address.isascii() and is_address(address)


def _digest(config: Config) -> Iterator[Wrong]:
    digest = config.digest
    for index, address in enumerate(digest.to):
        if not _is_plain(address):
            yield ("digest", "to", index), f"name@domain in ASCII, not {address!r}"
    if digest.sender and not _is_plain(digest.sender):
        yield ("digest", "sender"), f"name@domain in ASCII, not {digest.sender!r}"
    hops = [hop.name for hop in config.next_hops]
    if digest.to and digest.next_hop not in hops:
        known = ", ".join(hops) or "the next hops"
        yield ("digest", "next_hop"), f"one of {known}, for the digest is to be mailed"


def _ldap(config: Config) -> Iterator[Wrong]:
    ldap = config.ldap
    if ldap is None:
        return
    if config.directory is None:
        yield ("ldap",), "a `directory` beside it: the file that is made from the server's entries"
    if not ldap.url.startswith(("ldaps://", "ldap://")):
        yield ("ldap", "url"), f"ldaps://host, not {ldap.url!r}"
    elif ldap.url.startswith("ldap://") and not ldap.start_tls:
        yield ("ldap", "url"), "ldaps://host or start_tls: the password would be sent in clear"
    if bool(ldap.bind_dn) != (ldap.password_file is not None):
        yield ("ldap",), "bind_dn and password_file together, or neither"


def _signing(config: Config) -> Iterator[Wrong]:
    sign = config.identity.sign
    for name in ("domain", "selector") if sign is not None else ():
        if not getattr(sign, name).isascii() or not _is_domain(getattr(sign, name)):
            yield ("identity", "sign", name), "letters, digits, hyphens and dots"


def _words(config: Config) -> Iterator[Wrong]:
    """What is written into mail."""
    if not config.disclaimer.text.isprintable() or len(config.disclaimer.text) > MAX_DISCLAIMER:
        yield ("disclaimer", "text"), f"one paragraph of at most {MAX_DISCLAIMER:,} printable characters"
    if not config.subject_tag.isascii() or not config.subject_tag.isprintable():
        yield ("subject_tag",), "printable ASCII"


def _surroundings(config: Config, folder: Path) -> Iterator[Wrong]:
    """What this machine has to have."""
    if not find_policy(config.policy, folder).is_file():
        yield ("policy",), f"a shipped policy or a folder with policy.yaml, not {config.policy!r}"
    if not is_timezone(config.timezone):
        yield ("timezone",), "a time zone such as America/Chicago"
    if config.monitor is not None and not config.monitor.address.is_loopback:
        yield ("monitor", "address"), "an address of this machine alone, such as 127.0.0.1"
    if config.read_pictures:
        try:
            find_data()
        except PicturesUnavailable as error:
            yield ("read_pictures",), f"false, for {error}"
