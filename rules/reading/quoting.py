"""Whose words a text is: the author's own, quoted, forwarded, signature or footer, line by line.

Goes by the marks that mail programs leave, in the languages they are common in; guesses little, and never drops a
character: the pieces cover the text from end to end.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from rules.facts import Role
from rules.patterns import Literal
from rules.reading.phrases import (
    ATTRIBUTION_OPENERS,
    ATTRIBUTION_OTHER_OPENERS,
    ATTRIBUTION_VERBS,
    DEVICE_SIGNATURES,
    FOOTER_PHRASES,
    FOOTER_STRONG,
    FORWARD_MARKS,
    LABELS,
    NOTICE_WORDS,
    SIGN_OFFS,
)

MAX_LINES = 200_000  # of one text that is cut into pieces, each some 4 microseconds; a thread of years has a tenth
MAX_PIECES = 2_000  # of one text, each judged by itself, in some 0.1 ms; a thread of years has a tenth
MAX_ATTRIBUTION_LINES = 4  # `On … <address> wrote:` is often wrapped once or twice
MAX_BLOCK_LINES = 8  # lines after `From:` in which the other fields of a forwarded header are looked for
MAX_SIGN_OFF = 40  # characters of the line that begins a signature
MAX_SIGNATURE_LINES = 10  # lines after a sign-off that are still taken for a signature
MAX_SIGNATURE_WIDTH = 100  # characters
MAX_NAME_WORDS = 5  # words of the name after a sign-off
MAX_NOTICE = 4_000  # characters of a legal notice or list footer; whoever writes more in one paragraph says more
MIN_LIST_RULE = 20  # underscores of the rule above a mailing list's footer
MAX_LABEL = 24  # characters of a line within which the colon of a field's label stands

_RULES = "-_*=~"  # signs of which lines are drawn around the words of a forward mark
_FOOTER_STRONG = Literal(*(phrase.encode() for phrase in FOOTER_STRONG))
_COLONS = ":\uff1a"


@dataclass(frozen=True, slots=True)
class Piece:
    role: Role
    start: int
    end: int


def split_text(text: str, quotes: Sequence[tuple[int, int]] = (), separators: Sequence[int] = ()) -> list[Piece]:
    """Cut a readable text into pieces by role. `quotes` are spans that HTML marks as quoted; from a separator on,
    HTML says, an earlier message stands. Of more than MAX_LINES, or cut into more than MAX_PIECES, all of it is the
    author's own."""
    if not text:
        return []
    if text.count("\n") >= MAX_LINES:
        return [Piece(Role.AUTHOR, 0, len(text))] if text.strip() else []
    lines = _Lines(text)
    lines.mark_earlier(separators)
    lines.mark_quotes(quotes)
    lines.mark_footers()
    lines.mark_signatures()
    pieces = lines.pieces()
    return pieces if len(pieces) <= MAX_PIECES else [Piece(Role.AUTHOR, 0, len(text))]


