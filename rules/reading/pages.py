"""Recognises web pages and SVG pictures that carry or build a file when opened. Runs and renders nothing."""

from rules.facts import By, Kind, Sign

LOOKED_AT = 8 * 1024 * 1024  # octets: pages that smuggle a program carry it, and so are long
_FRONT = 1_024

_PAGE_TAGS = (
    b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<table", b"<div", b"<meta ", b"<iframe", b"<style",
    b"<a ", b"<p>", b"<p ", b"<br", b"<form", b"<img", b"<span", b"<font", b"<center", b"<object", b"<embed",
)  # fmt: skip

# What hands a reader a file that no server sent.
_SAVES = (b"mssaveoropenblob", b"mssaveblob", b"createobjecturl", b"showsavefilepicker", b".download=", b".download =",
          b"'download'", b'"download"', b" download=", b"navigator.mssave")  # fmt: skip
_BUILDS = (b"new blob(", b"atob(", b"uint8array", b"fromcharcode", b"data:application/", b"unescape(", b"new file(")
# Base64 of what no page needs, as the front of a run.
_CARRIED = (
    (b"TVqQAA", "a program"), (b"TVpQAA", "a program"), (b"TVoAAA", "a program"), (b"TVpAAA", "a program"),
    (b"UEsDB", "a zip archive"), (b"N3q8rycc", "a 7z archive"), (b"UmFyIRoH", "a RAR archive"),
    (b"TAAAAAEUAg", "a shortcut"), (b"0M8R4KGxGuE", "an Office file"), (b"f0VMR", "a program"),
)  # fmt: skip
_QUOTES = b"\"'`,(=> \t\r\n"
_RUNS = (b"<script", b"javascript:", b"<embed", b"<iframe", b"<object")
_HANDLERS = (b"onload=", b"onerror=", b"onclick=", b"onbegin=", b"onmouseover=")


def page_kind(head: bytes) -> Kind | None:
    """HTML, or IMAGE for SVG, when these first octets are of such a page."""
    front = head[:_FRONT].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not front.startswith(b"<"):
        return None
    if b"<svg" in front:
        return Kind.IMAGE
    return Kind.HTML if any(tag in front for tag in _PAGE_TAGS) else None


def page_signs(kind: Kind, octets: bytes) -> tuple[Sign, ...]:
    """The page's own sign, and that of active content when it builds or carries a file (an SVG: when it has script)."""
    name = "SVG picture" if kind is Kind.IMAGE else "HTML page"
    own = Sign(kind=kind, by=By.CONTENT, text=name)
    reason = _active(kind, octets[:LOOKED_AT])
    return (own,) if reason is None else (own, Sign(kind=Kind.ACTIVE_CONTENT, by=By.CONTENT, text=f"{name} {reason}"))


def _active(kind: Kind, octets: bytes) -> str | None:
    lowered = octets.lower()
    if kind is Kind.IMAGE:
        return "with script" if any(word in lowered for word in _RUNS) or _has_handler(lowered) else None
    scripted = b"<script" in lowered or b"javascript:" in lowered or _has_handler(lowered)
    if not scripted and b"base64" not in lowered:
        return None
    carried = next((what for front, what in _CARRIED if _quoted(octets, front)), None)
    if carried is not None:
        return f"that carries {carried} in base64"
    if scripted and any(word in lowered for word in _SAVES) and any(word in lowered for word in _BUILDS):
        return "that builds a file"
    return None


def _quoted(octets: bytes, front: bytes) -> bool:
    """Whether `front` begins a base64 run: after a quote, comma or bracket, and at least 64 octets long."""
    at = octets.find(front)
    while at >= 0:
        before, run = octets[at - 1 : at], octets[at : at + 64]
        if (not before or before in _QUOTES) and len(run) == 64 and b" " not in run and b"<" not in run:
            return True
        at = octets.find(front, at + 1)
    return False


def _has_handler(lowered: bytes) -> bool:
    return any(word in lowered for word in _HANDLERS)
