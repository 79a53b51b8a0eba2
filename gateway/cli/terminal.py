"""What goes to a terminal: escaped text, tables, marked evidence, JSON lines, exit codes.

The one place where text that an attacker chose is made safe to print. Never reads mail and never decides.
"""

import io
import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import IntEnum
from typing import IO, Any, NoReturn

import click

# Letters and marks that Unicode calls printable and that show nothing: fillers, joiners, variation selectors.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)

REVERSE, PLAIN = "\x1b[7m", "\x1b[27m"  # ECMA-48 SGR 7 and 27
SHORT = 40  # characters of a subject or an address in a table
GAP = "  "  # between the columns of a table
ACCOUNT = "run this as the account of the service: sudo -u mailward mailward …"


class Exit(IntEnum):
    """How a command ended; scripts depend on these."""

    DONE = 0
    FAILED = 1  # refused or failed for good; nothing half done
    USAGE = 2  # wrong usage, or no such item
    TEMPORARY = 75  # try again (EX_TEMPFAIL of sysexits.h)


class CommandError(click.ClickException):
    """Ends a command: `message` to standard error, `exit` to the shell."""

    def __init__(self, message: str, exit: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.exit_code = int(exit)  # type: ignore[misc]  # click reads it from the instance

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(escaped(self.message, lines=True), file=file, err=file is None)


def fail(message: str, exit: Exit = Exit.FAILED) -> NoReturn:
    raise CommandError(message, exit)


def explained(error: Exception) -> CommandError | None:
    """The error in an administrator's words when it is one that they can mend or wait out; else None."""
    # Imported here: these modules are loaded already when their errors can occur.
    from quarantine.ports import Busy, NoSuchItem, Refused, ReviewUnavailable, StoreUnavailable
    from rules.yaml_nodes import DocumentError

    if isinstance(error, DocumentError | Refused):
        return CommandError(str(error))
    if isinstance(error, NoSuchItem):
        return CommandError(str(error), Exit.USAGE)
    if isinstance(error, Busy | ReviewUnavailable):
        return CommandError(f"try again later: {error}", Exit.TEMPORARY)
    if isinstance(error, StoreUnavailable):
        if isinstance(error.__cause__, PermissionError):
            return CommandError(f"{error}; {ACCOUNT}")
        return CommandError(f"store unavailable, try again later: {error}", Exit.TEMPORARY)
    if isinstance(error, OSError) and error.filename is not None:  # none: a pipe that was closed, which click ends for
        if isinstance(error, PermissionError):
            return CommandError(f"{error.filename}: {error.strerror}; {ACCOUNT}")
        return CommandError(f"try again later: {error.filename}: {error.strerror}", Exit.TEMPORARY)
    return None


def escaped(text: str, *, lines: bool = False) -> str:
    r"""Text safe to print: controls, escapes, bidirectional and zero-width characters appear as `\x1b`, `\u202e`.

    One line, unless `lines` keeps line feeds and tabs. Blanks of other widths become a plain blank.
    """
    if text.isprintable() and _INVISIBLE.search(text) is None:
        return text
    kept = "\n\t" if lines else ""
    return "".join(character if character in kept else _escaped(character) for character in text)


def _escaped(character: str) -> str:
    if unicodedata.category(character) == "Zs":
        return " "
    if character.isprintable() and _INVISIBLE.match(character) is None:
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def print_anywhere() -> None:
    """A terminal whose character set lacks a letter is shown its number instead; else a subject could end a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def is_terminal(stream: IO[Any]) -> bool:
    return stream.isatty()


def marked(text: str, mark: tuple[int, int] | None, *, terminal: bool | None = None) -> str:
    """A passage on one line, escaped, with its marked piece in reverse video, or between » and « where output is kept.

    `mark` counts in characters of `text`; `terminal` is asked of standard output when absent.
    """
    if mark is None:
        return escaped(text)
    opening, closing = (REVERSE, PLAIN) if (is_terminal(sys.stdout) if terminal is None else terminal) else ("»", "«")
    start = max(0, min(mark[0], len(text)))
    end = max(start, min(mark[1], len(text)))
    return f"{escaped(text[:start])}{opening}{escaped(text[start:end])}{closing}{escaped(text[end:])}"


def print_json(value: Mapping[str, object]) -> None:
    """One object on one line; everything beyond ASCII escaped, so that no text can act on a terminal."""
    click.echo(json.dumps(value, separators=(", ", ": "), default=str))


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns aligned and every cell escaped; the last column is as long as it is."""
    table = [tuple(headings), *(tuple(escaped(cell) for cell in row) for row in rows)]
    widths = [max(width(row[index]) for row in table) for index in range(len(headings) - 1)]
    for row in table:
        padded = (cell + " " * (size - width(cell)) for cell, size in zip(row, widths, strict=False))
        click.echo(GAP.join((*padded, row[-1])).rstrip())


def width(text: str) -> int:
    """Columns that a terminal needs: none for combining marks, two for wide characters (Unicode annex 11)."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def progress(length: int, label: str, *, prints: bool = False) -> AbstractContextManager[Any]:
    """A bar on standard error while that is a terminal; its `update(n)` counts on.

    `prints`: results are printed meanwhile, which show the progress themselves where standard output is a terminal too.
    """
    hidden = not is_terminal(sys.stderr) or (prints and is_terminal(sys.stdout))
    return click.progressbar(length=length, label=label, file=sys.stderr, hidden=hidden)
