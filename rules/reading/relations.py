"""Whether what an Office document points to lies outside, and is obeyed. Fetches nothing."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

_OBEYED = frozenset({
    "attachedtemplate", "oleobject", "frame", "subdocument", "vbaproject", "control", "afchunk", "package",
    "officedocument", "slidemaster", "slidelayout", "header", "footer", "externallink", "extensibility",
    "keymapcustomizations", "attachedtoolbars",
})  # fmt: skip
_SCHEMES = ("http:", "https:", "ftp:", "mhtml:", "mk:", "ms-", "script:", "javascript:", "search-ms:", "its:")
STARTING = ("ms-msdt:", "ms-officecmd:", "ms-appinstaller:", "search-ms:", "search:")
_PROGRAMS = (".exe", ".com", ".scr", ".pif", ".bat", ".cmd", ".ps1", ".vbs", ".js", ".jse", ".vbe", ".wsf", ".hta",
             ".msi", ".lnk", ".jar", ".cpl", ".url", ".library-ms", ".search-ms", ".chm")  # fmt: skip
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

    @property
    def is_command(self) -> bool:
        """Whether following the link starts a program: by a scheme made for that, or from a share elsewhere."""
        plain = unquote(self.target).strip().lower()
        if plain.startswith(STARTING):
            return True
        return not plain.startswith(_SCHEMES) and plain.endswith(_PROGRAMS) and is_elsewhere(self.target)


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
