"""Recognises web pages and SVG pictures that carry or build a file when opened. Runs and renders nothing."""

import re
from contextlib import suppress
from itertools import starmap

from rules.facts import By, Kind, Sign
from rules.patterns import Literal
from rules.reading.budget import LimitExceeded
from rules.reading.carried import MIN_OPAQUE, carried_files, opaque_octets, plain_page, read_script
from rules.reading.relations import STARTING

_FRONT = 1_024  # octets within which content shows that it is a page; what is called one is read as such anyway

_PAGE_TAGS = (
    b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<table", b"<div", b"<meta ", b"<iframe", b"<style",
    b"<a ", b"<p>", b"<p ", b"<br", b"<form", b"<img", b"<span", b"<font", b"<center", b"<object", b"<embed",
)  # fmt: skip

_PAGE_FRONTS = (b"<!doctype html", b"<html", b"<head", b"<body")  # a page may show a picture near its front

_IN_XML = ((b"http://www.w3.org/1999/xhtml", Kind.HTML), (b"http://www.w3.org/2000/svg", Kind.IMAGE))

# What hands a reader a file that no server sent.
_SAVES = (b"mssaveoropenblob", b"mssaveblob", b"createobjecturl", b"showsavefilepicker", b".download=", b".download =",
          b"'download'", b'"download"', b" download=", b"navigator.mssave")  # fmt: skip
_BUILDS = (
    b"new blob(",
    b"atob(",
    b"'atob'",
    b'"atob"',
    b"`atob`",
    b"'blob'",
    b'"blob"',
    b"`blob`",
    b"uint8array",
    b"fromcharcode",
    b"data:application/",
    b"unescape(",
    b"new file(",
)
# Base64 of what no page needs, as the front of a run.
_CARRIED = (
    (b"TVqQAA", "a program"), (b"TVpQAA", "a program"), (b"TVoAAA", "a program"), (b"TVpAAA", "a program"),
    (b"UEsDB", "a zip archive"), (b"N3q8rycc", "a 7z archive"), (b"UmFyIRoH", "a RAR archive"),
    (b"TAAAAAEUAg", "a shortcut"), (b"0M8R4KGxGuE", "an Office file"), (b"f0VMR", "a program"),
)  # fmt: skip
_SCRIPT_DATA = ("application/json", "application/javascript", "application/x-javascript", "application/ld+json")
_QUOTES = b"\"'`,(=> \t\r\n"
_DECODES = (
    b"atob(",
    b"'atob'",
    b'"atob"',
    b"`atob`",
    b"'eval'",
    b'"eval"',
    b"fromcharcode",
    b"unescape(",
    b"uint8array",
    b"decodeuricomponent(",
    b"eval(",
    b"charcodeat",
)
# What writes the page anew out of text that nobody can read.
_REWRITES = re.compile(
    rb"(?:document\.write(?:ln)?|eval|innerhtml\s*+=|srcdoc\s*+=|settimeout|function)\s*+\(?\s*+"
    rb"(?:window\.)?(?:atob|unescape|decodeuricomponent|string\.fromcharcode)\s*+\(\s*+([^)]{200})",
)
_RUNS = re.compile(
    rb"<(?:[^\s<>/:]++:)?(?:script|embed|iframe|object|handler|listener|form)\b"
    rb"|<\?xml-stylesheet[^<>]*?(?:xsl|xslt|/xml)\b|attributename\s*+=\s*+[\"']?on[a-z]"
)
# What browsers pass over within the scheme of an address (WHATWG URL section 4.4), written as references.
_GAPS = re.compile(rb"&#(?:x0*+[9ad]|0*+(?:9|10|13))(?![0-9a-f]);?|&(?:tab|newline);")
_HANDLER = re.compile(rb"[\s\"'/]on[a-z]{3,}+\s*+=")
# Windows starts a program at these addresses. `search:` is one of them, and a name that scripts give.
_PROGRAMS = tuple(scheme.encode() for scheme in STARTING if scheme != "search:")
_SCRIPTED = b"javascript:"
# A page without any of these does nothing that counts.
_NEEDED = Literal(
    b"<script",
    b":script",
    b"srcdoc",
    b"\\u",
    b"\\x",
    b"base64",
    b"data:",
    b"javascript:",
    b"atob",
    b"eval(",
    b"unescape",
    b"fromcharcode",
    b"blob",
)
_STARTS = re.compile(rb"[\"'`=]\s{0,8}(?:%b)" % b"|".join(_PROGRAMS))
_SCRIPT = re.compile(rb"<(?:[^\s<>/:]++:)?script\b")
_SIGNS = re.compile(rb"[\[\]()!+]{300,}+")  # script in six signs, which no programmer writes
_ENTITY = re.compile(rb"<!entity[^<>\"']*+[\"'][^\"'>&<]*+[&<]")  # an entity that writes an element
_MAY_CARRY = (b"base64", b"data:", b"0x", b"\\x", b"%", b"[")


