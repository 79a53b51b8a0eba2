"""Find passwords and keys in a text, and requests for them; weigh what only might be one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from rules.identifiers.secret_shapes import (
    ASKED,
    BESIDE,
    DEMO,
    ENDINGS,
    GATE_ASKED,
    GATE_SETTING,
    GATE_TOLD,
    GATES,
    IN_URL,
    LOGIN,
    LOOSE,
    MEASURE,
    MEETING,
    NAMED_USER,
    NO_VALUES,
    NOUN,
    PAIR,
    PIN,
    QUOTES,
    REFUSED,
    SET,
    SETTING,
    SHAPE_GATES,
    SHAPES,
    SYMBOLS,
    TOKEN_GATES,
    TOKENS,
    TOLD,
    USER,
)
from rules.patterns import compile_patterns

MAX_FOUND = 200  # in one text
MAX_CELLS = 30  # of one line
ASKED_BEFORE = 110  # characters that a request may take up to its noun
ASKED_AFTER = 40  # and from there on: the rest of the noun, and what may turn it into another
MEETING_AROUND = 250  # characters around a code in which an invitation gives itself away
REFUSED_BEFORE = 60  # characters before a request in which "never" turns it round
PAIRED = 0.65  # least weight of what stands under "password" behind a user's name
USER_BEFORE = 120  # characters before a password in which its user is named: a line or two
DEMO_BEFORE = 200  # characters before a password in which a demonstration is named
# The cells of a line: kept apart by a sign, by several blanks, or by each blank, as tables of HTML read.
WORDS = re.compile(r"\S+")
CELLS = (
    *(re.compile(rf"(?:^|(?<=[{sign}]))[^{sign}]*") for sign in ("\t", "|", ";", ",")),
    re.compile(r"\S+(?: \S+)*"),
    WORDS,
)
BESIDES = frozenset(
    ("user", "username", "userid", "login", "logon", "id", "account", "email", "e-mail", "name", "system", "server")
)  # stand beside `password` in a heading whose cells only single blanks keep apart
COLUMNS = (
    *("password", "passwd", "pwd", "passwords", "passcode", "passphrase", "temporary password", "temp password"),
    *("initial password", "new password", "default password", "login password"),
)


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
    found = list(_tokens(text))
    found += _shaped(text, meeting_codes=meeting_codes)
    gates = compile_patterns(GATES).fires(text)
    if GATE_TOLD in gates:
        found += _told(text, meeting_codes=meeting_codes)
        found += _beside(text)
        found += _columns(text)
    if GATE_SETTING in gates:
        found += _settings(text)
    if GATE_ASKED in gates and requests:
        found += _requests(text)
    return tuple(found[:MAX_FOUND])


def _tokens(text: str) -> Iterator[Secret]:
    for index in compile_patterns(TOKEN_GATES).fires(text):
        _, what, pattern = TOKENS[index]
        for match in islice(pattern.finditer(text), MAX_FOUND):
            yield Secret(what=what, start=match.start(), end=match.end(), weight=0.98)
    if "://" in text:
        for match in IN_URL.finditer(text):
            start, end = match.span("value")
            yield Secret(what="password in an address", start=start, end=end, weight=0.9)


def _told(text: str, *, meeting_codes: bool) -> Iterator[Secret]:
    for pattern in (TOLD, SET, PAIR):
        match = pattern.search(text)
        while match is not None:
            start, end = match.span("value")
            paired = USER.search(text, max(0, match.start() - USER_BEFORE), match.start()) is not None
            weight = _weight_as_told(text, match, paired=paired)
            told = weight and not (paired and _is_demonstration(text, match))
            if told and (meeting_codes or not _is_meeting_code(text, start, end)):
                yield Secret(what="password", start=start, end=end, weight=_paired(weight) if paired else weight)
            # What was no value may be the next label: "the password for the portal: Password: x".
            match = pattern.search(text, end if weight else start)


def _is_demonstration(text: str, match: re.Match[str]) -> bool:
    """Whether it opens what a vendor shows to everybody: a site called so, and one word for user and password."""
    before = text[max(0, match.start() - DEMO_BEFORE) : match.start()]
    users = [user.group("value").rstrip(".,;") for user in NAMED_USER.finditer(before)]
    return users[-1:] == [match.group("value").rstrip(".,;")] and DEMO.search(before) is not None


def _paired(weight: float) -> float:
    """Behind the name of a user a plain word is a password too: log-on: north, password: tulip."""
    return round(min(0.98, max(PAIRED, weight + 0.1)), 2)


def _weight_as_told(text: str, match: re.Match[str], *, paired: bool) -> float:
    """The weight of the value under its label: some labels mean other things, unless a user's name stands before."""
    label, value = match.group("label").casefold(), match.group("value").rstrip(".,;:?")
    if label.startswith("pin") and not PIN.fullmatch(value):
        return 0.0
    if label in LOOSE and not (paired or _is_odd(value) or _is_quoted(text, *match.span("value"))):
        return 0.0
    by = match.groupdict().get("by") or "to"
    return _weight(text, *match.span("value"), verb=by.strip()[:1].isalpha())


