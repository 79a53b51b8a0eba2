"""The ladder of trust: what each rung proves, and that the secret goes no further."""

from dataclasses import replace

import pytest

from gateway.identity.ladder import Trust, climb, known_user
from rules.address import parse_address
from rules.identity import Identity, Rung
from rules.message import Message
from rules.transaction import Client, ListenerKind

NOW, BEFORE = b"now-0123456789abcdef", b"before-0123456789ab"
TRUST = Trust(
    domains=frozenset({"city.example"}), secrets=(NOW, BEFORE), certificates=frozenset({"exchange.city.example"})
)
ANN = parse_address("Ann@city.example")


def identity(
    *stamps: bytes,
    kind: ListenerKind = ListenerKind.INTERNAL,
    authenticated: str | None = None,
    certificate: tuple[str, ...] = (),
    author: str = "Ann@city.example",
) -> Identity:
    content = b"".join(b"X-Mailward-Exch-Auth: " + stamp + b"\r\n" for stamp in stamps) + b"\r\n"
    client = Client(address="10.0.0.5", name="ex1", authenticated=authenticated, certificate=certificate)
    return climb(kind, client, tuple(Message(content).fields()), parse_address(author), TRUST)


def test_an_address_on_the_list_proves_a_machine() -> None:
    assert identity() == Identity(rung=Rung.NETWORK)


def test_a_pinned_certificate_proves_it_better() -> None:
    assert identity(certificate=("mail.city.example", "Exchange.city.example")).rung is Rung.TLS
    assert identity(certificate=("printer.city.example",)).rung is Rung.NETWORK


@pytest.mark.parametrize("secret", [NOW, BEFORE])
def test_either_live_secret_proves_the_mailbox(secret: bytes) -> None:
    assert identity(secret) == Identity(rung=Rung.EXCHANGE, person=ANN.key)


@pytest.mark.parametrize("stamps", [(b"",), (NOW[:-1],), (NOW + b"x",), (NOW, NOW), (b"x", NOW)])
def test_any_other_stamp_proves_nothing(stamps: tuple[bytes, ...]) -> None:
    assert identity(*stamps).rung is Rung.NETWORK


def test_exchange_does_not_vouch_for_mailboxes_of_others() -> None:
    assert identity(NOW, author="x@elsewhere.example").person is None


def test_a_user_of_the_mta_is_a_person() -> None:
    assert identity(authenticated="Bob@City.example") == Identity(rung=Rung.SMTP_AUTH, person="bob@city.example")
    assert identity(authenticated="not an address").rung is Rung.NETWORK


def test_a_user_of_the_mta_is_one_without_any_setting_of_ours() -> None:
    client = Client(address="203.0.113.9", name="laptop", authenticated="Bob@City.example")
    bob = Identity(rung=Rung.SMTP_AUTH, person="bob@city.example")
    assert known_user(ListenerKind.INTERNAL, client) == bob
    assert known_user(ListenerKind.EDGE, client) == Identity()
    assert known_user(ListenerKind.INTERNAL, replace(client, authenticated="bob")) == Identity()
    assert known_user(ListenerKind.INTERNAL, replace(client, authenticated=None)) == Identity()


def test_from_the_internet_nothing_counts() -> None:
    found = identity(
        NOW, kind=ListenerKind.EDGE, authenticated="a@city.example", certificate=("exchange.city.example",)
    )
    assert found == Identity(rung=Rung.UNKNOWN)


def test_only_the_upper_rungs_prove_a_person() -> None:
    assert [rung for rung in Rung if rung.proves_person] == [Rung.EXCHANGE, Rung.SMTP_AUTH]


def test_the_secrets_are_not_printed() -> None:
    assert NOW.decode() not in repr(TRUST)
