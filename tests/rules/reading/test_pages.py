"""Pages that carry or build a file, and pages that only show something."""

import base64

import pytest

from rules.facts import Kind
from rules.reading.pages import page_kind, page_signs

PROGRAM = base64.b64encode(b"MZ\x90\0\x03\0\0\0" + bytes(200))


def reasons(page):
    return [sign.text for sign in page_signs(page_kind(page), page) if sign.kind is Kind.ACTIVE_CONTENT]


@pytest.mark.parametrize(
    "page",
    [
        b"<html><script>var b = new Blob([atob(x)]); navigator.msSaveOrOpenBlob(b, 'a.zip')</script>",
        b"<script>a.href = URL.createObjectURL(new Blob([new Uint8Array(x)])); a.download = 'a.iso'</script>",
        b'<body onload="go()"><a download="a.exe" href="data:application/octet-stream;base64,QUFB">x</a>',
    ],
)
def test_a_page_that_builds_a_file_is_active(page):
    assert reasons(page) == ["HTML page that builds a file"]


def test_a_page_that_carries_a_program_is_active_without_any_script():
    page = b'<a href="data:application/octet-stream;base64,' + PROGRAM + b'">open</a>'
    assert reasons(page) == ["HTML page that carries a program in base64"]


@pytest.mark.parametrize(
    "page",
    [
        b"<html><script>var opened = new Date(); document.write(opened)</script><p>News</p>",
        b'<p>See <a href="https://a.example/setup.exe">setup</a>, TVqQAA and UEsDB are only words.</p>',
        b'<html><img src="data:image/png;base64,iVBORw0KGgo=">',
    ],
)
def test_an_ordinary_page_is_not(page):
    assert page_kind(page) is Kind.HTML
    assert reasons(page) == []


def test_a_picture_with_script_is_active_and_one_without_is_not():
    assert reasons(b'<svg xmlns="http://www.w3.org/2000/svg"><script>x()</script></svg>') == ["SVG picture with script"]
    assert reasons(b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>') == []


def test_text_is_no_page():
    assert page_kind(b"x < y and y > z") is None
    assert page_kind(b"<ann@city.example> wrote:") is None
