"""What a page carries comes out however it is written; pictures and fonts stay where they are."""

import base64
import html
import time
from contextlib import nullcontext

import pytest

from rules.facts import Reason
from rules.reading.budget import Budget, LimitExceeded
from rules.reading.carried import carried_files, opaque_octets, plain_page, unpack_page

PROGRAM = b"MZ\x90\0" + b"\0" * 56 + b"\x40\0\0\0" + b"PE\0\0L\x01" + b"\0" * 400
BASE64 = base64.b64encode(PROGRAM)
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(300)


def joined(text):
    return b'" + "'.join(text[at : at + 50] for at in range(0, len(text), 50))


@pytest.mark.parametrize(
    "page",
    [
        b'<a href="data:application/octet-stream;base64,' + BASE64 + b'">',
        b'<img src="data:image/png;base64,' + BASE64 + b'">',
        b"<a href='DATA:;charset=x;base64," + BASE64.replace(b"=", b"%3D") + b"'>",
        b"<a href='data:," + b"".join(b"%%%02x" % octet for octet in PROGRAM) + b"'>",
        b'<script>var x = "' + BASE64 + b'"',
        b'<script>var x = "' + BASE64[::-1] + b'"',
        b'<script>var x = "' + joined(BASE64) + b'"',
        b"<script>var x = '" + PROGRAM.hex().encode() + b"'",
        b"<script>var x = [" + b", ".join(b"%d" % octet for octet in PROGRAM) + b"]",
        b"<script>var x = [" + b",".join(b"0x%02x" % octet for octet in PROGRAM) + b"]",
        b"<script>var x = '" + b"".join(b"\\x%02x" % octet for octet in PROGRAM) + b"'",
    ],
)
def test_e16_a_program_comes_out(page):
    assert any(found.startswith(PROGRAM[:400]) for _, found in carried_files(page))


def test_e16_it_has_the_name_under_which_it_is_offered():
    page = b'<a download="invoice.exe" href="data:text/plain,Hello there">x</a><script>a.download = "b.iso"'
    (member,) = unpack_page(page, Budget())
    assert (member.names, member.octets, member.declared_type) == (
        ("invoice.exe", "b.iso"), b"Hello there", "text/plain",
    )  # fmt: skip


def test_e16_a_name_that_a_script_puts_together_is_read():
    page = rb"<a href='data:text/plain,Hello there'>x</a><script>a['download'] = 'inv' + 'oice.\u0065xe'"
    assert next(unpack_page(page, Budget())).names == ("invoice.exe",)


@pytest.mark.parametrize(("count", "limited"), [(32, False), (33, True)])
def test_as_many_names_for_a_file_as_are_kept_and_one_more(facts_of, count, limited):
    names = "".join(f"a.download = 'a{number}.txt';" for number in range(count))
    page = f"<html><a href='data:text/plain,Hello there'>x</a><script>{names}</script>"
    facts = facts_of(f"Content-Type: application/octet-stream; name=a.html\n\n{page}")
    assert [entry.detail for entry in facts.unread] == ["more than 32 names of one part"] * limited


def test_an_address_ends_with_the_quote_in_front_of_it():
    page = b"""<iframe src="data:text/html,<script>f('(x)')</script>">"""
    assert list(carried_files(page)) == [("text/html", b"<script>f('(x)')</script>")]


def test_a_script_in_an_address_without_a_type_is_a_script():
    page = b"<script src='data:;base64," + base64.b64encode(b"atob(something)") + b"'>"
    assert list(carried_files(page)) == [("text/html", b"<script>atob(something)")]


@pytest.mark.parametrize(("count", "told"), [(200, False), (201, True)])
def test_as_many_files_as_may_be_and_one_more(count, told):
    members = unpack_page(b"<a href='data:text/plain,Hello there'>" * count, Budget())
    assert [next(members).octets for _ in range(200)] == [b"Hello there"] * 200
    if told:
        with pytest.raises(LimitExceeded, match="carries more than 200 files"):
            next(members)
    assert next(members, None) is None


