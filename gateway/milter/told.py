"""What the MTA says of its client, in CONNECT, HELO and macros, as facts for the ladder of trust. Pure.

The MTA's word is believed: who may speak for it is the listener's to say.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_address

from gateway.config import MilterListener
from gateway.milter.commands import Connect
from gateway.networks import plain, within
from rules.transaction import Client, ListenerKind

HERE = "127.0.0.1"  # a client without an address that runs on the MTA's machine: sendmail(1), mailq, cron
NOWHERE = "0.0.0.0"  # noqa: S104  stands for an address that the MTA does not know: in nobody's network

_COMMON_NAME = re.compile(r"(?:^|[/,]\s*)CN=([^/,]+)", re.IGNORECASE)
_VERIFIED = "OK"  # Sendmail's {verify}: the certificate was signed by an authority that it trusts


def address_of(connect: Connect) -> str:
    """Sendmail writes IPv6 addresses with SMTP's tag."""
    if connect.family == "L":
        return HERE
    text = connect.address.decode("latin-1").removeprefix("IPv6:")
    try:
        return str(plain(ip_address(text)))
    except ValueError:
        return NOWHERE


def client_of(connect: Connect, hello: bytes, macros: Mapping[str, bytes], listener: MilterListener) -> Client:
    """`macros` of all stages so far. A user name without a domain is completed, or proves nobody."""
    said = {name: value.decode("utf-8", "replace") for name, value in macros.items()}
    return Client(
        address=address_of(connect),
        name=hello.decode("latin-1"),
        tls=bool(said.get("tls_version") or said.get("cipher")),
        authenticated=_user(said.get("auth_authen", ""), listener.user_domain),
        certificate=_certificate(said),
    )


def kind_of(client: Client, listener: MilterListener) -> ListenerKind:
    """One port of an MTA may serve the Internet, the city's machines and its users at home."""
    if client.authenticated is not None or within(client.address, listener.inside):
        return ListenerKind.INTERNAL
    return listener.kind


def _user(name: str, domain: str | None) -> str | None:
    if not name or "@" in name:
        return name or None
    return f"{name}@{domain}" if domain else None


def _certificate(said: Mapping[str, str]) -> tuple[str, ...]:
    """Postfix tells the name of a certificate that it trusts, and of no other; Sendmail tells all, and its verdict."""
    subject = said.get("cert_subject", "")
    if not subject or not (said.get("verify") == _VERIFIED or said.get("v", "").startswith("Postfix")):
        return ()
    found = _COMMON_NAME.search(subject)
    return (found[1] if found else subject,)
