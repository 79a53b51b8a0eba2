"""The header fields we add, the forged ones we take away, and the octets that leave.

What leaves is `added fields + octets received`, less forged copies of our own fields and, for a subject tag or a
disclaimer, with exactly that edit. Nothing is ever re-serialised (RFC 5322 section 3.6.7 for trace fields).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from rules.amendment import Amendment, Kept
from rules.finding import Action
from rules.message import Field, Message
from rules.transaction import ListenerKind, Transaction
from rules.verdict import Judgement, Verdict

OWN_FIELDS = frozenset({"mailward-verdict", "mailward-tag", "mailward-disclaimer"})
# What Exchange believes of its own servers, and what we and our rules believe. From anybody else it
# is forged, and from a server of ours it has done its work: the stamp's secret must not leave.
TRUST_PREFIXES = (
    "x-mailward-",
    "x-ms-exchange-organization-",
    "x-ms-exchange-forest-",
    "x-ms-exchange-crosspremises-",
)
# What other gateways and Exchange Online say of mail that they saw. From a server of ours it may be true; from the
# Internet anybody can write it, and Exchange and other filters inside believe some of it.
OUTSIDE_PREFIXES = (
    "x-ms-exchange-crosstenant-",
    "x-ms-exchange-authentication-results",
    "x-originatororg",
    "x-forefront-antispam-report",
    "received-spf",
)
RESULTS = "authentication-results"
MAX_LINE = 998  # octets without CRLF (RFC 5322 section 2.1.1)
MAX_TAGS = 20  # lines on one message; the record has them all

# A header without any of these anywhere holds nothing that _forged could find. Most mail is such, and to read its
# fields costs twenty times as much as to look for these.
_MARKS = tuple(name.encode("ascii") for name in (*OWN_FIELDS, *TRUST_PREFIXES, *OUTSIDE_PREFIXES, RESULTS))

_COMMENT_MARKS = re.compile(r"(\\.|[()])")  # linear: one or two characters; a quoted pair is no mark
_CUT = "\0"
_QUOTING = str.maketrans("", "", '"\\')
_RESULT = re.compile(r";\s*[a-z0-9-]+\s*(?:/\s*\d+\s*)?=\s*[a-z]")  # `; dkim=pass`, `; dkim/1 = pass`; no instance
_UNSAFE = re.compile(r"[^A-Za-z0-9@._:\[\]/+-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Octets from `start` to `end` of the content give way to `instead`: the whole of `field`, or a place in it."""

    field: Field
    start: int
    end: int
    instead: bytes


def trace_field(transaction: Transaction, hostname: str, now: datetime) -> bytes:
    """The Received field (RFC 5321 section 4.4). Names no recipient when there are several: that would tell of Bcc."""
    client, envelope = transaction.client, transaction.envelope
    extended = "E" if client.extended or client.tls else ""  # RFC 3848 has no name for TLS after HELO
    protocol = ("UTF8" if envelope.smtputf8 else extended) + "SMTP" + ("S" if client.tls else "")  # RFC 3848, RFC 6531
    concerned = f"\r\n\tfor <{envelope.recipients[0].address}>" if len(envelope.recipients) == 1 else ""
    if not concerned.isascii():
        concerned = ""
    text = (
        f"Received: from {_safe(client.name) or 'unknown'} ([{_literal(client.address)}])\r\n"
        f"\tby {_safe(hostname)} (Mailward) with {protocol} id {_safe(transaction.id)}{concerned};\r\n"
        f"\t{format_datetime(now)}\r\n"
    )
    return text.encode("ascii")


def verdict_fields(transaction_id: str, judgement: Judgement, verdict: Verdict) -> bytes:
    """`Mailward-Verdict`, and a `Mailward-Tag` for each finding of a tagged copy: rule and clause, no evidence."""
    lines = [_verdict_line(verdict.action.value, transaction_id, judgement)]
    marking = verdict.findings if verdict.action is Action.TAG else ()  # what is only recorded is nobody's to read
    for rule, cites in dict.fromkeys((finding.rule, finding.cites) for finding in marking):
        lines.append(f"Mailward-Tag: rule={_safe(rule)}; clause={','.join(map(_safe, cites))}")
    return "".join(f"{line}\r\n" for line in lines[: 1 + MAX_TAGS]).encode("ascii")


def disclaimer_field(amendment: Amendment | None) -> bytes:
    """What stands for a disclaimer that a message could not be given; nothing where it has it."""
    if amendment is None or amendment.kept in (None, Kept.PRESENT):
        return b""
    return f"Mailward-Disclaimer: not added; reason={amendment.kept.value}\r\n".encode("ascii")


def released_field(transaction_id: str, judgement: Judgement) -> bytes:
    """The `Mailward-Verdict` of a message that was held and that an administrator let go."""
    return f"{_verdict_line('released', transaction_id, judgement)}\r\n".encode("ascii")


def _verdict_line(word: str, transaction_id: str, judgement: Judgement) -> str:
    return (
        f"Mailward-Verdict: {word}; policy={_safe(judgement.policy)};"
        f" inspected={judgement.inspected.value}; id={_safe(transaction_id)}"
    )


