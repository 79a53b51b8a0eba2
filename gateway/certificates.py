"""The certificates, keys and authorities that a configuration names: made use of, and checked beforehand.

Opens no connection.
"""

import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

from gateway.config import Config, Listener
from gateway.identity import CannotIdentify
from rules.yaml_nodes import DocumentError, Fault, locate


def check_certificates(path: Path, config: Config) -> None:
    """Raise DocumentError unless the certificates, keys and authorities that `config`, read from `path`, names are fit.

    Apart from gateway.config: commands that only look at the store need not be able to read a key.
    """
    faults = (*_certificate_faults(path, config), *_identity_faults(path, config))
    if faults:
        raise DocumentError(faults)


def listener_tls(listener: Listener) -> ssl.SSLContext | None:
    """What a listener offers STARTTLS with; None where it has no certificate. Raises OSError, also for a bad file.

    With authorities a client is asked for a certificate and may have none. One that none of them has signed ends the
    handshake: nothing of TLS lets a server look at it and go on.
    """
    if listener.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8996
    context.load_cert_chain(listener.certificate.chain, listener.certificate.key)
    if listener.client_authorities is not None:
        context.load_verify_locations(listener.client_authorities)
        context.verify_mode = ssl.CERT_OPTIONAL
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # a server's own certificate may stand in the file
    return context


def names_in(certificate: Mapping[str, object] | None) -> tuple[str, ...]:
    """The DNS names in a verified certificate as ssl tells it, else its common names (RFC 6125 section 6.4.4)."""
    told = certificate or {}
    alternatives = tuple(value for kind, value in _pairs(told.get("subjectAltName")) if kind == "DNS")
    if alternatives:
        return alternatives
    subject = told.get("subject")
    relative = subject if isinstance(subject, tuple) else ()
    return tuple(value for group in relative for kind, value in _pairs(group) if kind == "commonName")


def _pairs(told: object) -> tuple[tuple[str, str], ...]:
    return told if isinstance(told, tuple) else ()


def _certificate_faults(path: Path, config: Config) -> Iterator[Fault]:
    for index, listener in enumerate(config.listeners):
        if listener.certificate is not None:
            place = ("listeners", index, "certificate")
            chain, key = listener.certificate.chain, listener.certificate.key
            unread = [(name, why) for name, file in (("chain", chain), ("key", key)) if (why := _unreadable(file))]
            yield from (locate(path, (*place, name), f"a PEM file; {why}") for name, why in unread)
            if not unread and not _is_pair(chain, key):
                yield locate(path, place, "a certificate chain, and its key without a password, both as PEM")
        authorities = listener.client_authorities
        if authorities is not None and (why := _unreadable(authorities) or _no_authority(authorities)):
            place = ("listeners", index, "client_authorities")
            yield locate(path, place, f"a PEM file with certificates; {why}")
    for index, hop in enumerate(config.next_hops):
        if hop.tls_ca is not None and (why := _unreadable(hop.tls_ca) or _no_authority(hop.tls_ca)):
            yield locate(path, ("next_hops", index, "tls_ca"), f"a PEM file with certificates; {why}")


def _identity_faults(path: Path, config: Config) -> Iterator[Fault]:
    settings = config.identity
    if not settings.stamp_files and settings.sign is None:
        return
    from gateway.identity.identification import load_proofs  # 0.2 s of imports that most sites spare

    try:
        load_proofs(settings)
    except CannotIdentify as error:
        yield locate(path, ("identity",), f"keys and secrets that can be used; {error}")


def _unreadable(file: Path) -> str:
    """Why the file cannot be read; empty when it can."""
    try:
        file.open("rb").close()
    except OSError as error:
        return f"{file}: {error.strerror}"
    return ""


def _is_pair(chain: Path, key: Path) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key, password="")  # asks nobody for one
    except ssl.SSLError:
        return False
    return True


def _no_authority(file: Path) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except ssl.SSLError:
        return f"{file}: none in it"
    return ""
