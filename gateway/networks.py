"""IP addresses of other machines: one notation for each, and the networks that it lies in. Asks nobody."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address


def plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """IPv4 within IPv6 (RFC 4291 section 2.5.5.2), as a socket for both tells it, is IPv4."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@lru_cache(maxsize=1_024)  # a city has few servers, and each connects again and again
def told(address: str) -> str:
    """The address of a client as a socket tells it, in the notation that logs and lists have."""
    return str(plain(ip_address(address)))


def within(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    """Whether the address, as a socket tells it, lies in one of the networks."""
    if not networks:
        return False
    client = _client(address)
    return any(client in network for network in networks)


@lru_cache(maxsize=1_024)
def _client(address: str) -> IPv4Address | IPv6Address:
    return plain(ip_address(address.partition("%")[0]))  # an IPv6 address may name its interface


def is_loopback(host: str) -> bool:
    """Whether a host of the configuration is this machine by its very name or address; nothing is looked up."""
    try:
        return plain(ip_address(host)).is_loopback
    except ValueError:
        return host.casefold() == "localhost"
