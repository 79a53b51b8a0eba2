"""Text that an attacker chose, made fit for a report: one line, bounded, no link, nothing confidential in clear.

Escaping for HTML, mail and terminals is the business of whoever writes those.
"""

import re
import unicodedata
from dataclasses import replace

from quarantine.item import HeldMessage
from rules.finding import Evidence
from rules.verdict import Judgement

MAX_LINE = 120  # characters
CUT = "…"
LOOKED_AT = 4  # times the limit: room for blanks that fall away
# Controls, format characters (bidirectional, zero-width), surrogates, private use, unassigned, line and paragraph ends.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
# A dot that a mail reader could take for part of a host's name; linear: each match is one character between two looks.
_HOST_DOT = re.compile(r"(?<=[^\W_])\.(?=[^\W\d_]{2})")
# A number that could be someone's: five digits or more, however they are set apart. Linear: no two ways to match.
_NUMBER = re.compile(r"\d(?:[ ./-]?\d){4,}")
MASK = "*"
GIVEN_UP = "(given up)"  # stands where a tombstone has nothing more to tell
SUBJECT = "subject"  # the part that evidence in the Subject field names (rules.reading)


def one_line(text: str, limit: int = MAX_LINE) -> str:
    r"""The text on one line of at most `limit` characters; what is not seen by itself is written out, as `\x1b`."""
    # A text of any length costs no more than a short one; what lies beyond is only told by the cut.
    head = text[: limit * LOOKED_AT]
    line = " ".join("".join(map(_seen, head)).split())
    if len(line) <= limit and len(head) == len(text):
        return line
    return line[: limit - len(CUT)] + CUT


def _seen(character: str) -> str:
    if character.isspace():
        return " "
    if unicodedata.category(character) not in _UNSEEN:
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: 1 record, 2 records, 0 people; `many` where an s does not make it."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def defanged(text: str) -> str:
    """The text with hosts and addresses of the web written so that no mail reader makes a link of them."""
    return _HOST_DOT.sub("[.]", text.replace("://", "[:]//"))


def quoted(text: str) -> str:
    """A subject, a name or a reason: on one line, cut, without links."""
    return one_line(defanged(one_line(text)))


def masked(evidence: Evidence) -> str:
    """What was matched, told without telling it: first letters stand, the rest and every long number are masked.

    What stood around the match is left out; a passage without a mark is an explanation of ours and keeps its words.
    """
    if evidence.mark is None:
        return quoted(numbers_masked(evidence.text))
    start, end = evidence.mark
    return one_line(" ".join(_masked_word(word) for word in one_line(evidence.text[start:end]).split()))


def subject_of(judgement: Judgement) -> str:
    """The subject, with whatever a detector masked when it quoted it masked here too."""
    subject = judgement.subject
    for evidence in (item for seen in judgement.observations for item in seen.evidence if item.part == SUBJECT):
        if evidence.mark is None or evidence.start is None or evidence.end is None:
            continue
        start, end = evidence.start, evidence.end
        piece = subject[start:end]
        if piece != evidence.text[slice(*evidence.mark)]:
            subject = subject[:start] + MASK * len(piece) + subject[end:]
    return subject


def readable(item: HeldMessage) -> Judgement:
    """The item's judgement for a person: what was given up with the content says so instead of being empty."""
    judgement = item.judgement
    if item.purged is None:
        return judgement
    return replace(
        judgement,
        subject=judgement.subject or GIVEN_UP,
        observations=tuple(replace(seen, summary=seen.summary or GIVEN_UP) for seen in judgement.observations),
        not_inspected=tuple(replace(unread, detail=unread.detail or GIVEN_UP) for unread in judgement.not_inspected),
    )


def address_line(address: str) -> str:
    """An envelope's address, to be copied as it is; `<>` for the null reverse-path.

    Only a quoted local part can hold what a reader would take for a link.
    """
    return quoted(address) if '"' in address else one_line(address) or "<>"


def numbers_masked(text: str) -> str:
    """The text with the digits of every long number masked; small ones (`3 recipients`) tell nothing about anyone."""
    return _NUMBER.sub(lambda match: re.sub(r"\d", MASK, match[0]), text)


def _masked_word(word: str) -> str:
    first = MASK if word[0].isdigit() else word[0]
    return first + MASK * (len(word) - 1)
