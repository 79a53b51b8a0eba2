"""One notation for an address, and the networks it lies in."""

from ipaddress import ip_address, ip_network

import pytest

from gateway.networks import is_loopback, plain, within


@pytest.mark.parametrize(
    ("told", "address"),
    [("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("::192.0.2.7", "::c000:207"), ("::1", "::1")],
)
def test_an_address_of_both_families_is_written_as_ipv4(told: str, address: str) -> None:
    assert str(plain(ip_address(told))) == address


@pytest.mark.parametrize(
    ("address", "inside"),
    [("10.0.0.5", True), ("::ffff:10.0.0.5", True), ("10.0.1.5", False), ("fe80::1%eth0", True), ("fe81::1", False)],
)
def test_an_address_is_looked_up_as_what_it_is(address: str, inside: bool) -> None:
    assert within(address, (ip_network("10.0.0.0/24"), ip_network("fe80::/64"))) is inside


@pytest.mark.parametrize(
    ("host", "here"),
    [
        *((host, True) for host in ("127.0.0.1", "127.9.9.9", "localhost", "LocalHost", "::1", "::ffff:127.0.0.1")),
        *((host, False) for host in ("10.0.0.5", "mx.city.example", "127.0.0.1.elsewhere.example", "")),
    ],
)
def test_this_machine_is_known_by_name_and_address(host: str, here: bool) -> None:
    assert is_loopback(host) is here