def _weight(text: str, start: int, end: int, *, verb: bool) -> float:
    """How much text[start:end] looks like a password: 0 for a word of prose, a placeholder or an address."""
    value = text[start:end].rstrip(".,;:?")
    bare = value.strip("!*_-#.")
    if len(value) < 4 or len(set(value.casefold())) < 3 or "://" in value or bare.casefold() in NO_VALUES:
        return 0.0
    if MEASURE.match(value):
        return 0.0
    if any(sign.isdigit() or sign in SYMBOLS for sign in value):
        return 0.9
    if not verb:
        inner_capital = not value.isupper() and any(sign.isupper() for sign in value[1:])
        return 0.9 if inner_capital else 0.7 if _ends_line(text, end) else 0.4
    quoted = _is_quoted(text, start, end)
    if bare.casefold().endswith(ENDINGS) and not quoted:
        return 0.0
    return 0.8 if quoted else 0.65 if _ends_sentence(text, end) else 0.0


def _is_odd(value: str) -> bool:
    """Letters with digits or signs among them, as in no word."""
    return any(sign.isalpha() for sign in value) and any(sign.isdigit() or sign in SYMBOLS for sign in value)


def _beside(text: str) -> Iterator[Secret]:
    """A value right after the word: without a verb or colon only letters with digits or signs, or a quotation."""
    for match in BESIDE.finditer(text):
        start, end = match.span("value")
        if (_is_odd(match.group("value")) or _is_quoted(text, start, end)) and _weight(text, start, end, verb=True):
            yield Secret(what="password", start=start, end=end, weight=0.7)


def _is_quoted(text: str, start: int, end: int) -> bool:
    return text[max(0, start - 2) : start].strip()[-1:] in QUOTES and text[end : end + 2].strip()[:1] in QUOTES


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


def _shaped(text: str, *, meeting_codes: bool) -> Iterator[Secret]:
    for index in compile_patterns(SHAPE_GATES).fires(text):
        shape = SHAPES[index]
        for match in islice(shape.pattern.finditer(text), MAX_FOUND):
            start, end = match.span("value")
            end -= len(match.group("value")) - len(match.group("value").rstrip(".,;:?)"))
            if shape.odd and not _is_odd(text[start:end]):
                continue
            if meeting_codes or not (shape.meeting and _is_meeting_code(text, start, end)):
                yield Secret(what=shape.what, start=start, end=end, weight=shape.weight)


def _columns(text: str) -> Iterator[Secret]:
    """Cells below a heading `password` of a table, whatever its columns are kept apart by."""
    heading: tuple[re.Pattern[str], int, int] | None = None
    offset = 0
    for line in text.split("\n"):
        if heading is None:
            heading = _heading(line)
        elif any(map(str.isalnum, line)):
            cell, column, width = heading
            cells = list(islice(cell.finditer(line), MAX_CELLS))
            if len(cells) == width and _is_password(cells[column].group().strip(' "'), odd=cell is WORDS):
                yield Secret(
                    what="table of passwords",
                    start=offset + cells[column].start(),
                    end=offset + cells[column].end(),
                    weight=0.95,
                )
            elif len(cells) != width:
                heading = None
        offset += len(line) + 1


def _is_password(value: str, *, odd: bool) -> bool:
    if odd and not _is_odd(value):
        return False
    return len(value) >= 4 and value.casefold() not in NO_VALUES and len(set(value)) > 2


def _heading(line: str) -> tuple[re.Pattern[str], int, int] | None:
    """How the cells of a heading that names passwords are told, which of them does, and how many there are."""
    if "pass" not in line.lower() and "pwd" not in line.lower():
        return None
    for cell in CELLS:
        cells = [match.group().strip(' "*').casefold() for match in islice(cell.finditer(line), MAX_CELLS)]
        for name in COLUMNS:
            if len(cells) > 1 and name in cells and (cell is not WORDS or not BESIDES.isdisjoint(cells)):
                return cell, cells.index(name), len(cells)
    return None


def _requests(text: str) -> Iterator[Secret]:
    """Looked for from their noun backwards: verbs stand in every sentence, nouns like these do not."""
    done = 0
    for noun in islice(NOUN.finditer(text), MAX_FOUND):
        match = ASKED.search(text, max(done, noun.start() - ASKED_BEFORE), noun.end() + ASKED_AFTER)
        if match is None or match.start("asked") != noun.start():
            continue  # another noun's: its own turn sees what follows it
        done = match.end()
        if REFUSED.search(text, max(0, match.start() - REFUSED_BEFORE), match.end()) is None:
            start, end = match.span()
            yield Secret(what="request for a password", start=start, end=end, weight=0.7, secret=False)
