"""Find passwords and keys in a text, and requests for them; weigh what only might be one."""

from collections.abc import Iterator
from dataclasses import dataclass

from rules.identifiers.secret_shapes import (
    ASKED,
    ENDINGS,
    IN_URL,
    LOGIN,
    MEETING,
    NO_VALUES,
    PAIR,
    PREFILTER,
    QUOTES,
    REFUSED,
    SET,
    SETTING,
    TOKENS,
    TOLD,
    USER,
)

MAX_FOUND = 200  # in one text
MEETING_AROUND = 250  # characters around a code in which an invitation gives itself away
REFUSED_BEFORE = 60  # characters before a request in which "never" turns it round
USER_BEFORE = 120  # characters before a password in which its user is named: a line or two


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """text[start:end] is a secret, or, where `secret` is False, the passage that asks for one. `weight` is 0 to 1."""

    what: str
    start: int
    end: int
    weight: float
    secret: bool = True


def find_secrets(text: str, *, requests: bool, meeting_codes: bool) -> tuple[Secret, ...]:
    """Everything in `text` that is a secret or asks for one, the codes of conference calls only when wanted."""
    lower = text.lower()
    found = list(_tokens(text))
    if any(word in lower for word in PREFILTER):
        found += _told(text, meeting_codes=meeting_codes)
        found += _settings(text)
        found += _columns(text, lower)
        if requests:
            found += _requests(text)
    return tuple(found[:MAX_FOUND])


def _tokens(text: str) -> Iterator[Secret]:
    for literal, what, pattern in TOKENS:
        if literal in text:
            for match in pattern.finditer(text):
                yield Secret(what=what, start=match.start(), end=match.end(), weight=0.98)
    if "://" in text:
        for match in IN_URL.finditer(text):
            start, end = match.span("value")
            yield Secret(what="password in an address", start=start, end=end, weight=0.9)


def _told(text: str, *, meeting_codes: bool) -> Iterator[Secret]:
    for pattern in (TOLD, SET, PAIR):
        for match in pattern.finditer(text):
            by = match.groupdict().get("by") or "to"
            start, end = match.span("value")
            weight = _weight(text, start, end, verb=by.strip()[:1].isalpha())
            if weight and (meeting_codes or not _is_meeting_code(text, start, end)):
                paired = USER.search(text, max(0, match.start() - USER_BEFORE), match.start()) is not None
                yield Secret(what="password", start=start, end=end, weight=min(0.98, weight + 0.1 * paired))


def _weight(text: str, start: int, end: int, *, verb: bool) -> float:
    """How much text[start:end] looks like a password: 0 for a word of prose, a placeholder or an address."""
    value = text[start:end].rstrip(".,;:?")
    bare = value.strip("!*_-#.")
    if len(value) < 4 or len(set(value.casefold())) < 3 or "://" in value or bare.casefold() in NO_VALUES:
        return 0.0
    quoted = text[max(0, start - 2) : start].strip()[-1:] in QUOTES and text[end : end + 2].strip()[:1] in QUOTES
    mixed = any(sign.isdigit() for sign in value) or any(sign.isupper() for sign in value[1:] if not value.isupper())
    if mixed or any(sign in "!@#$%^&*+" for sign in value):
        return 0.9
    if not verb:
        return 0.7 if _ends_line(text, end) else 0.4
    if bare.casefold().endswith(ENDINGS) and not quoted:
        return 0.0
    return 0.8 if quoted else 0.65 if _ends_sentence(text, end) else 0.0


def _ends_line(text: str, end: int) -> bool:
    rest = text[end : end + 3]
    return rest.strip(" .\"'”’") == "" or rest.lstrip(" .\"'”’").startswith("\n") or rest.startswith(("  ", "\t"))


def _ends_sentence(text: str, end: int) -> bool:
    before, rest = text[end - 1 : end], text[end : end + 2]
    return before in ".!?" or rest[:1] in ("", "\n", ".", ",", ";", ")", '"') or rest == " \n"


def _is_meeting_code(text: str, start: int, end: int) -> bool:
    """A short code beside the words of an invitation; in attendance of a user name it would be a password."""
    around = text[max(0, start - MEETING_AROUND) : end + MEETING_AROUND]
    return len({match.group().lower() for match in MEETING.finditer(around)}) >= 2 and LOGIN.search(around) is None


def _settings(text: str) -> Iterator[Secret]:
    for match in SETTING.finditer(text):
        start, end = match.span("value")
        name, value = match.group("name").casefold(), match.group("value")
        plain = name in ("password", "passwd", "pwd")
        if plain or value.startswith(("$", "%", "<", "*", "{")):
            continue  # prose has looked at it already; a variable is no secret
        if any(sign.isdigit() for sign in value) and any(sign.isalpha() for sign in value) and len(set(value)) > 5:
            yield Secret(what="key in configuration", start=start, end=end, weight=0.9)


def _columns(text: str, lower: str) -> Iterator[Secret]:
    """Cells below a heading `password` of a comma, tab, semicolon or bar separated table."""
    if "pass" not in lower and "pwd" not in lower:
        return
    heading: tuple[str, int, int] | None = None
    offset = 0
    for line in text.split("\n"):
        if heading is not None:
            sign, column, width = heading
            cells = line.split(sign)
            if len(cells) == width:
                start = offset + sum(len(cell) + 1 for cell in cells[:column])
                value = cells[column].strip()
                if len(value) >= 4 and value.casefold() not in NO_VALUES and len(set(value)) > 2:
                    yield Secret(what="table of passwords", start=start, end=start + len(cells[column]), weight=0.95)
            else:
                heading = None
        else:
            heading = _heading(line)
        offset += len(line) + 1


def _heading(line: str) -> tuple[str, int, int] | None:
    if "pass" not in line.lower() and "pwd" not in line.lower():
        return None
    for sign in ("\t", "|", ";", ","):
        cells = [cell.strip(' "').casefold() for cell in line.split(sign)]
        for name in ("password", "passwd", "pwd", "passwords", "temporary password", "initial password"):
            if len(cells) > 1 and name in cells:
                return sign, cells.index(name), len(cells)
    return None


def _requests(text: str) -> Iterator[Secret]:
    for match in ASKED.finditer(text):
        if REFUSED.search(text, max(0, match.start() - REFUSED_BEFORE), match.end()) is None:
            yield Secret(what="request for a password", start=match.start(), end=match.end(), weight=0.7, secret=False)
