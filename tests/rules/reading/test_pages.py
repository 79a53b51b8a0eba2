"""Pages that carry or build a file, and pages that only show something."""

import base64
import time

import pytest

from rules.facts import Kind
from rules.reading.pages import page_kind, page_signs, signs_in_xml

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
def test_e16_a_page_that_builds_a_file_is_active(page):
    assert reasons(page) == ["HTML page that builds a file"]


def test_e16_a_page_that_carries_a_program_is_active_without_any_script():
    page = b'<a href="data:application/octet-stream;base64,' + PROGRAM + b'">open</a>'
    assert reasons(page) == ["HTML page that carries a program in base64"]


@pytest.mark.parametrize(
    "page",
    [
        b'<script>location.href = "ms-msdt:/id PCWDiagnostic";</script>',
        b"<iframe src=search-ms:query=a&crumb=location:b.example></iframe>",
        b'<html><meta http-equiv="refresh" content="0; URL=SEARCH-MS:query=a">',
        b'<a href="ms-app&#10;installer:?source=https://b.example/a">open</a>',
        b"<script>open('\\x6ds-officecmd:{}')</script>",
    ],
)
def test_a_page_that_leads_to_a_program_of_windows_is_active(page):
    assert reasons(page) == ["HTML page that starts a program by its address"]


@pytest.mark.parametrize(
    "page",
    [
        b"<p>An address with search-ms: or ms-msdt: starts a program; {search: 1} does not.",
        b"<html><script>var opened = new Date(); document.write(opened)</script><p>News</p>",
        b'<p>See <a href="https://a.example/setup.exe">setup</a>, TVqQAA and UEsDB are only words.</p>',
        b'<html><img src="data:image/png;base64,iVBORw0KGgo=">',
        b'<script src="a.js"></script><input type="hidden" name="__VIEWSTATE" value="/wEPDw' + b"QUJD" * 4_000 + b'">',
        b"<script>var t = [" + b"1024," * 3_000 + b"1]; draw(t, decodeURIComponent(x))</script>",
        b'<script>document.write(unescape("%3Ca href=%22mailto:ann@city.example%22%3E"))</script>',
    ],
)
def test_an_ordinary_page_is_not(page):
    assert page_kind(page) is Kind.HTML
    assert reasons(page) == []


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (
            b"<script>var n = ["
            + b",".join(b"%d" % octet for octet in b"MZ\x90\0" + bytes(56) + b"\x40\0\0\0PE\0\0")
            + b","
            + b"0," * 300
            + b"0]</script>",
            "that carries a file of 368 octets in its script",
        ),
        (b'<iframe src="data:application/pdf;base64,JVBERi0xLjcKMTIz">', "that carries a file called application/pdf"),
        (b"<script>document.write(unescape('" + b"%3C" * 100 + b"'))</script>", "that writes itself from encoded text"),
        (b"<script>eval(atob('" + b"QUJD" * 100 + b"'))</script>", "that writes itself from encoded text"),
        (
            b"<script>var k = '" + b"Q7xR" * 2_000 + b"'; go(window['atob'](k), String.fromCharCode(1))</script>",
            "with 6,000 octets of encoded content for its script",
        ),
        (
            b"<a href='&#100;ata:application/zip;base64,QUFBQUFBQUFBQUFB'>x</a>",
            "that carries a file called application/zip",
        ),
        (
            rb"<script>URL.cre\u0061teObjectURL(new Bl\u{6f}b([window['\x61\x74\x6f\x62'](q)]))</script>",
            "that builds a file",
        ),
        (rb"<script>URL['cr\145ateObjectURL'](new window['Bl\157b']([q]))</script>", "that builds a file"),
        (b"<script>n['ms'+'Save'+'Blob'](new Blob([window['at'+'ob'](q)]))</script>", "that builds a file"),
        (
            b"<meta charset='iso-2022-jp'><script>URL.create\x1b(BObjectURL(new Bl\x1b(Bob())</script>",
            "that builds a file",
        ),
        (b"+ADw-script+AD4-URL.createObjectURL(new Blob([atob(q)]))+ADw-/script+AD4-", "that builds a file"),
        (b"<iframe srcdoc='&lt;script&gt;URL.createObjectURL(new Blob())&lt;/script&gt;'>", "that builds a file"),
        (
            b"<iframe srcdoc='&lt;iframe srcdoc=&quot;&amp;lt;script&amp;gt;URL.createObjectURL(atob())&quot;'>",
            "that builds a file",
        ),
        (b"<x:script xmlns:x='x'>URL.createObjectURL(new Blob([atob(q)]))</x:script>", "that builds a file"),
        (b"<script>" + b"[]+(![]+[])" * 100 + b"</script>", "with script in signs that nobody can read"),
        (
            b"<script>f('" + base64.b64encode(b"PK\3\4" + bytes(200))[::-1] + b"')</script>",
            "that carries a zip archive in base64",
        ),
        (
            b"<script>k(["
            + b"'"
            + b"Q7xR" * 20
            + b"'," * 1
            + (b"'" + b"Q7xR" * 20 + b"',") * 90
            + b"].join(''), eval())",
            "with 5,664 octets of encoded content for its script",
        ),
        (
            b"<script>n=[["
            + b"],[".join(b",".join([b"77", b"90", b"144", b"0"] + [b"%d" % o for o in range(46)]) for _ in range(90))
            + b"]];new Uint8Array(n)",
            "with 4,499 octets of encoded content for its script",
        ),
        ("\ufeff<script>new Blob([atob(x)]); a.download='x'</script>".encode("utf-16-le"), "that builds a file"),
        (
            b"<div hidden>\n" + b"Q7xR" * 2_000 + b"\n</div><script>eval(atob(x))</script>",
            "with 6,000 octets of encoded content for its script",
        ),
        (
            b"<!--" + b"Q7xR" * 2_000 + b"--><script>eval(atob(x))</script>",
            "with 6,001 octets of encoded content for its script",
        ),
    ],
)
def test_e16_other_ways_to_smuggle(page, reason):
    assert [sign.text for sign in page_signs(Kind.HTML, page)][1:] == [f"HTML page {reason}"]


