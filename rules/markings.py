"""Marks of confidentiality in a text: labels, banners and the author's own requests, kept apart from legal footers.

Nearly all business mail ends in a lawyer's notice that it may be confidential; that says nothing about this message.
Owns what a mark is, and what a footer is. Knows nothing of messages.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rules.patterns import compile_patterns
from rules.remembering import remembered

MAX_MARKS = 100  # in one text
ASKED_WEIGHT = 0.7  # of words such as "please keep this confidential"
NAME_WEIGHT = 0.7  # of a mark in the name of a file
PIECE = 20_000  # characters of a text that are searched at once: a hundred marks in them are no accident
MAX_BANNER = 120  # characters of a line that is nothing but a mark
AROUND = 350  # characters around a mark in which a footer gives itself away: its paragraph


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """text[start:end] marks what stands with it. `weight` is 0 to 1; `footer`: it is part of a legal notice."""

    start: int
    end: int
    weight: float
    footer: bool


def _wrapped(pattern: str) -> str:
    """A blank in `pattern` stands for any white space: lines are wrapped anywhere."""
    return pattern.replace(" ", r"\s")


_MARKS = tuple(
    rf"\b(?:{_wrapped(pattern)})\b"
    for pattern in (
        r"privil[ei]ged ?(?:and|&|/) ?confidential",
        r"(?:strictly |highly |company |personal (?:and|&) )?confidential(?: ?(?:and|&|/) ?privil[ei]ged)?",
        r"attorney[- /]{1,3}client(?: (?:communication|privil[ei]ged?|work product)s?)?",
        r"attorney'?s? work[- ]product",
        r"(?:for )?internal use only",
        r"internal only",
        r"for official use only",
        r"fouo",
        r"law enforcement (?:sensitive|use only)",
        r"(?:sensitive but|controlled) unclassified(?: information)?",
        r"not for (?:public )?(?:release|distribution|disclosure)",
        r"do not (?:distribute|disseminate|copy or distribute|release)",
        r"deliberative(?: process)? privil[ei]ged?",
        r"for your eyes only",
        r"restricted distribution",
    )
)
_ASKS = tuple(
    rf"\b(?:{_wrapped(pattern)})\b"
    for pattern in (
        r"(?:keep|treat|hold|consider|regard|handle) (?:this|it|these|them|the attached|all of this)"
        r"(?: [a-z-]+){0,3} (?:strictly |highly )?(?:confidential|private|in confidence|between us|under wraps)",
        r"(?:do not|don't) (?:forward|share|distribute|circulate|disclose|pass) (?:this|it|these|the attached)"
        r"(?: (?:e-?mail|message|memo|document|draft|information|on|further|outside|with))?",
        r"(?:this|it|the attached|attached) (?:[a-z-]+ ){0,3}(?:is|are|remains?) (?:(?:strictly|highly|still) )?"
        r"confidential",
        r"confidential (?:memo(?:randum)?|draft|personnel|settlement|legal advice)",
    )
)
# After "confidential": a topic, not a mark. Whoever sends an agreement of that name has yet to sign it.
_TOPIC = re.compile(
    r"\s(?:information|treatment|secretary|records?|documents?|folders?|agreements?|shredding|waste|hotline)\b",
    re.IGNORECASE,
)
# Right before a mark or a request: they deny it, or only suppose it.
_DENIED = re.compile(
    r"(?:\b(?:not|non|never|nor|cannot|nothing|no\slonger|neither)|n['\u2019]t)(?:\s|-)"
    r"(?:(?:be|been|is|are|really|consider(?:ed)?|deem(?:ed)?|marked|treat(?:ed)?\sas|have\sto|need\sto)\s){0,3}\Z",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(r"\b(?:if|whether|unless|should)\s\Z", re.IGNORECASE)
DENIED_BEFORE = 60  # characters before a mark in which it may be denied
_FOOTER = re.compile(
    r"intended\s(?:(?:only|solely|exclusively)\s)?(?:for|recipient|addressee)|named\s(?:recipient|addressee)"
    r"|(?:received|receive|receipt\sof)\s(?:this|the)\b.{0,40}\b(?:error|mistake)|notify\s(?:the\ssender|us|me)"
    r"|may\s(?:also\s)?(?:contain|be|include)\b.{0,40}(?:confidential|privileged|legally|proprietary)"
    r"|(?:unauthori[sz]ed|any)\s(?:review|use|disclosure|dissemination|distribution|copying|interception)"
    r"|confidentiality\snotice|(?:delete|destroy)\s(?:this|the|it|all|any)\s|strictly\sprohibited"
    r"|(?:e-?mail|message|transmission|communication)[^.]{0,60}"
    r"(?:and\sany|and\sall|with\sits|including)\s(?:attachments?|files?|documents?)",
    re.IGNORECASE,
)
_NAME_MARK = re.compile(
    r"(?<![a-z])(?:confidential|privileged|internal[ _-]?use|attorney[ _-]client|fouo"
    r"|law[ _-]enforcement[ _-]sensitive)(?![a-z])",
    re.IGNORECASE,
)
# "Do not forward it": of a mail that goes round, not of this one.
_BARE_ASK = re.compile(r"(?:not|n't)\s\w{1,12}\s(?:it|this|these)(?:\s(?:on|further))?\Z", re.IGNORECASE)
_WARNING = re.compile(r"\b(?:phish\w*|spam|scams?|hoax|virus|malware|ransomware|suspicious)\b", re.IGNORECASE)
_BANNER_NOISE = re.compile(r"[^A-Za-z]+")


@remembered
def find_markings(text: str) -> tuple[Marking, ...]:
    """The marks in a text, by place; those in a legal notice are told as such."""
    marks = (_mark(text, start, end) for start, end in _places(text, _MARKS))
    asks = (_request(text, start, end) for start, end in _asked(text))
    heaviest = sorted((*marks, *asks), key=lambda item: (item.footer, -item.weight))[:MAX_MARKS]
    return tuple(sorted(heaviest, key=lambda item: item.start))


def name_marking(names: Iterable[str]) -> str | None:
    """The first of a file's names that marks it."""
    return next((name for name in names if _NAME_MARK.search(name)), None)