def page_kind(head: bytes) -> Kind | None:
    """HTML, or IMAGE for SVG, when these first octets are of such a page."""
    front = head[:_FRONT].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not front.startswith(b"<"):
        return None
    picture = front.find(b"<svg")
    if picture >= 0 and not any(tag in front[:picture] for tag in _PAGE_FRONTS):
        return Kind.IMAGE
    return Kind.HTML if any(tag in front for tag in _PAGE_TAGS) else None


def page_signs(kind: Kind, octets: bytes) -> tuple[Sign, ...]:
    """The page's own sign, and that of active content when it builds or carries a file (an SVG: when it has script)."""
    name = "SVG picture" if kind is Kind.IMAGE else "HTML page"
    own = Sign(kind=kind, by=By.CONTENT, text=name)
    reason = _active(kind, plain_page(octets))
    return (own,) if reason is None else (own, Sign(kind=Kind.ACTIVE_CONTENT, by=By.CONTENT, text=f"{name} {reason}"))


def signs_in_xml(octets: bytes) -> tuple[Sign, ...]:
    """What browsers run in XML that is no page: script of pages and pictures, which their namespaces tell."""
    front = plain_page(octets[:_FRONT]).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if (front and not front.startswith(b"<")) or b"<html" in front or b"<svg" in front:
        return ()
    content = plain_page(octets)
    reasons = (_active(kind, content) for namespace, kind in _IN_XML if namespace in content)
    found = (
        Sign(kind=Kind.ACTIVE_CONTENT, by=By.CONTENT, text=f"XML document {reason}") for reason in reasons if reason
    )
    return tuple(dict.fromkeys(found))


def _active(kind: Kind, octets: bytes) -> str | None:
    lowered = octets.lower()
    if kind is Kind.IMAGE:
        runs = _SCRIPTED in _without_gaps(lowered) or any(word.search(lowered) for word in (_RUNS, _HANDLER, _ENTITY))
        return "with script" if runs else _carries(octets, lowered)
    plain = _without_gaps(lowered)
    if not _NEEDED.stands_in(lowered) and not any(address in plain for address in (_SCRIPTED, *_PROGRAMS)):
        return None
    script = read_script(octets)
    if script is not octets:
        lowered = script.lower()
        plain = _without_gaps(lowered)
    if _STARTS.search(plain):
        return "that starts a program by its address"
    carried = _carries(octets, lowered) or (_carries(script, lowered) if script is not octets else None)
    if carried is not None:
        return carried
    scripted = _SCRIPTED in plain or _SCRIPT.search(lowered) is not None or _HANDLER.search(lowered) is not None
    return _builds(octets, lowered) if scripted else None


def _without_gaps(lowered: bytes) -> bytes:
    return _GAPS.sub(b"", lowered).translate(None, b"\t\r\n")


def _carries(octets: bytes, lowered: bytes) -> str | None:
    carried = next((what for front, what in _CARRIED if _quoted(octets, front)), None)
    if carried is not None:
        return f"that carries {carried} in base64"
    if not any(word in lowered for word in _MAY_CARRY):
        return None
    with suppress(LimitExceeded):  # taking the files out reports it
        return next(filter(None, starmap(_told, carried_files(octets))), None)
    return None


def _told(declared: str | None, found: bytes) -> str | None:
    if declared is None:
        return f"that carries a file of {len(found):,} octets in its script"
    if declared.startswith("application/") and not declared.startswith(_SCRIPT_DATA):
        return f"that carries a file called {declared}"
    return None


def _builds(octets: bytes, lowered: bytes) -> str | None:
    if any(word in lowered for word in _SAVES) and any(word in lowered for word in _BUILDS):
        return "that builds a file"
    if _SIGNS.search(lowered):
        return "with script in signs that nobody can read"
    if _REWRITES.search(lowered):
        return "that writes itself from encoded text"
    if any(word in lowered for word in _DECODES) and (size := opaque_octets(octets)) >= MIN_OPAQUE:
        return f"with {size:,} octets of encoded content for its script"
    return None


def _quoted(octets: bytes, front: bytes) -> bool:
    """Whether `front` begins a base64 run: after a quote, comma or bracket, and at least 64 octets long."""
    at = octets.find(front)
    while at >= 0:
        before, run = octets[at - 1 : at], octets[at : at + 64]
        if (not before or before in _QUOTES) and len(run) == 64 and b" " not in run and b"<" not in run:
            return True
        at = octets.find(front, at + 1)
    return _quoted_backwards(octets, front[::-1])


def _quoted_backwards(octets: bytes, back: bytes) -> bool:
    """Whether `back` ends such a run before a quote: scripts turn it round again."""
    at = octets.find(back)
    while at >= 0:
        after, run = octets[at + len(back) : at + len(back) + 1], octets[max(0, at - 64) : at]
        if after in (b'"', b"'", b"`") and len(run) == 64 and b" " not in run and b"<" not in run:
            return True
        at = octets.find(back, at + 1)
    return False
