"""Repetition without a way back, for patterns of the standard library that hostile octets meet: linear in any case.

`(?:…)*+` says the same; Python before 3.11.5 goes on where a last try of the group failed, not where it began
(gh-106052), and Debian 12 has 3.11.2. One that cannot fail behind its first octet may stay as it is.
"""

from typing import AnyStr

_AT_ONCE = 1_000  # repetitions that are open at once: each takes some hundred octets until it is certain


def possessive(body: AnyStr) -> AnyStr:
    """The pattern that matches the body, which matches no empty text, as often as it can, and gives nothing back."""
    if isinstance(body, str):
        return f"(?>(?:(?>(?:{body}){{1,{_AT_ONCE}}}))*)"
    return b"(?>(?:(?>(?:%b){1,%d}))*)" % (body, _AT_ONCE)
