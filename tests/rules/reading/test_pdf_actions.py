"""Actions of PDF are told wherever they hang; what forms calculate is not."""

import time
import zlib

import pytest

from rules.reading.pdf_actions import pdf_signs

OPENING = "PDF with script that runs when it is opened"


def pdf(*objects, catalog=b""):
    parts = (
        b"<< /Type /Catalog /Pages 2 0 R " + catalog + b">>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        *objects,
    )
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, part) for number, part in enumerate(parts, 1))
    return b"%PDF-1.7\n" + body + b"trailer\n<< /Root 1 0 R /Size 20 >>\n%%EOF\n"


def stream(content, fields=b""):
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (fields, len(content), content)


def told(octets):
    return [sign.text for sign in pdf_signs(octets)]


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (b"<< /S /Launch /F (cmd.exe) >>", "PDF that starts a program"),
        (b"<< /S /L#61unch /F (cmd.exe) >>", "PDF that starts a program"),
        (b"<< /S%x\n\0/Launch /F (cmd.exe) >>", "PDF that starts a program"),
        (b"<< /S /JavaScript /JS (app.launchURL\\('https://a.example'\\)) >>", "PDF with script"),
        (b"<< /S /JavaScript /JS <6576616c2861293b> >>", "PDF with script"),
        (b"<< /Type /Action /S/JavaScript/JS 9 0 R >>", "PDF with script"),
        (b"<< /Subtype /RichMedia /RichMediaContent 9 0 R >>", "PDF with a film that runs code"),
        (b"<< /S /URI /URI (file://a.example/x.exe) >>", "PDF that opens a share elsewhere"),
        (b"<< /S /GoToR /F (\\\\\\\\a.example\\\\x) >>", "PDF that opens a share elsewhere"),
        (b"<< /S /GoToR /F (\\134\\134a.example\\134x) >>", "PDF that opens a share elsewhere"),
        (b"<< /S /GoToR /F <5c5c612e6578616d706c655c78> >>", "PDF that opens a share elsewhere"),
        (b"/Launch", "PDF that starts a program"),
        (b"<< /S /URI /URI (javascript:x\\(\\)) >>", "PDF with script"),
    ],
)
def test_e17_actions_are_told(action, text):
    assert told(pdf(action)) == [text]
    hidden = stream(zlib.compress(b"6 0 " + action), b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode")
    assert told(pdf(hidden)) == [text]


CODE = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"


@pytest.mark.parametrize(
    "octets",
    [
        pdf(catalog=b"/OpenAction " + CODE),
        pdf(CODE, catalog=b"/OpenAction 4 0 R "),
        pdf(catalog=b"/AA << /WC " + CODE + b" >>"),
        pdf(
            stream(zlib.compress(b"7 0 " + CODE), b"/Type /ObjStm /N 1 /Filter /FlateDecode"),
            catalog=b"/OpenAction 7 0 R ",
        ),
        pdf(b"<< /S /JavaScript /JS 5 0 R >>", stream(b"x = 1"), catalog=b"/OpenAction 4 0 R "),
    ],
)
def test_e17_a_script_that_runs_on_opening_is_told(octets):
    assert told(octets) == [OPENING]


FIELD = b"<< /AA << /C << /S /JavaScript /JS (x = 1) >> >> >>"
PADDING = b"/Z (%s) " % (b"z" * 5_000)


@pytest.mark.parametrize(
    "octets",
    [
        pdf(catalog=b"/OpenAction << " + PADDING + CODE[2:]),
        pdf(b"<< " + PADDING + CODE[2:], catalog=b"/OpenAction 4 0 R "),
        pdf(catalog=b"/AA << /X << /S /Named >> /WC " + CODE + b" >>"),
        pdf(
            stream(zlib.compress(b"7 0 " * 250_001 + CODE), b"/Type /ObjStm /N 1 /Filter /FlateDecode"),
            catalog=b"/OpenAction 7 0 R ",
        ),
    ],
)
def test_e17_a_script_that_runs_on_opening_is_not_hidden_by_what_stands_before_it(octets):
    assert told(octets) == [OPENING]


@pytest.mark.parametrize(("more", "found"), [(0, []), (1, [OPENING])])
def test_an_action_as_long_as_is_read_and_longer_by_one_octet(more, found):
    """Of a longer one it cannot be told whether it is a script."""
    own = b"/S /Named /Z (%s)" % (b"z" * (1_024 - len("/S /Named /Z ()>>") + more))
    assert told(pdf(FIELD, catalog=b"/OpenAction <<" + own + b">>")) == found
    own = b"<<%s>>" % (b"z" * (1_024 - len("\n<<>>\nendobj") + more))
    assert told(pdf(FIELD, own, catalog=b"/OpenAction 5 0 R ")) == found


@pytest.mark.parametrize(("more", "found"), [(0, []), (1, [OPENING])])
def test_an_object_stream_that_lists_as_many_as_are_kept_and_one_more(more, found):
    """Behind more, any number may be one of them."""
    listed = b"7 0 " * 250_000 + b" " * more
    octets = pdf(
        stream(zlib.compress(listed + FIELD), b"/Type /ObjStm /N 1 /Filter /FlateDecode"), catalog=b"/OpenAction 9 0 R "
    )
    assert told(octets) == found


def test_e17_a_script_behind_an_owners_lock_is_told(owned_pdf):
    assert told(owned_pdf) == [OPENING]


@pytest.mark.parametrize(
    "script",
    [
        b'/JS (AFNumber_Format\\(2, 0, 0, 0, "$", true\\);)',
        b"/JS (event.value = this.getField\\('a'\\).value * 2;)",
        b"/JS (if \\(event.value > 9\\) app.alert\\('At most 9'\\);)",
        b"/JS 5 0 R",
    ],
)
def test_the_fields_of_a_form_are_no_script(script):
    code = stream(zlib.compress(b"event.value = 1 + 2;"), b"/Filter /FlateDecode")
    assert told(pdf(b"<< /AA << /C << /S /JavaScript " + script + b" >> >> >>", code)) == []


def test_a_forms_own_call_does_not_let_off_another_script():
    harmless = b"<< /S /JavaScript /JS (AFDate_FormatEx\\('d'\\)) >>"
    assert told(pdf(harmless, b"<< /S /JavaScript /JS (this.exportDataObject\\(x\\)) >>")) == ["PDF with script"]


@pytest.mark.parametrize(
    "action",
    [
        b"<< /S /URI /URI (https://city.example/Launch) >>",
        b"<< /S /GoTo /D [3 0 R /Fit] >>",
        b"<< /S /URI /URI (file:///G:/forms/permit.pdf) >>",
        b"<< /S /SubmitForm /F (https://city.example/form) >>",
    ],
)
def test_links_and_forms_are_not(action):
    assert told(pdf(action, catalog=b"/OpenAction [3 0 R /Fit] ")) == []


@pytest.mark.parametrize(
    "piece",
    [b"/JS(", b"/JS 1 0 R ", b"/JS<41>", b"/OpenAction<<", b"/AA<</O", b"1 0 obj ", b"/ObjStm ", b"/URI(\\\\a "],
)
def test_hostile_repetition_costs_little(piece):
    began = time.process_time()
    pdf_signs(b"%PDF-1.7 /JavaScript /JS " + piece * (1_000_000 // len(piece)))
    assert time.process_time() - began < 3


def test_e17_a_script_that_the_last_of_many_updates_brings_is_told():
    ordinary = b"4 0 obj\n(AFNumber_Format\\(2\\))\nendobj\n" * 7
    octets = pdf(catalog=b"/AcroForm << /A << /S /JavaScript /JS 4 0 R >> >> ") + ordinary
    assert told(octets) == []
    assert told(octets + b"4 0 obj\n(eval\\(x\\))\nendobj\n") == ["PDF with script"]


@pytest.mark.parametrize(("scripts", "found"), [(2_000, []), (2_001, ["PDF with script"])])
def test_as_many_scripts_as_are_read_and_one_more(scripts, found):
    """None of them does harm; of more it is not known."""
    assert told(pdf(b"<< /S /JavaScript /JS (AFNumber_Format\\(2\\)) >>\n" * scripts)) == found


@pytest.mark.parametrize(("more", "found"), [(0, []), (1, ["PDF with script"])])
def test_a_script_as_long_as_is_read_and_longer_by_one_octet(more, found):
    code = b"AFNumber_Format(2)".ljust(64 * 1024 - 2 + more)  # and a line end
    assert told(pdf(stream(code), b"<< /S /JavaScript /JS 4 0 R >>")) == found


HARMLESS = b"<< /S /JavaScript /JS (x = 1) >>"


@pytest.mark.parametrize(
    "script",
    [
        b"/JS <" + b"20" * 65_535 + b"6576616c2829>",
        b"/JS <6576616c2829",
        b'/JS (app%s["launch"])' % (b" " * 50),
        b'/JS (Function%s(%s"x"))' % (b" " * 50, b" " * 50),
        b"/JS (app . launchURL)",
    ],
)
def test_e17_a_script_is_told_beside_a_harmless_one_however_it_is_written(script):
    assert told(pdf(b"<< /S /JavaScript " + script + b" >>", HARMLESS)) == ["PDF with script"]


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (b"(%sjavascript:x%s)" % (b" " * 2_000, b"a" * 2_000), "PDF with script"),
        (b"<6a6176617363726970743a%s>" % (b"41" * 3_000), "PDF with script"),
        (b"(file://a.example/%s)" % (b"a" * 2_000), "PDF that opens a share elsewhere"),
    ],
)
def test_e17_no_length_hides_an_address(address, text):
    assert told(pdf(b"<< /S /URI /URI " + address + b" >>")) == [text]
