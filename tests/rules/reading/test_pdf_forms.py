"""Scripts of XML forms count when they do what forms need not."""

import zlib

import pytest

from rules.reading import pdf_forms
from rules.reading.pdf_forms import form_reason

CALL = b'<x:script xmlns:x="x" contentType="application/x-javascript">app.launchURL("https://a.example/")</x:script>'
SUM = b'<script contentType="application/x-formcalc">Sum(a, b)</script><script>xfa.host.messageBox("x")</script>'


def form(*parts):
    streams = b"".join(b"<< /Length 1 >>\nstream\n%s\nendstream\n" % part for part in parts)
    return b"%PDF-1.7\n<< /XFA 5 0 R >>" + streams


@pytest.mark.parametrize(
    "octets",
    [
        form(b"<xdp>" + CALL),
        form(zlib.compress(b"<xdp>" + CALL)),
        form(b"<xdp>" + CALL[:70], CALL[70:] + b"</xdp>"),
        form(b"<xdp><script>" + b" " * 99, b" " * 99 + b"app.launchURL" + b" " * 99, b" " * 99 + b"</script>"),
        form(b" " * 99 + CALL + b" " * 99),
        form(("\ufeff<xdp>" + CALL.decode()).encode("utf-16-le")),
    ],
)
def test_a_script_that_reaches_out_counts(octets):
    assert form_reason(octets, (octets,)) == "PDF with script in its form"


def test_what_forms_need_does_not():
    assert form_reason(form(b"<xdp>" + SUM), (form(SUM),)) is None
    assert form_reason(form(CALL), (b"no form",)) is None


@pytest.mark.parametrize(("more", "told"), [(0, False), (1, True)])
def test_a_form_as_long_as_is_read_and_longer(monkeypatch, more, told):
    octets = form(b"<xdp>" + SUM)
    monkeypatch.setattr(pdf_forms, "_MAX_FORM", len(b"<xdp>" + SUM) - more)
    assert ("PDF with a form of more than" in (form_reason(octets, (octets,)) or "")) == told


@pytest.mark.parametrize("octets", [b"/XFA stream\n", b"/XFA stream\n\x78", b"/XFA stream\nx\x9cbroken"])
def test_damage_is_nothing(octets):
    assert form_reason(octets, (octets,)) is None