def edited(
    message: Message, added: bytes, changes: Sequence[Edit], amendment: Amendment | None = None
) -> tuple[bytes | memoryview, ...]:
    """The pieces that leave, in order: the added fields, then the received octets with `changes` and the amendment."""
    view = memoryview(message.octets)
    pieces: list[bytes | memoryview] = [added]
    position = 0
    body = tuple((edit.start, edit.end, edit.octets) for edit in amendment.edits) if amendment else ()
    for start, end, instead in (*((edit.start, edit.end, edit.instead) for edit in changes), *body):
        pieces += [view[position:start], instead]
        position = end
    pieces.append(view[position:])
    return tuple(piece for piece in pieces if len(piece))


def seen_from(kind: ListenerKind, domains: frozenset[str]) -> frozenset[str] | None:
    """The domains, lower case, that nobody on such a listener speaks for; None where servers of ours send."""
    return domains if kind is ListenerKind.EDGE else None


def edits(
    message: Message, hostname: str, subject_tag: str = "", *, outside: frozenset[str] | None = None
) -> tuple[Edit, ...]:
    """What is taken from the received octets and put into them, in order. `outside` is as of `seen_from`."""
    return tuple(_edits(message, hostname, subject_tag, outside))


def _edits(message: Message, hostname: str, subject_tag: str, outside: frozenset[str] | None) -> Iterator[Edit]:
    tagged = not subject_tag
    if tagged and not any(map(message.header.lower().__contains__, _MARKS)):
        return
    for field in message.fields():
        if _forged(field, hostname, outside):
            yield Edit(field=field, start=field.start, end=field.end, instead=b"")
        elif field.key == "subject" and not tagged:
            tagged = True
            if subject_tag.casefold() not in field.unfolded.casefold():
                at = field.start + len(field.name) + 1
                yield Edit(field=field, start=at, end=at, instead=_tag(subject_tag, message, field, at))


def _tag(subject_tag: str, message: Message, field: Field, at: int) -> bytes:
    """The tag with blanks where an encoded word would else not be one (RFC 2047 section 5), on a line of its own where
    the line would become too long (RFC 5322 section 2.1.1)."""
    tag = b" " + subject_tag.encode("ascii", "replace")
    rest = bytes(message.octets[at : field.end])
    blank = b"" if rest[:1] in (b" ", b"\t", b"\r") else b" "
    long = at - field.start + len(tag + blank + rest.partition(b"\r\n")[0]) > MAX_LINE
    return tag + (b"\r\n" if long else b"") + blank


def _forged(field: Field, hostname: str, outside: frozenset[str] | None) -> bool:
    """A field that only we may write, or only servers of ours; Authentication-Results by its authserv-id."""
    if field.key in OWN_FIELDS or field.key.startswith(TRUST_PREFIXES):
        return True
    if outside is not None and field.key.startswith(OUTSIDE_PREFIXES):
        return True
    if field.key != RESULTS:
        return False
    own = hostname.casefold()
    names, ours = (own, *(outside or ())), _names(own, outside or frozenset())
    heads = _heads(field.unfolded.casefold().translate(_QUOTING))
    return any(ours.search(head) for head in heads if any(map(head.__contains__, names)))  # a search costs much more


@lru_cache(maxsize=8)
def _names(hostname: str, domains: frozenset[str]) -> re.Pattern[str]:
    """Our own id, or any of the city's own servers: whoever trusts results believes those too (RFC 8601 section 5)."""
    names = [rf"(?<![a-z0-9.-]){re.escape(hostname)}"]
    names += [rf"(?<![a-z0-9-]){re.escape(domain)}" for domain in sorted(domains)]
    return re.compile(rf"(?:{'|'.join(names)})\.?(?![a-z0-9.-])")


def _heads(results: str) -> Iterator[str]:
    """All before the first result (RFC 8601 section 2.2), as readers may see it that are less strict than its grammar.

    As it stands, without comments, and without the blanks that would part a name.
    """
    bare = _without_comments(results)
    for text in dict.fromkeys((results, bare.replace(_CUT, " "), bare.replace(_CUT, ""))):
        first = _RESULT.search(text)
        head = text[: first.start()] if first is not None else text
        yield from (head, "".join(head.split()))


def _without_comments(text: str) -> str:
    """Text with _CUT for each comment; they nest, and may stand before the identifier (RFC 5322 section 3.2.2)."""
    kept: list[str] = []
    depth = 0
    for piece in _COMMENT_MARKS.split(text):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth = max(0, depth - 1)
            kept.append(_CUT)
        elif depth == 0:
            kept.append(piece)
    return "".join(kept)


def _literal(address: str) -> str:
    """An address literal without its brackets; IPv6 has its tag (RFC 5321 section 4.1.3)."""
    return f"{'IPv6:' if ':' in address else ''}{_safe(address)}"


def _safe(text: str) -> str:
    """Letters, digits and the few marks that names need: nothing a peer wrote can end a line or start a comment."""
    return _UNSAFE.sub("?", text)[:255]