@pytest.mark.parametrize(
    "inside",
    [
        b'<path onload = "x()"/>',
        b'<a xlink:href="javascript:x()"/>',
        b"<foreignObject><iframe/></foreignObject>",
        b"<foreignObject><form action='https://a.example'/></foreignObject>",
        b'<s:script xmlns:s="http://www.w3.org/2000/svg">x()</s:script>',
        b'<a href="java&#115;cript:x()"/>',
        b'<a href="java&#x%sa;script:x()"/>' % (b"0" * 50),
        b"<path onload" + b" " * 200 + b'="x()"/>',
        b"<path " + b"on" + b"a" * 50 + b'="x()"/>',
        b'<set attributeName%s=%s"onload" to="x()"/>' % (b" " * 50, b" " * 50),
        b'<%s:script xmlns:%s="http://www.w3.org/2000/svg">x()</%s:script>' % ((b"s" * 300,) * 3),
    ],
)
def test_e16_a_picture_that_runs_something_is_active(inside):
    assert reasons(b'<svg xmlns="http://www.w3.org/2000/svg">' + inside + b"</svg>") == ["SVG picture with script"]


@pytest.mark.parametrize(
    "inside",
    [
        b"<foreignObject><div>Budget on = 5</div></foreignObject>",
        b'<image href="data:image/png;base64,iVBORw0KGgoAAAANSUhEUg"/>',
        b"<style>.a{fill:red}</style><text>on the road</text>",
    ],
)
def test_an_ordinary_picture_is_not(inside):
    assert reasons(b'<svg xmlns="http://www.w3.org/2000/svg">' + inside + b"</svg>") == []


def test_a_picture_with_script_is_active_and_one_without_is_not():
    assert reasons(b'<svg xmlns="http://www.w3.org/2000/svg"><script>x()</script></svg>') == ["SVG picture with script"]
    assert reasons(b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>') == []


BUILDS = "URL.createObjectURL(new Blob([atob(x)]))"


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        (f'<h:script xmlns:h="http://www.w3.org/1999/xhtml">{BUILDS}</h:script>', "that builds a file"),
        (f'<y><script xmlns="http://www.w3.org/1999/xht&#109;l">{BUILDS}</script></y>', "that builds a file"),
        ('<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:script>x()</s:script></s:svg>', "with script"),
    ],
)
def test_e16_xml_in_which_a_browser_runs_script_is_active(inside, reason):
    xml = f'<?xml version="1.0"?><minutes>{inside}</minutes>'.encode()
    assert [sign.text for sign in signs_in_xml(xml)] == [f"XML document {reason}"]


@pytest.mark.parametrize("inside", ["<script>x()</script>", '<p xmlns="http://www.w3.org/1999/xhtml">words</p>'])
def test_xml_without_script_for_a_browser_is_not(inside):
    assert signs_in_xml(f'<?xml version="1.0"?><minutes>{inside}</minutes>'.encode()) == ()
    assert signs_in_xml(f"words {inside}".encode()) == ()


@pytest.mark.parametrize("blanks", [1_000, 2_000])
def test_e16_blanks_before_it_hide_no_script_in_xml(blanks):
    picture = '<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:script>x()</s:script></s:svg>'
    xml = f"{' ' * blanks}<minutes>{picture}</minutes>".encode()
    assert signs_in_xml(xml)


def test_a_page_of_xhtml_is_no_xml_of_this_kind():
    page = b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><svg xmlns="http://www.w3.org/2000/svg"/>'
    assert signs_in_xml(page + b"<script>x()</script></html>") == ()


def test_a_page_that_shows_a_picture_is_a_page():
    page = b"<!DOCTYPE html><html><link href='data:image/svg+xml,<svg></svg>'><script>x()</script>"
    assert page_kind(page) is Kind.HTML
    assert reasons(page) == []


@pytest.mark.parametrize(("more", "kind"), [(0, Kind.HTML), (1, None)])
def test_a_page_that_shows_itself_as_late_as_is_looked_for_and_later(more, kind):
    """Later it is text, unless it is called a page."""
    assert page_kind(b"<!--" + b"x" * (1_024 - len("<!--><div") + more) + b"><div>") is kind


def test_text_is_no_page():
    assert page_kind(b"x < y and y > z") is None
    assert page_kind(b"<ann@city.example> wrote:") is None


@pytest.mark.parametrize(
    "front",
    [
        b'<!DOCTYPE svg [<!ENTITY x%s"%s<g/>">]>' % (b" " * 500, b"a" * 500),
        b'<?xml-stylesheet title="%s" type="text/xsl" href="#x"?>' % (b"a" * 2_000),
    ],
)
def test_e16_no_length_hides_what_a_picture_runs_before_it_begins(front):
    octets = b'<?xml version="1.0"?>' + front + b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    assert [sign.text for sign in page_signs(Kind.IMAGE, octets)] == ["SVG picture", "SVG picture with script"]


@pytest.mark.parametrize(
    "piece", [b"<!entity x ", b"<!entity '", b"<?xml-stylesheet ", b" onload", b"<a", b"eval( ", b"&#x0", b"&#0"]
)
def test_hostile_repetition_costs_little(piece):
    began = time.process_time()
    page_signs(Kind.IMAGE, b"<svg>" + piece * (1024 * 1024 // len(piece)))
    assert time.process_time() - began < 2
