"""Scripts of XML forms in a PDF (XFA 3.3), which stand in streams of XML and not in its dictionaries. Runs none."""

import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress

from rules.reading.budget import MEBIBYTE
from rules.reading.charsets import in_ascii
from rules.reading.pdf import ZLIB, stream_starts
from rules.reading.signatures import is_text

_MAX_FORM = 32 * 1024 * 1024  # octets of all XML of one form; a tax form has 2 MiB
_HEAD = 64  # octets that show whether a stream is text
_SCRIPT = re.compile(rb"<(?:[^\s<>/:]++:)?script\b")
# What a form's own checks and sums do not need. To open a page in the browser is what its buttons are for.
_BARRED = re.compile(
    rb"\beval\s*+\(|unescape\s*+\(|fromcharcode|launchurl|(?:export|import|get|create)dataobject|getannots"
    rb"|app\.(?:exec|opendoc|newdoc|mail|launch|settimeout|setinterval)|util\.(?:byte|stringfrom)|collab\."
    rb"|trustedfunction|beginpriv|newplayer|net\.http|(?:\\[xu][0-9a-f]{2,4}){20}"
)


def form_reason(content: bytes, pieces: Sequence[bytes]) -> str | None:
    """Why the scripts of an XML form count, None when they are what forms need."""
    if not any(b"/XFA" in piece for piece in pieces):
        return None
    form = b"".join(_parts(content)).lower()  # one script may be cut into several streams
    if len(form) > _MAX_FORM:
        return f"PDF with a form of more than {_MAX_FORM // MEBIBYTE} MiB"
    return "PDF with script in its form" if _SCRIPT.search(form) and _BARRED.search(form) else None


def _parts(content: bytes) -> Iterator[bytes]:
    """Every stream that may be XML, to one octet more than _MAX_FORM."""
    left = _MAX_FORM + 1
    for start in stream_starts(content):
        part = _inflated(content, start, left)
        if b"<" in part[:_HEAD] + part[-_HEAD:] or is_text(part[:_HEAD]):
            left -= len(part)
            yield in_ascii(part)
        if left <= 0:
            return


def _inflated(content: bytes, start: int, limit: int) -> bytes:
    """As it stands where it is not deflated: text may begin like that."""
    end = content.find(b"endstream", start)
    body = content[start : end if end >= 0 else len(content)]
    if content[start : start + 1] in ZLIB:
        with suppress(zlib.error):
            return zlib.decompressobj().decompress(body, limit)
    return body[:limit].rstrip()
