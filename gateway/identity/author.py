"""The one mailbox of a From field, as DMARC needs it. Linear; says None wherever readers might disagree."""

from collections.abc import Sequence

from rules.address import Address, AddressError, parse_address
from rules.message import Field


def author_of(fields: Sequence[Field]) -> Address | None:
    """The author, when there is exactly one From field with exactly one well-formed mailbox (RFC 9989 section 5)."""
    found = [field for field in fields if field.key == "from"]
    if len(found) != 1:
        return None
    text = _bare(found[0].unfolded)
    if text is None:
        return None
    before, angle, rest = text.partition("<")
    if angle:
        address, closed, after = rest.partition(">")
        if not closed or after.strip() or "<" in address or "@" in before or "," in before:
            return None
        text = address
    try:
        return parse_address(text.strip())
    except AddressError:
        return None


def _bare(body: str) -> str | None:
    """The body without quoted names and comments; None when a quote or a comment does not end."""
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for character in body:
        if escaped:
            escaped = False
        elif character == "\\" and (quoted or depth):
            escaped = True
        elif character == '"' and not depth:
            quoted = not quoted
            if not quoted:
                kept.append(" ")
        elif quoted:
            continue
        elif character == "(":
            depth += 1
        elif character == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(character)
    return None if depth or quoted else "".join(kept)
