"""The Authentication-Results field (RFC 8601): what was found, in the words that other filters read."""

import re

from rules.identity import Authentication, DkimResult, SpfResult

_UNSAFE = re.compile(r"[^A-Za-z0-9@._:/+=-]")
MAX_VALUE = 255  # characters: a domain


def authentication_results(identifier: str, authentication: Authentication) -> bytes:
    """The whole field with its line end; `identifier` is our authserv-id."""
    return f"Authentication-Results: {_safe(identifier)};{result_text(authentication)}\r\n".encode("ascii")


def result_text(authentication: Authentication) -> str:
    """The results alone, folded, as ARC wants them too."""
    dmarc, arc = authentication.dmarc, authentication.arc
    parts = [_spf(authentication.spf), *map(_dkim, authentication.dkim)]
    if not authentication.dkim:
        parts.append("dkim=none")
    policy = f" (p={dmarc.policy.value})" if dmarc.policy is not None else ""
    author = f" header.from={_safe(dmarc.author)}" if dmarc.author else ""
    parts.append(f"dmarc={dmarc.result.value}{policy}{author}")
    sealer = f" (i={len(arc.sealers)} {_safe(arc.sealers[-1])})" if arc.sealers else ""
    parts.append(f"arc={arc.result.value}{sealer}")
    return ";".join(f"\r\n\t{part}" for part in parts)


def _spf(spf: SpfResult) -> str:
    return f"spf={spf.result.value}" + (f" smtp.mailfrom={_safe(spf.domain)}" if spf.domain else "")


def _dkim(item: DkimResult) -> str:
    domain = f" header.d={_safe(item.domain)}" if item.domain else ""
    selector = f" header.s={_safe(item.selector)}" if item.selector else ""
    return f"dkim={item.result.value}{domain}{selector}"


def _safe(text: str) -> str:
    """Nothing that a peer wrote ends a value, a comment or a line."""
    return _UNSAFE.sub("?", text)[:MAX_VALUE]
