from dataclasses import replace
from ipaddress import ip_network

import pytest

from gateway.milter.commands import Connect
from gateway.milter.told import HERE, NOWHERE, address_of, client_of, kind_of
from rules.transaction import Client, ListenerKind
from tests.gateway.milter.conftest import LISTENER

FROM_OUTSIDE = Connect(b"client.example", "4", 25, b"203.0.113.9")
TLS = {"tls_version": b"TLSv1.3", "cert_subject": b"/O=City/CN=ex1.city.example"}


def client(macros: dict[str, bytes], domain: str | None = None) -> Client:
    return client_of(FROM_OUTSIDE, b"hello.example", macros, replace(LISTENER, user_domain=domain))


@pytest.mark.parametrize(
    ("family", "address", "expected"),
    [
        ("4", b"203.0.113.9", "203.0.113.9"),
        ("6", b"IPv6:2001:db8::1", "2001:db8::1"),
        ("6", b"2001:DB8::1", "2001:db8::1"),
        ("L", b"/run/x.sock", HERE),
        ("U", b"", NOWHERE),
        ("4", b"not one", NOWHERE),
    ],
)
def test_the_address_is_the_clients(family: str, address: bytes, expected: str) -> None:
    assert address_of(Connect(b"", family, 0, address)) == expected


def test_a_client_of_which_nothing_is_proved() -> None:
    assert client({}) == Client(address="203.0.113.9", name="hello.example")


@pytest.mark.parametrize(
    ("name", "domain", "expected"),
    [
        (b"jdoe@city.example", None, "jdoe@city.example"),
        (b"jdoe", "city.example", "jdoe@city.example"),
        (b"jdoe", None, None),
        (b"", "city.example", None),
    ],
)
def test_a_user_name_without_a_domain_is_completed_or_proves_nobody(
    name: bytes, domain: str | None, expected: str | None
) -> None:
    assert client({"auth_authen": name}, domain).authenticated == expected


@pytest.mark.parametrize(
    ("macros", "names"),
    [
        (TLS, ()),
        (TLS | {"verify": b"FAIL"}, ()),
        (TLS | {"v": b"8.17.1"}, ()),
        (TLS | {"verify": b"OK"}, ("ex1.city.example",)),
        ({"cert_subject": b"ex1.city.example", "v": b"Postfix 3.7.11"}, ("ex1.city.example",)),
        ({"v": b"Postfix 3.7.11"}, ()),
    ],
)
def test_a_certificate_counts_when_the_mta_trusts_it(macros: dict[str, bytes], names: tuple[str, ...]) -> None:
    assert client(macros).certificate == names


def test_tls_is_told_by_its_version() -> None:
    assert client(TLS).tls
    assert not client({"tls_version": b""}).tls


def test_inside_and_authenticated_clients_are_ours_whatever_the_listener_says() -> None:
    listener = replace(LISTENER, inside=(ip_network("10.0.0.0/8"),))
    outside = Client(address="203.0.113.9", name="")
    assert kind_of(outside, listener) is ListenerKind.EDGE
    assert kind_of(replace(outside, address="10.0.0.7"), listener) is ListenerKind.INTERNAL
    assert kind_of(replace(outside, authenticated="jdoe@city.example"), listener) is ListenerKind.INTERNAL
    assert kind_of(replace(outside, address=NOWHERE), listener) is ListenerKind.EDGE
