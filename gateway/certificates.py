"""Whether the certificates, keys and authorities that a configuration names can be used. Opens no connection."""

import ssl
from collections.abc import Iterator
from pathlib import Path

from gateway.config import Config
from rules.document import DocumentError, Fault, locate


def check_certificates(path: Path, config: Config) -> None:
    """Raise DocumentError unless the certificates, keys and authorities that `config`, read from `path`, names are fit.

    Apart from gateway.config: commands that only look at the store need not be able to read a key.
    """
    faults = tuple(_certificate_faults(path, config))
    if faults:
        raise DocumentError(faults)


def _certificate_faults(path: Path, config: Config) -> Iterator[Fault]:
    for index, listener in enumerate(config.listeners):
        if listener.certificate is not None:
            place = ("listeners", index, "certificate")
            chain, key = listener.certificate.chain, listener.certificate.key
            unread = [(name, why) for name, file in (("chain", chain), ("key", key)) if (why := _unreadable(file))]
            yield from (locate(path, (*place, name), f"a PEM file; {why}") for name, why in unread)
            if not unread and not _is_pair(chain, key):
                yield locate(path, place, "a certificate chain, and its key without a password, both as PEM")
    for index, hop in enumerate(config.next_hops):
        if hop.tls_ca is not None and (why := _unreadable(hop.tls_ca) or _no_authority(hop.tls_ca)):
            yield locate(path, ("next_hops", index, "tls_ca"), f"a PEM file with certificates; {why}")


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
