"""Messages that lie in files: a message, an mbox, a Maildir or a folder of any of these.

Tells where each message begins and ends, and reads nothing within it.
"""

import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MAILDIR = ("cur", "new")  # `tmp` holds what is not delivered yet
_FROM_LINE = b"From "
# RFC 4155: an address and the time as asctime writes it. Bounded, for a line of mail can begin with the word too.
_POSTMARK = re.compile(rb"From [^\r\n]{0,300}(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [^\r\n]{0,40}\d\d:\d\d[^\r\n]{0,40}\r?\n")
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)  # mboxrd


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFile:
    """One message: between two offsets of a file. `name` is the path, with a number where the file has several."""

    name: str
    path: Path
    start: int = 0
    end: int | None = None
    postmarked: bool = False

    def read(self) -> bytes:
        """The message's octets, without an mbox's own line before it and its quoting. Raises OSError."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            octets = file.read() if self.end is None else file.read(self.end - self.start)
        if not self.postmarked:
            return octets
        return _QUOTED_FROM.sub(rb"\1", octets[octets.find(b"\n") + 1 :])


def messages_in(path: Path) -> Iterator[MailFile]:
    """Every message at `path`, in order of name; hidden files are passed over. Raises OSError."""
    if not path.is_dir():
        yield from _in_file(path)
        return
    folders = [path / name for name in _MAILDIR]
    if not all(folder.is_dir() for folder in folders):
        folders = [path]
    for folder in folders:
        for entry in sorted(folder.iterdir()):
            if not entry.name.startswith(".") and (entry.is_file() or _is_folder(entry)):
                yield from messages_in(entry)


def _is_folder(entry: Path) -> bool:
    """A link to a folder may lead round in a circle, so only real ones are entered."""
    return entry.is_dir() and not entry.is_symlink()


def _in_file(path: Path) -> Iterator[MailFile]:
    with path.open("rb") as file:
        starts = _postmarks(file) if file.read(len(_FROM_LINE)) == _FROM_LINE else []
    if len(starts) < 2:
        yield MailFile(name=str(path), path=path, postmarked=bool(starts))
        return
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], None], strict=True), start=1):
        yield MailFile(name=f"{path}#{number}", path=path, start=start, end=end, postmarked=True)


def _postmarks(file: BinaryIO) -> list[int]:
    """The offsets of an mbox's From lines: the first one, and those after an empty line."""
    starts = []
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as octets:
        at = 0
        while at >= 0:
            before = octets[max(0, at - 3) : at]
            if _POSTMARK.match(octets, at) and (at == 0 or before.endswith((b"\n\n", b"\n\r\n"))):
                starts.append(at)
            found = octets.find(b"\n" + _FROM_LINE, at)
            at = found + 1 if found >= 0 else -1
    return starts
