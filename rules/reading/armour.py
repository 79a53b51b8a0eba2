"""Files written out as text inside text files: a program in base64, embedded files of Word's flat XML.

Not the transfer encodings of mail: a reader has to undo these by hand, or Word does it.
"""

import binascii
from collections.abc import Iterator

from rules.message import Octets
from rules.reading.budget import Budget, LimitExceeded
from rules.reading.charsets import in_ascii
from rules.reading.encoded_files import binhexed
from rules.reading.member import Member
from rules.reading.signatures import HEAD, is_whole_file

_FRONT = 4 * HEAD // 3  # characters of base64 that give HEAD octets
_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n")
_XML = (b"binaryData>", b"binData")  # pkg:binaryData of flat Open Packaging, w:binData of Word 2003
_MAX_BLOCKS = 1_000  # of each of them in one file


def unpack_text(octets: Octets, budget: Budget) -> Iterator[Member]:
    """The files in base64 that a text file holds. LimitExceeded beyond _MAX_BLOCKS."""
    content = in_ascii(bytes(octets))
    written = _whole(content)
    meter = budget.open(len(content))
    if written:
        meter.member()
        meter.octets(len(written))
        yield Member(names=("content in base64",), octets=written)
    elif content[:HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
        for found in _blocks(content):
            meter.member()
            meter.octets(len(found))
            yield Member(names=("embedded file",), octets=found)


def unpack_binhex(octets: Octets, budget: Budget) -> Iterator[Member]:
    """The data fork of a Macintosh file (RFC 1741)."""
    for file in binhexed(bytes(octets)):
        meter = budget.open(len(octets))
        meter.member()
        meter.octets(len(file.octets))
        yield Member(names=(file.name,), octets=file.octets)


def _whole(content: bytes) -> bytes:
    """The file that the whole text is the base64 of, when it begins as one."""
    text = content.lstrip()
    if text.startswith(b"-----"):
        text = text[5:].partition(b"-----")[2].lstrip()  # behind -----BEGIN CERTIFICATE-----, which certutil takes off
    front = text[:_FRONT].partition(b"-----")[0]
    if len(front) < 64 or not _BASE64.issuperset(front):
        return b""
    head = _decoded(front)
    return _decoded(text.partition(b"-----")[0]) if is_whole_file(head, len(content)) else b""


def _blocks(content: bytes) -> Iterator[bytes]:
    for tag in _XML:
        at = content.find(tag)
        for count in range(_MAX_BLOCKS + 1):
            if at < 0:
                break
            if count == _MAX_BLOCKS:
                raise LimitExceeded(f"a text with more than {_MAX_BLOCKS:,} files in XML")
            start = content.find(b">", at) + 1
            end = content.find(b"<", start)
            if start == 0 or end < 0:
                break
            found = _decoded(content[start:end])
            if is_whole_file(found[:HEAD], len(found)):
                yield found
            at = content.find(tag, content.find(b">", end))


def _decoded(text: bytes) -> bytes:
    digits = text.translate(None, b" \t\r\n")
    try:
        return binascii.a2b_base64(digits[: len(digits) // 4 * 4])
    except binascii.Error:
        return b""
