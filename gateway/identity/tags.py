"""Tag=value lists of DKIM, ARC and DMARC (RFC 6376 section 3.2). Pure, linear, bounded."""

import re
from collections.abc import Mapping

MAX_TAGS = 50

_PLAIN = re.compile(r"[\t\r\n -~]*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}")


class TagError(ValueError):
    """The text is no tag list; the reason is fit for a log."""


def parse_tags(text: str) -> Mapping[str, str]:
    """Names and values, blanks around both taken away. Raises TagError; a name that stands twice is one."""
    tags: dict[str, str] = {}
    pieces = text.split(";", MAX_TAGS + 1)
    if len(pieces) > MAX_TAGS:
        raise TagError(f"more than {MAX_TAGS} tags")
    if not pieces[-1].strip():
        pieces.pop()
    for piece in pieces:
        name, equals, value = piece.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not _NAME.fullmatch(name) or not _is_plain(value):
            raise TagError("not a list of tags")
        if name in tags:
            raise TagError(f"tag {name} stands twice")
        tags[name] = value
    return tags


def without_blanks(text: str) -> str:
    """Base64 and lists may be folded anywhere."""
    return "".join(text.split())


def _is_plain(value: str) -> bool:
    """Printable ASCII and folding blanks: a NUL or an umlaut in a domain would be read differently by others."""
    return _PLAIN.fullmatch(value) is not None
