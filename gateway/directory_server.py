"""Entries of an LDAP server or Active Directory, fetched in pages; the one module that knows bonsai.

Asked by `mailward directory sync` alone: no message ever waits for a directory server. RFC 4511, RFC 2696.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gateway.config import Ldap
from rules.directory_entries import ATTRIBUTES
from rules.ldif import MAX_ENTRIES, Entry

PAGE = 500  # entries; Active Directory gives at most 1,000
SECONDS = 60.0  # for one answer: a server on the other side of a city's network, busy
MAX_RANGES = 1_000  # answers for one attribute; Active Directory gives 1,500 members in each

_RANGE = re.compile(r"([^;]+);range=\d+-(\d+|\*)", re.IGNORECASE)


class DirectoryUnavailable(Exception):
    """The server did not answer, or refused; nothing was changed. The words are fit for an administrator."""


def fetch(settings: Ldap) -> Iterator[Entry]:
    """Every entry that the filter finds below the base. Raises DirectoryUnavailable."""
    try:
        import bonsai
    except ImportError:
        raise DirectoryUnavailable("the LDAP client is not installed: pip install 'mailward[ldap]'") from None
    try:
        with _client(bonsai, settings).connect(timeout=SECONDS) as connection:
            yield from _entries(bonsai, connection, settings)
    except (bonsai.LDAPError, OSError) as error:
        raise DirectoryUnavailable(f"{settings.url}: {_words(error)}") from None


def _client(bonsai: Any, settings: Ldap) -> Any:
    client = bonsai.LDAPClient(settings.url, tls=settings.start_tls)
    if settings.ca is not None:
        client.set_ca_cert(str(settings.ca))
    client.set_cert_policy("demand")
    client.set_server_chase_referrals(False)
    client.set_ignore_referrals(True)
    client.set_raw_attributes([])
    if settings.bind_dn:
        client.set_credentials("SIMPLE", user=settings.bind_dn, password=_password(settings))
    return client


def _password(settings: Ldap) -> str:
    assert settings.password_file is not None  # the configuration has been checked
    return settings.password_file.read_text("utf-8").strip()


def _entries(bonsai: Any, connection: Any, settings: Ldap) -> Iterator[Entry]:
    scope = bonsai.LDAPSearchScope
    found = connection.paged_search(
        settings.base, scope.SUBTREE, settings.filter, list(ATTRIBUTES), timeout=SECONDS, page_size=PAGE
    )
    for number, entry in enumerate(found):
        if number >= MAX_ENTRIES:
            raise DirectoryUnavailable(f"{settings.url}: more than {MAX_ENTRIES} entries")
        dn = str(entry.dn)

        def again(attribute: str, dn: str = dn) -> Mapping[str, Any]:
            (whole,) = connection.search(dn, scope.BASE, "(objectClass=*)", [attribute], timeout=SECONDS)
            return {name: whole[name] for name in whole if name != "dn"}

        yield Entry(dn=dn, attributes=whole_attributes({name: entry[name] for name in entry if name != "dn"}, again))


def whole_attributes(
    attributes: Mapping[str, Any], again: Callable[[str], Mapping[str, Any]]
) -> dict[str, tuple[str, ...]]:
    """Values by attribute name in lower case. Long ones come in ranges, which `again` asks for until the last.

    Raises DirectoryUnavailable when the server never comes to an end.
    """
    values: dict[str, list[str]] = {}
    for name, first in attributes.items():
        wanted, last = _range_of(name)
        values.setdefault(wanted, []).extend(map(_text, first))
        for _ in range(MAX_RANGES):
            if last is None:
                break
            answers = again(f"{wanted};range={last + 1}-*")
            name, found = next(
                ((key, found) for key, found in answers.items() if _range_of(key)[0] == wanted), ("", ())
            )
            values[wanted].extend(map(_text, found))
            last = _range_of(name)[1]
        if last is not None:
            raise DirectoryUnavailable(f"{wanted} has more than {MAX_RANGES} ranges of values")
    return {name: tuple(found) for name, found in values.items() if found}


def _range_of(name: str) -> tuple[str, int | None]:
    """The attribute, and the number of the last value that has come when there are more."""
    match = _RANGE.fullmatch(name)
    if match is None:
        return name.partition(";")[0].lower(), None
    return match[1].lower(), None if match[2] == "*" else int(match[2])


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
