"""Lists of staff, addresses and telephones, and charts of the organization, in the text or in attachments.

Counts against the staff list: different people of ours whose address or name stands in what the sender wrote or
attached. A thread's own header lines, and signatures, list nobody.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

from rules.directory import Directory
from rules.document import STRICT, Amount, Threshold
from rules.facts import Facts, Role, Text
from rules.finding import Evidence, Observation
from rules.patterns import compile_patterns, evidence_of

NAME = Path(__file__).stem
MAX_TEXT = 512 * 1024  # characters of one text that are counted
MAX_FOUND = 2_000  # addresses or telephones; a list is a list long before
STRETCH = 20_000  # characters: within so many, contacts are an export; one here and there in a long text is none
ROLES = (Role.AUTHOR, Role.ATTACHED, Role.FORWARDED)
TITLED = 0.3  # added to the score where the text or the file is called a list of staff

# Both sides of an @, which are looked at only there: each is bounded.
_LOCAL = re.compile(r"[\w.+-]{1,64}\Z")
_DOMAIN = re.compile(r"(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24}")
MAX_LOCAL = 64  # octets (RFC 5321 section 4.5.3.1.1)
# Each begins with one sign or one class of signs, which the search passes over text by.
_TELEPHONES = (
    re.compile(r"\(\d{3}\) ?\d{3}[-.]\d{4}(?!\d)"),
    re.compile(r"\d{3}(?:[-. ]\d{3})?[-.]\d{4}(?!\d)"),
)
_EXTENSIONS = (r"\b(?:ext|x)\.? ?\d{3,5}\b",)
_LOOKS = (r"\(\d{3}\) ?\d{3}[-.]\d{4}", r"\d{3}[-.]\d{4}", *_EXTENSIONS)  # one pass tells which can be found
_HEADER_LINE = re.compile(r"^[ \t>*|]{0,8}(?:From|To|Cc|Bcc|Sent|Reply-To)\*?:", re.IGNORECASE)
_BETWEEN = str.maketrans(dict.fromkeys(',;:|<>()	"', " "))
_TITLES = (
    r"\b(?:staff|employee|personnel|city|department|telephone|phone|e-?mail|emergency|after[- ]hours) "
    r"(?:directory|roster|list|listing|contacts|call tree)\b",
    r"\borgani[sz]ation(?:al)? charts?\b|\borg ?charts?\b",
    r"\b(?:list of (?:all )?(?:employees|staff|positions|job titles)|title list|seating chart)\b",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    # Score, 0 to 1, from which a message discloses the directory; the minimum of people or contacts alone is 0.7.
    threshold: Threshold = 0.7
    # Different people of ours from which they are a list.
    people: Amount = 10
    # Different addresses or telephones, whoever's and near one another, from which they are an export.
    contacts: Amount = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    people: frozenset[str]
    contacts: frozenset[str]
    first: tuple[Text, int, int] | None


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report in one observation how many people of ours and contacts a message lists, and what it calls the list."""
    counted = [_count(text, facts.directory) for text in facts.said(*ROLES)]
    people = frozenset().union(*(one.people for one in counted)) if counted else frozenset()
    contacts = frozenset().union(*(one.contacts for one in counted)) if counted else frozenset()
    reached = max(len(people) / max(1, parameters.people), len(contacts) / max(1, parameters.contacts))
    titles = _titles(facts) if reached >= 0.3 or any(part.names for part in facts.parts) else ()
    score = round(min(1.0, 0.7 * min(1.4, reached) + (TITLED if titles else 0.0)), 3)
    if score < TITLED:
        return
    places = (evidence_of(*one.first) for one in counted if one.first is not None)
    yield Observation(
        detector=NAME,
        detected=score >= parameters.threshold,
        score=score,
        summary=f"{len(people)} people of ours, {len(contacts)} addresses and telephones"
        + (f", called {titles[0].text[:60]!r}" if titles else ""),
        evidence=(*titles[:2], *tuple(places)[:5]),
    )


def _count(text: Text, directory: Directory) -> _Counted:
    words = text.text[:MAX_TEXT]
    if text.role is Role.FORWARDED:
        words = _without_headers(words)
    places = tuple(islice(_addresses(words), MAX_FOUND))
    contacts = [(start, words[start:end].lower()) for start, end in places]
    people = {key for _, key in contacts if key.rpartition("@")[2] in directory.domains}
    if directory.names:
        people |= _named(words, directory)
    if text.role is not Role.FORWARDED:  # of a thread's signatures, each has one
        contacts += islice(_telephones(words), MAX_FOUND)
    first = (text, *places[0]) if places else None
    return _Counted(people=frozenset(people), contacts=_densest(contacts), first=first)


def _densest(contacts: list[tuple[int, str]]) -> frozenset[str]:
    """The different ones of the stretch of text that has most of them."""
    contacts.sort()
    within: Counter[str] = Counter()
    begin, most, at = 0, 0, range(0)
    for end, (place, contact) in enumerate(contacts):
        within[contact] += 1
        while place - contacts[begin][0] > STRETCH:
            within[contacts[begin][1]] -= 1
            if not within[contacts[begin][1]]:
                del within[contacts[begin][1]]
            begin += 1
        if len(within) > most:
            most, at = len(within), range(begin, end + 1)
    return frozenset(contacts[number][1] for number in at)


def _addresses(words: str) -> Iterator[tuple[int, int]]:
    """Where addresses stand."""
    at = words.find("@")
    while at >= 0:
        local, domain = _LOCAL.search(words[max(0, at - MAX_LOCAL - 1) : at]), _DOMAIN.match(words, at + 1)
        if local is not None and domain is not None:
            yield at - len(local.group()), domain.end()
        at = words.find("@", at + 1)


def _telephones(words: str) -> Iterator[tuple[int, str]]:
    """Where telephone numbers and extensions stand, as written."""
    looks = compile_patterns(_LOOKS).fires(words)
    for index, pattern in enumerate(_TELEPHONES):
        for match in pattern.finditer(words) if index in looks else ():
            if not words[match.start() - 1 : match.start()].isdigit():
                yield match.start(), match.group()
    for found in compile_patterns(_EXTENSIONS).find(words) if len(_TELEPHONES) in looks else ():
        yield found.start, words[found.start : found.end]


def _without_headers(words: str) -> str:
    """A thread without the header lines of its messages, which may be wrapped: each ends at the next empty line."""
    kept, heading = [], False
    for line in words.split("\n"):
        heading = bool(line.strip()) and (heading or _HEADER_LINE.match(line) is not None)
        kept.append("" if heading else line)
    return "\n".join(kept)


def _named(words: str, directory: Directory) -> set[str]:
    """Living people whose first and last name stand side by side, in either order."""
    row = words.casefold().translate(_BETWEEN).split()
    pairs = {*pairwise(row), *zip(row[1:], row, strict=False)}
    return {directory.names[pair].address for pair in directory.names.keys() & pairs}


def _titles(facts: Facts) -> tuple[Evidence, ...]:
    """What the subject, the text or a file's name calls a list of staff."""
    patterns = compile_patterns(_TITLES)
    texts: Sequence[Text] = facts.said(Role.SUBJECT, *ROLES)
    found = []
    for text in texts:
        if patterns.fires(text.text[:MAX_TEXT]):
            match = patterns.find(text.text[:MAX_TEXT])[0]
            found.append(evidence_of(text, match.start, match.end))
    for part in facts.parts:
        for name in part.names[:1]:
            if patterns.fires(name.replace("_", " ").replace("-", " ")):
                found.insert(0, Evidence(part=part.path, text=name))
    return tuple(found)
