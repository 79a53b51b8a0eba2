"""What is summed over messages: a mailing, known again when it comes in several messages, of one sender or of several.

Computes the prints of one message and whom of ours it reaches. Keeps nothing and counts nothing.
"""

import hashlib
import re
import struct
from collections.abc import Iterator
from itertools import pairwise

from rules.facts import Facts, Part, Role
from rules.transaction import Direction
from rules.verdict import Mailing

MAX_REACHES = 20_000  # addresses kept; the mailing is organization-wide long before
MAX_CHARACTERS = 20_000  # of text that enter the prints; what follows will not tell two mailings apart

# Below these many words two messages may say the same by chance. Fresh mail counts its subject too: nobody writes
# "Potluck on Friday in the break room" to thirty people one by one without it being a mailing. A reply carries the
# subject of another, and short replies ("Thanks, that works for me") are alike: only many own words make it a mailing.
MIN_WORDS = 6
MIN_WORDS_OF_REPLY = 15

# From these many words on the same words are no chance: they are one mailing whoever sends them, and one mailing of one
# sender though a few words of each copy differ.
MIN_WORDS_OF_KIN = 15
BANDS = 8  # that tell texts which are nearly the same
ROWS = 5  # least hashes that one band is made of
PRINTS = 1 + BANDS  # of one text: each is a row for each person reached
MAX_WORDS = 2_000  # that enter the bands: some four pages, and about 10 ms

MIN_PICTURE = 50_000  # octets; logos in signatures are smaller, flyers larger

_PREFIXES = re.compile(r"^(?:\s*(?:re|fwd?|aw|wg|sv|vs)\s*:)+", re.IGNORECASE)
_FORWARD = re.compile(r"\s*(?:fwd?|wg|vs)\s*:", re.IGNORECASE)
# Anchored and bounded: linear. "Dear Ann," / "Good morning all:" / "Ann -" at the head of the text.
_SALUTATION = re.compile(
    r"\s*(?:(?:dear|hello|hi|hey|greetings|good (?:morning|afternoon|evening|day))\b[^,:;!\n]{0,60}(?:[,:;!\n]|$)"
    r"|[^,:;!.?\n]{1,40}(?:,|:| -)[ \t]*\n)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")


def mailing_of(facts: Facts, uncounted: frozenset[str] = frozenset()) -> Mailing | None:
    """The mailing this message is, or is a piece of; None when it reaches nobody of ours from inside.

    None as well for automatic answers (RFC 3834) and for messages that say too little to be known again: two
    messages of "Thanks" are not one mailing. Judged alone they still are. `uncounted` are recipients' address keys.
    """
    counted = [address for address in facts.recipients(Direction.INTERNAL) if address.key not in uncounted]
    reaches = staff_of(facts, facts.directory.expand(counted))
    if not reaches or facts.envelope.reverse_path is None or _automatic(facts):
        return None
    said = _said(facts)
    if said is None:
        return None
    originator = facts.envelope.reverse_path.key
    return Mailing(
        originator=originator,
        prints=_prints(originator, said),
        reaches=tuple(sorted(reaches)[:MAX_REACHES]),
    )


def staff_of(facts: Facts, reached: frozenset[str]) -> frozenset[str]:
    """Those of `reached` who are on the staff list and active; all of them when there is no staff list."""
    people = facts.directory.people
    if not people:
        return reached
    return frozenset(key for key in reached if key in people and people[key].active)


def _automatic(facts: Facts) -> bool:
    return (facts.field("auto-submitted") or "no").strip().lower() != "no"


def _said(facts: Facts) -> tuple[str, ...] | None:
    """The words of the mailing, without what differs from copy to copy; None when they are too few."""
    names = _names_of_recipients(facts)
    subject = tuple(_words(_PREFIXES.sub("", facts.subject[:1_000]), names))
    own = tuple(_words(_without_salutation(_text(facts, Role.AUTHOR)), names))
    if _is_reply(facts):
        return (*subject, *own) if len(own) >= MIN_WORDS_OF_REPLY else None
    if len(subject) + len(own) >= MIN_WORDS:
        return (*subject, *own)
    passed_on = tuple(_words(_text(facts, Role.FORWARDED), names))
    files = tuple(part.digest for part in facts.parts if _is_file(part))
    return (*subject, *own, *passed_on, *files) if files or len(passed_on) >= MIN_WORDS else None


def _prints(originator: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """What another copy may have in common: the words of one sender, nearly the words, or from many on the very words.

    Several senders have in common what a city makes all of them write; so of theirs nothing less than all counts.
    """
    if len(words) < MIN_WORDS_OF_KIN:
        return (_digest((originator, *words)),)
    return (_digest(words), *_bands(originator, words))


def _bands(originator: str, words: tuple[str, ...]) -> Iterator[str]:
    """Min-wise prints of the pairs of words: of texts that share most pairs some band agrees, of others none.

    Where a share J of all pairs is common, one agrees with probability 1 - (1 - J^5)^8. One word of twenty put
    otherwise leaves J at 0.81 or above: 0.97. Letters that share but a signature, a third of their pairs: 0.03.
    """
    pairs = {f"{first} {second}" for first, second in pairwise(words[:MAX_WORDS])}
    least = tuple(map(min, zip(*map(_hashes, pairs), strict=True)))
    for start in range(0, BANDS * ROWS, ROWS):
        yield _digest((originator, str(start), *map(str, least[start : start + ROWS])))


def _hashes(pair: str) -> tuple[int, ...]:
    """BANDS * ROWS independent hashes of 64 bits."""
    count = BANDS * ROWS
    return struct.unpack(f">{count}Q", hashlib.shake_128(pair.encode("utf-8", "surrogatepass")).digest(8 * count))


def _digest(words: tuple[str, ...]) -> str:
    return hashlib.sha256("\n".join(words).encode("utf-8", "surrogatepass")).hexdigest()


def _is_reply(facts: Facts) -> bool:
    """Whether it answers another message (RFC 5322 section 3.6.4); mail programs set the field on forwards too."""
    return facts.field("in-reply-to") is not None and not _FORWARD.match(facts.subject)


def _is_file(part: Part) -> bool:
    """Something sent for its own sake: not body text, and not the logo of a signature."""
    picture = (part.declared_type or "").startswith("image/")
    return not part.inline and not (picture and part.size < MIN_PICTURE)


def _text(facts: Facts, role: Role) -> str:
    return "\n".join(text.text[:MAX_CHARACTERS] for text in facts.said(role))[:MAX_CHARACTERS]


def _without_salutation(text: str) -> str:
    match = _SALUTATION.match(text)
    return text[match.end() :] if match else text


def _words(text: str, names: frozenset[str]) -> Iterator[str]:
    """Words without digits and punctuation. A name counts as one only with a capital: Will and will differ."""
    for match in _WORD.finditer(text):
        word = match.group()
        if word[0].islower() or word.casefold() not in names:
            yield word.casefold()


def _names_of_recipients(facts: Facts) -> frozenset[str]:
    texts = [mailbox.name for mailbox in facts.addressed]
    for recipient in facts.envelope.recipients:
        person = facts.directory.person(recipient.address.key)
        texts += [recipient.address.local, person.name if person else ""]
    return frozenset(match.group().casefold() for text in texts for match in _WORD.finditer(text))
