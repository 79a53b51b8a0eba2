"""File names as sets: every name that some reader may give a part, written the way a file system will read it.

Normalises and keeps; judges no extension.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from rules.reading.charsets import decode_text
from rules.reading.parameters import Structured, percent_decoded, texts_of
from rules.reading.words import header_text

MAX_NAME = 1_024  # characters; file systems end at 255
MAX_NAMES = 32  # candidates of one part; one more is kept, which tells that there were more
_FRONT = MAX_NAME // 2  # characters kept of an overlong name's front; the rest are its end, where the extension is

_ORDINARY = re.compile(r"[A-Za-z0-9_()+,@=#&!~{}\[\]-][A-Za-z0-9 _.()+,@=#&!~{}\[\]-]*(?<![. ])")
_STREAM = re.compile(r":+\$?[A-Za-z$]*\Z")  # NTFS: `payload.exe::$DATA` opens payload.exe
# A description is taken for a name when it is one word with an extension, as in `Content-Description: report.pdf`.
_LIKE_A_NAME = re.compile(r"[^/\\:*?\"<>|\r\n]{1,200}\.[A-Za-z0-9]{1,10}")


def normalise_name(name: str) -> tuple[str, ...]:
    """The name for people first, then the other forms a file system or reader may see; () for an empty name."""
    if len(name) > MAX_NAME:
        name = f"{name[:_FRONT]}…{name[_FRONT - MAX_NAME :]}"  # one character longer, which tells of it
    if _ORDINARY.fullmatch(name):
        return (name,)
    shown = (name if name.isascii() and name.isprintable() else _written_alike(name)).strip().strip("\"'")
    base = _trimmed(re.split(r"[/\\]", shown.rstrip("/\\ "))[-1])
    candidates = [base, _trimmed(_STREAM.sub("", base))]
    if "%" in shown:
        decoded = decode_text(percent_decoded(shown.encode("utf-8", "replace")), None)
        candidates.append(_trimmed(re.split(r"[/\\]", decoded)[-1]))
    candidates = [candidates[1], *candidates] if candidates[1] != base else candidates
    return tuple(dict.fromkeys(candidate for candidate in (*candidates, name) if candidate.strip()))


def _written_alike(name: str) -> str:
    """With compatibility forms folded, without controls and what turns or hides writing; ASCII may hold controls."""
    folded = unicodedata.normalize("NFKC", name)
    return "".join(character for character in folded if unicodedata.category(character) not in ("Cf", "Cc", "Cs"))


def _trimmed(name: str) -> str:
    """Windows drops blanks and dots at the end; blanks include the no-break space, by NFKC a blank already."""
    return name.strip().rstrip(". \t")


def names_limit(names: Sequence[str]) -> str:
    """Which limit these names of one part met, in words; "" when none."""
    if len(names) > MAX_NAMES:
        return f"more than {MAX_NAMES:,} names of one part"
    return f"a file name of more than {MAX_NAME:,} characters" if any(len(name) > MAX_NAME for name in names) else ""


def merge_names(candidates: Iterable[str]) -> tuple[str, ...]:
    """All forms of all candidates, each once, bounded."""
    merged: dict[str, None] = {}
    for candidate in candidates:
        merged.update(dict.fromkeys(normalise_name(candidate)))
        if len(merged) > MAX_NAMES:
            break
    return tuple(merged)[: MAX_NAMES + 1]


def names_of(
    dispositions: Iterable[Structured],
    types: Iterable[Structured],
    locations: Iterable[bytes] = (),
    descriptions: Iterable[bytes] = (),
) -> tuple[str, ...]:
    """Every candidate of a part's header: file names first, then names, locations and descriptions."""
    found = [text for disposition in dispositions for text in texts_of(disposition, "filename")]
    found += [text for structured in types for text in texts_of(structured, "name")]
    found += [text for disposition in dispositions for text in texts_of(disposition, "name")]
    found += [text for structured in types for text in texts_of(structured, "filename")]
    for body in locations:
        location = header_text(body).partition("?")[0].partition("#")[0]
        if "." in location.rpartition("/")[2]:
            found.append(location[-MAX_NAME:])  # addresses may be long, and their front names no file
    found += [text for text in map(header_text, descriptions) if _LIKE_A_NAME.fullmatch(text)]
    return merge_names(found)


def differ_in_kind(dispositions: Iterable[Structured], types: Iterable[Structured]) -> bool:
    """Whether `filename` and `name` of one part end in different extensions: readers will offer different files."""
    extensions: set[str] = set()
    for structured, parameter in [(d, "filename") for d in dispositions] + [(t, "name") for t in types]:
        names = [normalise_name(text) for text in texts_of(structured, parameter)[:1]]
        extensions.update(name[0].rpartition(".")[2].lower() for name in names if name and "." in name[0])
    return len(extensions) > 1