class _Lines:
    """The lines of one text, their places and their roles, which the steps above fill in."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = text.split("\n")
        self._stripped = list(map(str.strip, self._lines))
        # The last one stands behind the text; nothing asks for it.
        self._starts = list(accumulate(map(len, self._lines), lambda start, length: start + length + 1, initial=0))
        self._roles = [Role.AUTHOR] * len(self._lines)
        self._attributions: list[tuple[int, int]] = []

    def mark_earlier(self, separators: Sequence[int]) -> None:
        """Quoted lines, and everything below the line at which an earlier message begins."""
        roles, state = self._roles, Role.AUTHOR
        pending = list(separators)
        for number, line in enumerate(self._stripped):
            if pending and state is Role.AUTHOR and self._starts[number] >= pending[0]:
                state = Role.FORWARDED
            if line and (state is Role.AUTHOR or state is Role.SIGNATURE):
                if line[0] == ">":
                    roles[number] = Role.QUOTED
                    continue
                if line[0] in _RULES or line[-1] in _COLONS or ":" in line[:MAX_LABEL]:  # others begin nothing
                    state = self._state_from(number, line, state)
            roles[number] = state
        for first, last in self._attributions:
            roles[first:last] = [Role.QUOTED] * (last - first)

    def _state_from(self, number: int, line: str, state: Role) -> Role:
        """The role of this line and those below it."""
        if line == "--" and self._lines[number].rstrip("\r") in ("-- ", "--"):
            return Role.SIGNATURE
        if (line[0] in _RULES or line[-1] == ":") and _is_forward_mark(line):
            return Role.FORWARDED
        if ":" in line[:MAX_LABEL] and self._begins_header_block(number, line):
            return Role.FORWARDED
        if line[-1] in _COLONS and (attribution := self._attribution(number)) is not None:
            first, below = attribution
            self._attributions.append((first, number + 1))
            return Role.QUOTED if below else state
        return state

    def _begins_header_block(self, number: int, line: str) -> bool:
        """`From:` with at least two of date, to, subject, copy close below it."""
        label = _label(line)
        if label != "from" and not (label == "to" and self._dated_above(number)):
            return False
        others = {_label(below) for below in self._stripped[number + 1 : number + 1 + MAX_BLOCK_LINES]}
        others -= {"", label}
        return len(others) >= 2 if label == "from" else "subject" in others

    def _dated_above(self, number: int) -> bool:
        """Lotus Notes heads a forwarded message with a name and a date, without `From:`."""
        above = [line for line in self._stripped[max(0, number - 3) : number] if line]
        return bool(above) and tells_a_time(above[-1])

    def _attribution(self, number: int) -> tuple[int, bool] | None:
        """First line of `On … wrote:` and whether all below it is quoted without `>` marks; None when it is none."""
        lowered = self._stripped[number].lower()
        if not any(verb in lowered for verb in ATTRIBUTION_VERBS):
            return None
        marked = self._next_text(number).startswith(">")
        opening: int | None = number if marked else None
        for first in range(number, max(-1, number - MAX_ATTRIBUTION_LINES), -1):
            line = self._stripped[first].lower()
            if not line:
                break
            if not line.startswith(ATTRIBUTION_OPENERS + ATTRIBUTION_OTHER_OPENERS):
                continue
            if _has_date_or_address(self._stripped[first : number + 1]):
                opening = first
                if line.startswith(ATTRIBUTION_OPENERS):
                    break
        return None if opening is None else (opening, not marked)

    def _next_text(self, number: int) -> str:
        return next((line for line in self._stripped[number + 1 : number + 4] if line), "")

    def mark_quotes(self, quotes: Sequence[tuple[int, int]]) -> None:
        """Lines that HTML marks as quoted, unless they are known to be forwarded."""
        covered = 0
        for begin, end in sorted(quotes):  # they may stand in each other
            first = bisect_left(self._starts, begin, covered, len(self._roles))
            covered = bisect_left(self._starts, end, first, len(self._roles))
            for number in range(first, covered):
                if self._roles[number] in (Role.AUTHOR, Role.SIGNATURE):
                    self._roles[number] = Role.QUOTED

    def mark_footers(self) -> None:
        """Paragraphs in the stock phrases of legal notices, and what stands below a mailing list's rule."""
        if not _holds_strong(self._text.lower()):
            return
        for first, last in self._paragraphs():
            if self._roles[first] not in (Role.AUTHOR, Role.SIGNATURE, Role.FORWARDED):
                continue
            words = " ".join(self._stripped[first:last]).lower()
            if _is_footer(words):
                first = self._notice_begins(first, last)
                if self._starts[last] - self._starts[first] <= MAX_NOTICE:
                    self._roles[first:last] = [Role.FOOTER] * (last - first)
        self._unmark_sole_footers()

    def _unmark_sole_footers(self) -> None:
        """A text in which nothing else stands says what its author wants to say, in whatever phrases."""
        if all(role is Role.FOOTER for role, line in zip(self._roles, self._stripped, strict=True) if line):
            self._roles = [Role.AUTHOR] * len(self._roles)

    def _notice_begins(self, first: int, last: int) -> int:
        """The author's last words may stand right above a notice."""
        for number in range(first, last):
            if any(word in self._stripped[number].lower() for word in NOTICE_WORDS):
                return number
        return first

    def _paragraphs(self) -> list[tuple[int, int]]:
        """Runs of lines of one role without an empty line, as (first, after last)."""
        runs: list[tuple[int, int]] = []
        first: int | None = None
        for number in range(len(self._stripped) + 1):
            line = self._stripped[number] if number < len(self._stripped) else ""
            ends = not line or (first is not None and self._roles[number] is not self._roles[first])
            if first is not None and ends:
                runs.append((first, number))
                first = None
            if line and first is None:
                first = number
        return runs

    def mark_signatures(self) -> None:
        """The short lines below a sign-off, up to where the author's text ends."""
        for number, line in enumerate(self._stripped):
            if not 0 < len(line) <= MAX_SIGN_OFF or self._roles[number] is not Role.AUTHOR:
                continue
            lowered = line.lower()
            if lowered.startswith(DEVICE_SIGNATURES):
                self._roles[number] = Role.SIGNATURE
            elif lowered.rstrip(",.!- ") in SIGN_OFFS and (end := self._signature_end(number + 1)) is not None:
                self._roles[number + 1 : end] = [Role.SIGNATURE] * (end - number - 1)

    def _signature_end(self, first: int) -> int | None:
        end, texts = first, 0
        while end < len(self._stripped) and self._roles[end] is Role.AUTHOR:
            line = self._stripped[end]
            texts += bool(line)
            if texts > MAX_SIGNATURE_LINES or len(line) > MAX_SIGNATURE_WIDTH:
                return None
            if texts == 1 and line and len(line.split()) > MAX_NAME_WORDS:
                return None
            end += 1
        return end if texts else None

    def pieces(self) -> list[Piece]:
        """Neighbouring lines of one role as one piece; empty lines go with the piece above."""
        pieces: list[Piece] = []
        role, start = self._roles[0], 0
        for number, next_role in enumerate(self._roles):
            if next_role is not role and self._stripped[number]:
                pieces.append(Piece(role, start, self._starts[number]))
                role, start = next_role, self._starts[number]
        pieces.append(Piece(role, start, len(self._text)))
        return [piece for piece in pieces if self._text[piece.start : piece.end].strip()]


def _is_forward_mark(line: str) -> bool:
    words = line.strip("-_*=~ :").lower()
    return words.startswith(FORWARD_MARKS) and (line[0] in _RULES or line.endswith(":"))


def tells_a_time(line: str) -> bool:
    """Whether a line has a date and an hour, as Notes writes them below the name of an author."""
    return sum(map(str.isdigit, line)) >= 6 and ":" in line


def _label(line: str) -> str:
    """What a line such as `*Sent:* Monday` is labelled as: from, to, date, subject, copy or ""."""
    word, colon, _ = line.lstrip("*>| ").partition(":")
    return LABELS.get(word.rstrip("* ").lower(), "") if colon and len(word) <= 20 else ""


def _has_date_or_address(lines: list[str]) -> bool:
    joined = " ".join(lines)
    return "@" in joined or any(character.isdigit() for character in joined)


def _is_footer(words: str) -> bool:
    if words.startswith("_" * MIN_LIST_RULE) and "list" in words:
        return True
    return _holds_strong(words) and sum(phrase in words for phrase in FOOTER_PHRASES) >= 2


def _holds_strong(words: str) -> bool:
    return _FOOTER_STRONG.stands_in(words.encode("utf-8", "replace"))
