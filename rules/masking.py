"""Hides identifiers and secrets in what is shown as evidence: reports and digests must not spread what a rule stopped.

Changes signs and never lengths, so that every offset stays true.
"""

from collections.abc import Iterable
from dataclasses import replace

from rules.facts import Text

SHOWN = 4  # last signs of an identifier that stay, enough for its owner to know it by


def hidden(text: Text, spans: Iterable[tuple[int, int]], *, shown: int = SHOWN) -> Text:
    """`text` with letters and digits of each span (from, to) as `*`, but the last `shown` and never more than half."""
    pieces, done = [], 0
    for start, end in sorted(spans):
        if start < done:
            continue
        pieces.append(text.text[done:start] + _stars(text.text[start:end], shown))
        done = end
    return replace(text, text="".join(pieces) + text.text[done:])


def _stars(secret: str, shown: int) -> str:
    cut = len(secret) - min(shown, len(secret) // 2)
    return "".join("*" if sign.isalnum() else sign for sign in secret[:cut]) + secret[cut:]
