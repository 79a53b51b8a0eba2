"""Whether one domain was made to be taken for another. Pure; says how alike and why, decides nothing.

Compares with domains that are given; a domain is never alike to itself or to a part of itself.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

SHORT_LABEL = 7  # characters; below, one letter of difference is ordinary: kent and kant are two places
LONG_NAME = 8  # characters; a whole name that long in another's is no accident

_SINGLE = str.maketrans(
    {
        **dict(zip("0135", "oles", strict=True)),
        "i": "l",
        "|": "l",
        **dict(zip("аесорхуіјѕԁһкмнтвгпԛԝ", "aecopxyljsdhkmhtbrnqw", strict=True)),
        **dict(zip("αοευνικτρχγω", "aoeuvlktpxyw", strict=True)),
        **dict(zip("ıłøđħɡɩ", "llodhgl", strict=True)),
    }
)
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("nn", "m"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike, from 0 to 1, and why, in words for a summary."""

    score: float
    why: str


@lru_cache(maxsize=1_024)  # those that write often, against our own
def likeness(domain: str, own: str) -> Likeness | None:
    """How much `domain` looks like `own`; None when it does not, or when it belongs to it."""
    domain, own = _shown(domain), _shown(own)
    if domain == own or domain.endswith("." + own) or own.endswith("." + domain):
        return None
    labels, count = domain.split("."), own.count(".") + 1
    organization = ".".join(labels[-count:])
    if skeleton(organization) == skeleton(own):
        return Likeness(score=1.0, why=f"{organization} reads like {own}")
    if _holds(domain, own):
        return Likeness(score=0.9, why=f"{domain} holds the name {own}")
    ours, theirs = own.rpartition(".")[0], organization.rpartition(".")[0]
    if ours == theirs:
        return Likeness(score=0.7 if len(ours) >= LONG_NAME else 0.5, why=f"{own} under another ending")
    if differ_by_one(ours, theirs):
        return Likeness(score=0.8 if len(ours) >= SHORT_LABEL else 0.5, why=f"one letter from {own}")
    return None


def _holds(domain: str, own: str) -> bool:
    """The whole name as the left part of another's, or run together: city.example.pay.test, city-example.test."""
    if domain.startswith(own + "."):
        return True
    plain = own.replace(".", "").replace("-", "")
    return len(plain) >= LONG_NAME and any(plain in label.replace("-", "") for label in domain.split("."))


@lru_cache(maxsize=1_024)  # our own domains and names, and those that write often
def skeleton(text: str) -> str:
    """The text as an eye takes it in at a glance; two texts with one skeleton are hard to tell apart."""
    folded = "".join(one for one in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(one))
    plain = folded.translate(_SINGLE)
    for pair, single in _PAIRS:
        plain = plain.replace(pair, single)
    return plain


def differ_by_one(first: str, second: str) -> bool:
    """One letter changed, added or left out, or two neighbours exchanged."""
    if first == second or abs(len(first) - len(second)) > 1:
        return False
    at = 0
    while at < min(len(first), len(second)) and first[at] == second[at]:
        at += 1
    a, b = first[at:], second[at:]
    exchanged = len(a) == len(b) and a[:2] == b[:2][::-1] and a[2:] == b[2:]
    return exchanged or a[1:] == b[1:] or a[1:] == b or a == b[1:]


def _shown(domain: str) -> str:
    """As a mail program shows it: international labels in their own letters."""
    return ".".join(map(_label, domain.lower().rstrip(".").split(".")))


def _label(label: str) -> str:
    if not label.startswith("xn--") or len(label) > 63:
        return label
    try:
        return label.encode("ascii").decode("idna")
    except UnicodeError:
        return label
