"""What an Office document points to outside itself, from its relationship files. Fetches nothing."""

import re
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote
from xml.parsers import expat

_MAX_RELATIONS = 20_000  # of one file; a long report has a thousand links
_OBEYED = frozenset({"attachedtemplate", "oleobject", "frame", "subdocument", "vbaproject", "control", "afchunk"})
_SCHEMES = ("http:", "https:", "ftp:", "mhtml:", "mk:", "ms-", "script:", "javascript:", "search-ms:", "its:")
_DRIVE = re.compile(r"[a-z][:|]")
# Names that resolve in no network but the reader's own: an office's shared templates lie on such servers.
_INSIDE = (".local", ".lan", ".internal", ".corp", ".intra", ".intranet", ".home", ".private", ".home.arpa")
_PRIVATE = re.compile(r"(10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01]))\.[\d.]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """`kind` is the last word of the relationship's type as written: `attachedTemplate`."""

    kind: str
    target: str

    @property
    def is_obeyed(self) -> bool:
        """Whether opening the document fetches and obeys the target, and the target is elsewhere."""
        return self.kind.lower() in _OBEYED and is_elsewhere(self.target)


def relations_outside(xml: bytes) -> tuple[Relation, ...]:
    """The relationships whose target lies outside the document, as far as the file, in UTF-8, can be read."""
    if b"xternal" not in xml:
        return ()
    found: list[Relation] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if not name.endswith("Relationship") or len(found) >= _MAX_RELATIONS:
            return
        if attributes.get("TargetMode", "").lower() == "external":
            kind = attributes.get("Type", "").rstrip("/").rpartition("/")[2]
            found.append(Relation(kind=kind, target=attributes.get("Target", "")))

    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.StartElementHandler = start
    parser.EntityDeclHandler = _refuse
    with suppress(expat.ExpatError, _EntityRefusedError):  # Office opens no such file; what stood in front counts
        parser.Parse(xml, True)
    return tuple(found)


class _EntityRefusedError(ValueError):
    """The file declares entities, which nothing honest does."""


def _refuse(*_: object) -> None:
    raise _EntityRefusedError


def is_elsewhere(target: str) -> bool:
    """Whether a target lies on another network's server: an address of the web, or a share on no server of the office.

    A server without a domain, or of a domain that resolves only inside, is the office's own.
    """
    plain = unquote(target).strip().lower()
    if plain.startswith(_SCHEMES):
        return True
    path = plain.replace("\\", "/")
    path = path[5:] if path.startswith("file:") else path
    server = path.lstrip("/").partition("/")[0]
    slashes = len(path) - len(path.lstrip("/"))
    if slashes < 2 or slashes == 3 or _DRIVE.match(server):
        return slashes == 3 and "@" in server
    return _is_foreign(server)


def _is_foreign(server: str) -> bool:
    if "@" in server:
        return True  # WebDAV on a port or over TLS: `server@ssl`
    if server.isdecimal():
        return True  # an address written as one number
    return "." in server and not server.endswith(_INSIDE) and not _PRIVATE.fullmatch(server)
