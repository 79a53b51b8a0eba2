"""Twice as much of anything costs about twice as much to read: no mark makes each of its kind search the rest."""

import base64
import time
from collections.abc import Callable

import pytest

from rules.facts import Facts

OCTETS = 60_000  # of baits, then twice as many: what is quadratic takes four times as long, and more beyond
ALLOWED = 3.0  # times as long, of the best of several runs
SMALL = 0.03  # seconds of processor time below which a ratio tells nothing
TRIES = 4

HEAD = b"From: ann@city.example\r\nTo: bob@elsewhere.example\r\nSubject: minutes\r\nMIME-Version: 1.0\r\n"
FULL_LINE = b"TVqQ" * 19 + b"\r\n"


def shown(media_type: bytes, front: bytes = b"") -> Callable[[bytes], bytes]:
    """Mail whose body is of this type, or declared so with further fields."""
    return lambda baits: HEAD + b"Content-Type: " + media_type + b"\r\n\r\n" + front + baits


def attached(name: bytes, front: bytes) -> Callable[[bytes], bytes]:
    """Mail with a file of this name and front."""
    head = b"Content-Type: application/octet-stream; name=" + name + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return lambda baits: HEAD + head + base64.encodebytes(front + baits).replace(b"\n", b"\r\n")


IN_TEXT = (
    b"--b\r\n", b"\r\n--", b"-", b"=\r\n", b"=", b"= ", b"<", b"<!--", b"&#", b"begin 644 a\r\n", b"> begin 644 a\r\n",
    b"begin 644 a\r\nM" + b"A" * 60 + b"\r\n", b"begin-base64 644 a\r\n", b"=ybegin line=1 size=1 name=a\r\n",
    b"(This file must be converted with BinHex 4.0)\r\n:\r\n", FULL_LINE, b"UEsDBBQAAAAI" * 6 + b"\r\n",
    b"content-type: a\r\n", b"Content-Disposition: attachment; filename=a\r\n\r\n", b"\r\nMIME-Version: 1.0\r\n",
    b"From a@b.example Mon Sep  1 00:00:00 2025\r\n", b"> ", b"On Monday ann@city.example wrote:\r\n", b"\0", b"\r",
    b"-----Original Message-----\r\n", b"-----BEGIN PGP MESSAGE-----\r\n", b"https://a.example/ ", b"a@b.example ",
)  # fmt: skip
BAITS: dict[str, tuple[Callable[[bytes], bytes], tuple[bytes, ...]]] = {
    "text": (shown(b"text/plain"), IN_TEXT),
    "HTML": (
        shown(b"text/html", b"<html>"),
        (b"<", b"<p ", b"</p", b"<!--", b"<a href='", b"&", b"<b>", b"<style>", b"<blockquote>", b'"', FULL_LINE),
    ),
    "multipart": (shown(b"multipart/mixed; boundary=b"), (b"--b", b"\r\n--bb\r\n", b"--b--\r\n", b"\r--b", b"--b\r")),
    "base64": (
        shown(b"application/octet-stream\r\nContent-Transfer-Encoding: base64"),
        (b"=", b"QQ==", b"QUFB=", b"-_", b"QUFB\r\n", b"!"),
    ),
    "quoted-printable": (
        shown(b"text/plain\r\nContent-Transfer-Encoding: quoted-printable"),
        (b"=", b"= ", b"=\r", b"=4", b"=41", b" =\t"),
    ),
    "uuencode": (
        shown(b"application/octet-stream\r\nContent-Transfer-Encoding: x-uuencode"),
        (b"begin", b"M\r\n", b"M" + b"A" * 60 + b"\r\n", b"end\r\n"),
    ),
    "header field": (
        lambda baits: HEAD + b"X-Long: " + baits[: len(baits) // 2] + b"\r\nContent-Type: " + baits + b"\r\n\r\nwords",
        (b"(", b"()", b'"', b"\\", b";a=", b"=?utf-8?Q?a?= ", b"=?", b";a*0=b", b"<", b",", b"a:b\r\n ", b"\r\n (;"),
    ),
    "header": (
        lambda baits: HEAD + baits + b"\r\nwords",
        (b"x: y\r\n", b"x\r\n", b" x\r\n", b"content-type: a\r\n", b"x: (\r\n", b"\r", b"x\r\n :y\r\n"),
    ),
    "web page": (
        attached(b"a.html", b"<html><script>atob('"),
        (b"data:a/b;base64,QUFB ", b"'", b'"+"', b"[1,", b"\\x41", b"%41", b"srcdoc=&amp;", b"<!--", b"(", b"\\u0041"),
    ),
    "PDF": (
        attached(b"a.pdf", b"%PDF-1.7\n"),
        (
            b"1 0 obj\n", b"stream\n", b"/ObjStm stream\n", b"/EF<<", b"/S%", b"/JS (", b"/JS 1 0 R ", b"/F (", b"(",
            b"/Launch ", b"endobj ", b"/EmbeddedFile ", b"/Filter[", b"%", b"#41",
        ),
    ),
    "RTF": (
        attached(b"a.rtf", b"{\\rtf1 "),
        (b"{", b"{\\rtf", b"{\\objdata ", b"\\fldinst ", b"{\\*\\template ", b"\\u65 ", b"\\'41", b"\\bin9 "),
    ),
    "zip": (attached(b"a.zip", b"PK\3\4"), (b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\6\6", b"PK\3\4" + bytes(30))),
    "calendar": (
        attached(b"a.ics", b"BEGIN:VCALENDAR\r\n"),
        (b"ATTACH;ENCODING=BASE64:QUFB\r\n", b'X;"', b"\r\n ", b"X:\\n", FULL_LINE, b"BEGIN:VEVENT\r\n"),
    ),
    "table": (attached(b"a.csv", b"a,b\r\n"), (b"=a|", b"=-a|'b", b"=DDE(", b",", b"a|b!c\r\n", FULL_LINE)),
    "other content": (
        attached(b"a.bin", b"\1\2\3\0"),
        (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"MSCF\0\0\0\0", b"PK\3\4", b"a\0", b"\0", b"CD001"),
    ),
}  # fmt: skip


def of_size(bait: bytes, size: int) -> bytes:
    return (bait * (size // len(bait) + 1))[:size]


@pytest.mark.parametrize("kind", BAITS)
def test_twice_as_many_baits_cost_about_twice_as_much(facts_of, kind):
    build, baits = BAITS[kind]
    assert {bait: ratio for bait in baits if (ratio := growth(facts_of, build, bait)) > ALLOWED} == {}


def growth(facts_of: Callable[[bytes], Facts], build: Callable[[bytes], bytes], bait: bytes) -> float:
    """How many times as long twice as many take: the best of some tries, of which one that is fast enough will do."""
    once, twice = build(of_size(bait, OCTETS)), build(of_size(bait, 2 * OCTETS))
    least = [float("inf"), float("inf")]
    for _ in range(TRIES):
        least = [min(best, seconds(facts_of, mail)) for best, mail in zip(least, (once, twice), strict=True)]
        if least[1] <= max(SMALL, ALLOWED * least[0]):
            return 1.0
    return least[1] / least[0]


def seconds(facts_of: Callable[[bytes], Facts], mail: bytes) -> float:
    began = time.process_time()
    facts_of(mail)
    return time.process_time() - began