def subject_marking(subject: str) -> Marking | None:
    """The heaviest mark of a subject: in capitals, at an edge or set apart it is one; amid words it may be a topic."""
    best: Marking | None = None
    for start, end in _places(subject, _MARKS):
        mark = subject[start:end]
        edge = not subject[:start].strip(" [(*-#!") or not subject[end:].strip(" ])*-#!.")
        label = subject[end : end + 1] in (":", "]", ")", "-") or _separated(subject, start)
        whole = " " in mark and mark[0].isupper()
        weight = 0.85 if mark.isupper() or edge or label or whole else 0.45
        if best is None or weight > best.weight:
            best = Marking(start=start, end=end, weight=weight, footer=False)
    return best


def _separated(subject: str, start: int) -> bool:
    return subject[:start].rstrip(" ")[-1:] in (":", "-", "[", "(", "/", "*", "|")


def _places(text: str, patterns: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    for start, end in _found(text, patterns):
        if _TOPIC.match(text, end) is None and not _before(_DENIED, text, start):
            yield start, end


def _asked(text: str) -> Iterator[tuple[int, int]]:
    for start, end in _found(text, _ASKS):
        unmeant = _before(_DENIED, text, start) or _before(_SUPPOSED, text, start)
        if not unmeant and not (_BARE_ASK.search(text, start, end) and _warns(text, start)):
            yield start, end


def _found(text: str, patterns: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Piece by piece, for of each as many are found as one may have: the notices under a long thread hide no mark."""
    compiled = compile_patterns(patterns)
    for first, last in _pieces(text):
        for match in compiled.find(text if last - first == len(text) else text[first:last]):
            yield first + match.start, first + match.end


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Each ends with a paragraph, a line, a word or where it must."""
    first = 0
    while len(text) - first > PIECE:
        ends = (text.rfind(end, first + 1, first + PIECE) for end in ("\n\n", "\n", " "))
        last = next((end + 1 for end in ends if end >= 0), first + PIECE)
        yield first, last
        first = last
    yield first, len(text)


def _before(pattern: re.Pattern[str], text: str, end: int) -> bool:
    return pattern.search(text, max(0, end - DENIED_BEFORE), end) is not None


def _warns(text: str, end: int) -> bool:
    """Whether what stands shortly before warns of junk mail."""
    return _WARNING.search(text, max(0, end - AROUND), end) is not None


def _mark(text: str, start: int, end: int) -> Marking:
    return Marking(start=start, end=end, weight=_weight(text, start, end), footer=_in_footer(text, start, end))


def _weight(text: str, start: int, end: int) -> float:
    """A line that is nothing but the mark is a banner; capitals amid small letters are half of one."""
    left = text.rfind("\n", max(0, start - MAX_BANNER), start) + 1 or max(0, start - MAX_BANNER)
    right = text.find("\n", end, end + MAX_BANNER)
    rest = _BANNER_NOISE.sub("", text[left:start] + text[end : right if right >= 0 else end + MAX_BANNER])
    mark = text[start:end]
    if len(_BANNER_NOISE.sub("", mark)) >= len(rest) and mark[0].isupper():
        return 0.9
    if mark.isupper() and not rest.isupper():
        return 0.7
    return 0.5 if " " in mark else 0.2


def _request(text: str, start: int, end: int) -> Marking:
    return Marking(start=start, end=end, weight=ASKED_WEIGHT, footer=_in_footer(text, start, end))


def _in_footer(text: str, start: int, end: int) -> bool:
    """Whether the paragraph around text[start:end] reads like a lawyer's notice."""
    left = text.rfind("\n\n", max(0, start - AROUND), start)
    right = text.find("\n\n", end, end + AROUND)
    before = left if left >= 0 else max(0, start - AROUND)
    after = right if right >= 0 else end + AROUND
    return _FOOTER.search(text, before, after) is not None