def test_e16_an_archive_behind_a_picture_comes_out_where_it_is_called_no_picture():
    both = PICTURE + b"Rar!\x1a\x07\0" + bytes(99)
    page = b'<a download="a.rar" href="data:application/octet-stream;base64,%s">'
    assert list(carried_files(page % base64.b64encode(both))) == [("application/octet-stream", both)]
    assert list(carried_files(page % base64.b64encode(PICTURE))) == []


def test_a_page_inside_a_page_comes_out():
    page = b'<iframe src="data:text/html;base64,' + base64.b64encode(b"<script>atob(x)</script>") + b'">'
    assert list(carried_files(page)) == [("text/html", b"<script>atob(x)</script>")]


@pytest.mark.parametrize(
    "page",
    [
        b'<img src="data:image/png;base64,' + base64.b64encode(PICTURE) + b'">',
        b"<style>src: url(data:application/octet-stream;base64," + base64.b64encode(b"wOF2" + bytes(300)) + b")",
        b"<p>data: the figures of 2024, in full</p>",
        b'<script>var x = "' + b"A" * 500 + b'", y = [' + b"1," * 500 + b"2]",
    ],
)
def test_what_is_shown_or_means_nothing_does_not(page):
    assert list(carried_files(page)) == []


def test_characters_written_as_numbers_are_read():
    assert plain_page(b"<a href='&#100;&#x61;ta:&#8217;'>") == b"<a href='data:&#8217;'>"
    assert plain_page("\ufeff<p>x".encode("utf-16-le")) == b"<p>x"


def test_opaque_text_is_measured():
    assert opaque_octets(b"'" + b"Q" * 6_000 + b"'") == 4_500
    assert opaque_octets(b"'/wE" + b"Q" * 6_000 + b"'") == 0
    assert opaque_octets(b"<p>\n" + b"Q" * 6_000 + b"</p>") == 4_500
    assert opaque_octets(b"<!--" + b"Q" * 6_000 + b"-->") == 4_501
    assert opaque_octets((b"'" + b"Q" * 16 + b"',") * 400 + b"''") > 4_500
    assert opaque_octets((b"'" + b"Q" * 15 + b"',") * 400 + b"''") == 0
    assert opaque_octets(b"[" + b"17," * 4_096 + b"1]") == 4_096


@pytest.mark.parametrize(
    "piece", [b"'", b"data:", b"data:a/b;base64,", b'"+"', b"[1,", b"%41", b"&#", b"download='", b"data:;a", b"(  "]
)
def test_hostile_repetition_costs_little(piece):
    page = piece * (2_000_000 // len(piece))
    began = time.process_time()
    list(unpack_page(page, Budget()))
    opaque_octets(page)
    assert time.process_time() - began < 3


@pytest.mark.parametrize(("more", "reasons"), [(0, []), (1, [Reason.LIMIT])])
def test_a_picture_longer_than_is_looked_at_is_told(facts_of, more, reasons):
    front, end = b"<svg><!--", b"--></svg>"
    lines = b"x" * 98 + b"\r\n"
    picture = front + (lines * 100_000)[: 8 * 1024 * 1024 - len(front) - len(end) + more] + end
    facts = facts_of(b"Content-Type: image/svg+xml; name=a.svg\r\n\r\n" + picture)
    assert [entry.reason for entry in facts.unread] == reasons


def test_what_a_page_behind_a_control_octet_carries_comes_out(facts_of):
    carried = base64.b64encode(b"MZ\x90\0\x03\0\0\0" + bytes(200))
    page = b'<html>\x01<a download="a.exe" href="data:application/octet-stream;base64,' + carried + b'">x</a>'
    facts = facts_of(b"Content-Type: application/octet-stream; name=a.html\r\n\r\n" + page)
    assert any("a.exe" in part.names for part in facts.parts)


@pytest.mark.parametrize(("depth", "told"), [(4, False), (5, True)])
def test_pages_inside_pages_as_deep_as_are_read_and_one_deeper(depth, told):
    page = "<script>alert(1)</script>"
    for _ in range(depth):
        page = f'<iframe srcdoc="{html.escape(page)}"></iframe>'
    with pytest.raises(LimitExceeded, match="pages inside pages more than 4 deep") if told else nullcontext():
        assert list(unpack_page(page.encode(), Budget())) == []
