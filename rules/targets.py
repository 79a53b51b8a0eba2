"""What a link's target says to a browser (WHATWG, URL, section 4.4), and not too long to be kept. Opens nothing."""

import re
import unicodedata
from urllib.parse import unquote, urlsplit

MAX_TARGET = 2_000  # characters of a link's target
MAX_USER = 100  # of them for who stands before the host of one that is longer: the host is what must not be lost

_PLAIN = re.compile(r"https?://[A-Za-z0-9][^\t\r\n\\]*\Z")  # as it is meant to be
_WEB = re.compile(r"(https?|ftp):[/\\]*", re.IGNORECASE)
_BEFORE_QUERY = re.compile(r"[^?#]*")
_AUTHORITY = re.compile(r"[^/?#]*")  # RFC 3986 section 3.2
_UNHEARD = str.maketrans("", "", "\t\r\n")
# Most links: nothing but a name before the path. Linear: labels and dots alternate. All others take the long way.
_NAMED = re.compile(r"(?:(?i:https?)://)?([A-Za-z0-9-]++(?>(?:\.[A-Za-z0-9-]++)+))(?:[/?#]|\Z)")
_SCHEME = re.compile(r"https?:", re.IGNORECASE)  # a target without one may have another's within: a redirection
_DOTS = str.maketrans(dict.fromkeys("\u3002\uff61", ".") | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", ""))


def browsed(written: str) -> str:
    """A target as browsers read it, at most MAX_TARGET characters of it, its host among them.

    They pass over tabs and line ends, and take any number of slashes of either kind for the two before the host.
    """
    target = written.strip()
    if len(target) <= MAX_TARGET and _PLAIN.match(target):
        return target
    target = target.translate(_UNHEARD)
    if (web := _WEB.match(target)) is not None:
        rest = target[web.end() :]
        if "\\" in rest:
            rest = _BEFORE_QUERY.sub(lambda match: match.group().replace("\\", "/"), rest, count=1)
        begin = f"{web.group(1)}://"
        if len(begin) + len(rest) > MAX_TARGET and (authority := _AUTHORITY.match(rest)) is not None:
            user, at, host = authority.group().rpartition("@")
            rest = f"{user[:MAX_USER]}{at}{host}{rest[authority.end() :]}"
        target = begin + rest
    return target[:MAX_TARGET]


def host_of(target: str) -> str:
    """The host that a browser would ask, whatever stands before an `@`; "" when there is none."""
    if (plain := _NAMED.match(target)) is not None:
        return plain.group(1).lower()
    try:
        host = urlsplit(browsed(with_scheme(target))).netloc.rpartition("@")[2]
        return _mapped(host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0])
    except ValueError:
        return ""


def with_scheme(target: str) -> str:
    """As a mail program opens what begins with `www.` alone."""
    return target if _SCHEME.match(target) else f"http://{target}"


def _mapped(host: str) -> str:
    """In lower case and one kind of letters and dots, without what nobody sees (UTS 46 section 4)."""
    plain = unicodedata.normalize("NFKC", unquote(host).translate(_DOTS))
    return plain.lower().rstrip(".")
