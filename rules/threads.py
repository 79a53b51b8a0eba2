"""The earlier messages that a message shows, and who had them: whoever a header put above their text names.

Goes by the lines that mail programs write above what is answered or forwarded. Whoever sends a message could change
them, as he could leave out a mark; they tell to whom it is new what an honest sender passes on. A name in running text
tells nothing, and an outsider had only what he is named above: not what people of ours said among themselves of a
message he once wrote, though it stands below.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from rules.address import AddressError, key_of, parse_address
from rules.brands import FREE_MAIL
from rules.facts import Facts, Role, Text
from rules.markings import subject_marking
from rules.names import words_of
from rules.passing_on import subject_marks
from rules.quoted_headers import Header, Line, header_at, lines_of
from rules.remembering import remembered_last
from rules.transaction import Direction

MAX_TRAIL = 100_000  # characters of a message in which headers are looked for: some fifty letters
MAX_EARLIER = 100  # headers of one message: a long thread
MAX_NAMED = 5  # people in a summary
MAX_OWN = 500  # characters above the first header, where Notes names its author

_MAILBOX = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_OWN = (Role.AUTHOR, Role.SIGNATURE)
_OTHERS = (Role.QUOTED, Role.FORWARDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """One earlier message: whom its header names, and where in a part's readable text it and what it quotes stand."""

    part: str
    start: int
    end: int | None  # None: up to the end of the part
    people: frozenset[str]  # address keys
    names: frozenset[frozenset[str]]  # pairs of words of the entries that show no address
    subject: str | None  # None where the header shows none

    def holds(self, part: str, place: int) -> bool:
        """Whether it holds what stands there; a message that was attached holds all of its parts."""
        below = part == self.part and self.start <= place and (self.end is None or place < self.end)
        return below or part.startswith(f"{self.part}/")


@remembered_last
def earlier_messages(facts: Facts) -> tuple[Earlier, ...]:
    """Those of which the message shows a header, in the order of the texts: in an answer the newest stands first."""
    lines: dict[str, list[Line]] = {}
    room = MAX_TRAIL
    for text in facts.texts:
        own = text.role in _OWN
        if room > 0 and (own or text.role in _OTHERS):
            words = text.text[-MAX_OWN:] if own else text.text[:room]
            lines.setdefault(text.part, []).extend(replace(line, own=own) for line in lines_of(words, text.start))
            room -= len(words)
    found = (one for part, of_part in lines.items() for one in _of_part(part, of_part))
    return tuple(islice(found, MAX_EARLIER))


def who_had(facts: Facts, text: Text, place: int) -> frozenset[str]:
    """The outside recipients' address keys to whom text[place] is not new: a message that holds it names them."""
    where = text.start + place
    return frozenset().union(*(keys for one, keys in _outsiders_named(facts) if one.holds(text.part, where)))


def who_had_subject(facts: Facts) -> frozenset[str]:
    """Those to whom the subject's mark is not new: it stands behind the mark of an answer or a forward, and in the
    subject of a message that names them. Where headers show no subject, the newest message has to name them."""
    if not subject_marks(facts.subject):
        return frozenset()
    named = _outsiders_named(facts)
    marked = (keys for one, keys in named if one.subject is not None and subject_marking(one.subject) is not None)
    newest = (keys for one, keys in named[:1] if one.subject is None)
    return frozenset().union(*marked, *newest)


def who_took_part(facts: Facts) -> frozenset[str]:
    """The outside recipients' address keys whom any of the earlier messages names."""
    return frozenset().union(*(keys for _, keys in _outsiders_named(facts)))


def concerned(
    keys: Sequence[str], marks: Sequence[tuple[float, frozenset[str]]], enough: float
) -> tuple[float, tuple[str, ...]]:
    """The heaviest of the marks (each with those who had it) that is new to anybody, and to whom marks of that weight,
    or of `enough`, are new."""
    heaviest_first = sorted(marks, key=lambda mark: -mark[0])
    heaviest_of_all = heaviest_first[0][0] if heaviest_first else 0.0
    new = dict.fromkeys(keys, heaviest_of_all)
    for key in new.keys() & frozenset().union(*(had for _, had in marks)):
        new[key] = next((weight for weight, had in heaviest_first if key not in had), 0.0)
    heaviest = max(new.values(), default=0.0)
    return heaviest, tuple(key for key, weight in new.items() if weight and weight >= min(enough, heaviest))


def had_before(keys: Sequence[str]) -> str:
    """Words about those to whom nothing is new, for a summary."""
    return f"; not new to {', '.join(keys[:MAX_NAMED])}, named in the thread" if keys else ""


@remembered_last
def _outsiders_named(facts: Facts) -> tuple[tuple[Earlier, frozenset[str]], ...]:
    """Whom each header names: by the address, or by both names where the header shows no address."""
    earlier = earlier_messages(facts)
    outside = frozenset(address.key for address in facts.recipients(Direction.OUTBOUND)) if earlier else frozenset()
    pairs = dict(_pairs_shown(facts, outside)) if outside else {}
    return tuple((one, (one.people & outside) | {pairs[pair] for pair in one.names & pairs.keys()}) for one in earlier)


def _pairs_shown(facts: Facts, outside: frozenset[str]) -> Iterator[tuple[frozenset[str], str]]:
    """First and last word of the names shown with outside recipients, but for those that may be names of ours.

    A private mailbox under a colleague's or the sender's own name is told from theirs by its address alone.
    """
    senders = [set(words_of(one.name)) for one in facts.originators]
    for one in facts.addressed:
        shown, key = words_of(one.name), key_of(one.address)
        ours = len(shown) > 1 and ((shown[0], shown[-1]) in facts.directory.names or set(shown) in senders)
        if len(shown) > 1 and not ours and key in outside and key.rpartition("@")[2] not in FREE_MAIL:
            yield frozenset((shown[0], shown[-1])), key


def _pairs_of(entry: str) -> Iterator[frozenset[str]]:
    """Words that stand side by side, an initial between them passed over: perhaps somebody's two names."""
    words = words_of(entry)
    yield from map(frozenset, pairwise(words))
    for first, middle, last in zip(words, words[1:], words[2:], strict=False):
        if len(middle) == 1:
            yield frozenset((first, last))


def _of_part(part: str, lines: Sequence[Line]) -> Iterator[Earlier]:
    number = 0
    while number < len(lines):
        header = header_at(lines, number)
        if header is None:
            number += 1
            continue
        yield Earlier(
            part=part,
            start=lines[header.first].place,
            end=_end(lines, header),
            people=frozenset(_addresses(header.entries)),
            names=frozenset(pair for entry in header.entries if "@" not in entry for pair in _pairs_of(entry)),
            subject=header.subject,
        )
        number = header.last


def _end(lines: Sequence[Line], header: Header) -> int | None:
    """Where what it heads ends: at the first line that is quoted less deeply, the answers in between left out."""
    outside = (line.place for line in lines[header.last :] if line.text and not line.own and line.depth < header.inner)
    return next(outside, None)


def _addresses(entries: Sequence[str]) -> Iterator[str]:
    for entry in entries:
        for found in _MAILBOX.findall(entry):
            try:
                yield parse_address(found).key
            except AddressError:
                continue
