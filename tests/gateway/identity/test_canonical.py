"""Canonical forms: the examples of RFC 6376 section 3.4.5, and that the cuts of a body change nothing."""

import hashlib
import random

import pytest

from gateway.identity.canonical import MAX_LINE, BodyHash, LineTooLong, body_blocks, relaxed_field, without_signature


def digest(*pieces: bytes, relaxed: bool, limit: int | None = None) -> tuple[int, bytes]:
    hashing = BodyHash(relaxed=relaxed, limit=limit)
    for piece in pieces:
        hashing.feed(piece)
    done = hashing.digest()
    return hashing.length, done


@pytest.mark.parametrize(
    ("body", "simple", "relaxed"),
    [
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C \r\nD \t E\r\n", b" C\r\nD E\r\n"),
        (b"", b"\r\n", b""),
        (b"\r\n\r\n", b"\r\n", b""),
        (b"no end", b"no end\r\n", b"no end\r\n"),
        (b"blank end \t ", b"blank end \t \r\n", b"blank end\r\n"),
        (b" \t \r\n", b" \t \r\n", b""),
        (b"a\r\n\r\nb\r\n", b"a\r\n\r\nb\r\n", b"a\r\n\r\nb\r\n"),
        (b"bare\r\r\n", b"bare\r\r\n", b"bare\r\r\n"),
    ],
)
def test_bodies(body: bytes, simple: bytes, relaxed: bytes) -> None:
    assert digest(body, relaxed=False) == (len(simple), hashlib.sha256(simple).digest())
    assert digest(body, relaxed=True) == (len(relaxed), hashlib.sha256(relaxed).digest())


def test_where_a_body_is_cut_changes_nothing() -> None:
    chance = random.Random(1)
    body = b"".join(chance.choice((b"a", b" ", b"\t", b"\r\n", b"\r\n\r\n")) for _ in range(2_000))
    for relaxed in (True, False):
        whole = digest(body, relaxed=relaxed)
        for size in (1, 2, 3, 7, 100):
            assert digest(*(body[at : at + size] for at in range(0, len(body), size)), relaxed=relaxed) == whole


def test_a_limit_hashes_so_much_and_counts_all() -> None:
    assert digest(b"first\r\nsecond\r\n", relaxed=True, limit=7) == (15, hashlib.sha256(b"first\r\n").digest())


def test_a_line_may_be_so_long_and_no_longer() -> None:
    digest(b"x" * MAX_LINE, relaxed=True)
    with pytest.raises(LineTooLong):
        digest(b"x" * (MAX_LINE + 1), relaxed=True)


def test_hundreds_of_thousands_of_empty_lines_cost_little() -> None:
    assert digest(b"\r\n" * 400_000, b"end\r\n", relaxed=True)[0] == 800_005


def test_a_field_is_put_on_one_line() -> None:
    assert relaxed_field(b"SUBJect ", b" AbC\r\n\t d  e \r\n") == b"subject:AbC d e\r\n"


@pytest.mark.parametrize(
    ("body", "rest"),
    [
        (b" a=1; b=XYZ; bh=Q\r\n", b" a=1; b=; bh=Q\r\n"),
        (b" bh=Q;\r\n\tb=XY\r\n\t Z\r\n", b" bh=Q;\r\n\tb=\r\n"),
        (b" b=X;", b" b=;"),
    ],
)
def test_a_signature_is_taken_out_of_its_own_field(body: bytes, rest: bytes) -> None:
    assert without_signature(body) == rest


def test_a_body_is_found_behind_any_pieces() -> None:
    assert b"".join(body_blocks((b"ab", memoryview(b"cde"), b"f"), 3)) == b"def"
