"""Everything that takes octets from outside, under one name each, with its seeds and the words that suit it."""

import gzip
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz import dictionary, protocol_targets, reading_targets

SEEDS = Path(__file__).parent / "seeds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`run` returns, or raises AssertionError or whatever else must never come out of reading."""

    name: str
    run: Callable[[bytes], None]
    words: Sequence[bytes]

    def seeds(self) -> Mapping[str, bytes]:
        """Kept inputs by name: files in `seeds/<name>`, and those that are made of the present protocol."""
        kept = {path.stem: _octets(path) for path in sorted((SEEDS / self.name).glob("*"))}
        return kept | protocol_targets.worker_seeds().get(self.name, {})


def _octets(path: Path) -> bytes:
    """A seed; disk images, which are nearly empty, are kept as gzip."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".packed" else path.read_bytes()


# One entry for each container and document that is read, so that each has time of its own.
FILES = (
    "ar", "arj", "binhex", "cab", "calendar", "cpio", "encrypted", "flat", "iso", "image", "lha", "lnk", "macintosh",
    "mbox", "mht", "office", "ole", "onenote", "outlook", "page", "pdf", "rar", "rtf", "sevenzip", "tar", "tnef", "udf",
    "vcard", "vhd", "zip",
)  # fmt: skip

TARGETS: tuple[Target, ...] = (
    Target(name="message", run=reading_targets.message, words=dictionary.MAIL),
    Target(name="header", run=reading_targets.header, words=dictionary.MAIL),
    Target(name="parameters", run=reading_targets.parameters, words=dictionary.MAIL),
    Target(name="multipart", run=reading_targets.multipart, words=dictionary.MAIL),
    Target(name="views", run=reading_targets.views, words=dictionary.MAIL),
    Target(name="encodings", run=reading_targets.encodings, words=dictionary.MAIL),
    Target(name="text", run=reading_targets.text, words=dictionary.MAIL),
    Target(name="picture", run=reading_targets.picture, words=dictionary.FILES),
    Target(name="address", run=reading_targets.address, words=dictionary.SMTP),
    Target(name="command", run=protocol_targets.command, words=dictionary.SMTP),
    Target(name="stated", run=protocol_targets.stated, words=dictionary.SMTP),
    Target(name="proxy", run=protocol_targets.proxy, words=dictionary.SMTP),
    Target(name="data", run=protocol_targets.data, words=dictionary.SMTP),
    Target(name="dns_response", run=protocol_targets.dns_response, words=dictionary.FRAMES),
    Target(name="replies", run=protocol_targets.replies, words=dictionary.SMTP),
    Target(name="identity", run=protocol_targets.identity, words=dictionary.SMTP),
    Target(name="milter", run=protocol_targets.milter, words=dictionary.MILTER),
    Target(name="to_worker", run=protocol_targets.to_worker, words=dictionary.FRAMES),
    Target(name="from_worker", run=protocol_targets.from_worker, words=dictionary.FRAMES),
    *(Target(name=name, run=reading_targets.part, words=dictionary.FILES) for name in FILES),
)
BY_NAME = {target.name: target for target in TARGETS}
