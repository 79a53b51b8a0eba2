"""Checks of the certificates we show: whether they fit, and when they end."""

import ssl
import time
from collections.abc import Iterator

from gateway.config import DAY_SECONDS, Certificate, Config
from gateway.doctor.note import Note, advice, good, unsafe

SOON_DAYS = 21  # an authority with monthly renewal has tried and failed by then
STEPS = 10  # turns of a handshake between two ends in memory; TLS 1.3 needs three
RENEW = "renew it, then systemctl reload or restart mailward"


class Unproven(Exception):
    """The certificate does not stand up to being checked, such as one that has ended; the text says why."""


def check_listeners(config: Config) -> Iterator[Note]:
    """Whether each listener offers TLS, and with a certificate that holds for a while."""
    for listener in config.listeners:
        if listener.certificate is not None:
            yield _judged(listener.name, listener.certificate)
        else:
            yield advice(
                f"listener {listener.name} offers no TLS", "give it a certificate, so that mail comes enciphered"
            )


def _judged(name: str, certificate: Certificate) -> Note:
    try:
        days = (ends_at(certificate) - time.time()) / DAY_SECONDS
    except Unproven as error:
        return unsafe(f"listener {name}: {error}", RENEW)
    says = f"listener {name}: the certificate ends in {days:.0f} days"
    return good(says) if days > SOON_DAYS else advice(says, RENEW)


def ends_at(certificate: Certificate) -> float:
    """The moment after which the first certificate of the chain is not valid, in Unix time. Raises Unproven.

    Asked of the TLS library, which reads certificates anyway: two ends in memory shake hands, and the one trusts
    nothing but this chain.
    """
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        server.load_cert_chain(certificate.chain, certificate.key, password="")
        client.load_verify_locations(certificate.chain)
        shown = _shaken(server, client)
    except ssl.SSLCertVerificationError as error:
        raise Unproven(error.verify_message) from None
    except (ssl.SSLError, OSError) as error:
        raise Unproven(str(error)) from None
    return ssl.cert_time_to_seconds(str(shown["notAfter"]))


def _shaken(server: ssl.SSLContext, client: ssl.SSLContext) -> dict[str, object]:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server)
    other = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(STEPS):
        if _stepped(one):
            return dict(one.getpeercert() or {})
        _stepped(other)
    raise ssl.SSLError("the handshake did not end")


def _stepped(end: ssl.SSLObject) -> bool:
    """Whether this end's handshake is done; else it waits for the other."""
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True
