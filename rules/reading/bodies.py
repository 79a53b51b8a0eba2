"""A message's own text inside TNEF and .msg, as members: what Outlook shows and the mail around it does not."""

from rules.reading.member import Member
from rules.reading.rtf import unpack_compressed_rtf


def plain_body(text: str) -> Member:
    return Member(names=("message text.txt",), octets=text.encode("utf-8", "replace"), declared_type="text/plain")


def page_body(octets: bytes) -> Member:
    return Member(names=("message text.html",), octets=octets, declared_type="text/html")


def rich_body(compressed: bytes) -> Member:
    """From PR_RTF_COMPRESSED; with empty octets when it is malformed."""
    return Member(names=("message text.rtf",), octets=unpack_compressed_rtf(compressed), declared_type="text/rtf")
