"""The catalogue's cases of file names, as whole mail: D06 to D11, each reported or held."""

import pytest

from rules.facts import Reason
from tests.rules.reading.test_catalogue_mime import BINARY, FRONT, WORDS, mixed, parts


def named(disposition="", content_type="text/plain"):
    """Words in a part that only its name could call a program."""
    part = f"Content-Type: {content_type}\nContent-Disposition: attachment{disposition}\n\n{WORDS}"
    return mixed("multipart/mixed; boundary=b", parts("b", part))


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "x-none", ""])
def test_d06_extended_name_with_a_language(told, charset):
    assert "executable" in told(named(f"; filename*={charset}'en-US'payload.exe"))


@pytest.mark.parametrize(
    "sections",
    [
        '; filename*1=".exe"; filename*0="payload"',
        '; filename*0="payload"; filename*2=".exe"',
        "; filename*0=payload; filename*1*=%2Eexe",
        "; filename*0*=utf-8''payload%2E; filename*1=exe",
        '; filename*00="payload"; filename*01=".exe"',
        '; filename="harmless.txt"; filename*0="payload"; filename*1=".exe"',
        "; filename*0=payload.exe; filename*2=x",
        "; filename*0=payload.e; filename*0=a; filename*1=xe",
        "; filename*0=payload.; filename*1=t; filename*1=ex; filename*2=e",
        "; filename*=utf-8''payload.exe; filename*=utf-8''a",
        "; filename*=utf-8''payload.exe; filename*0=a; filename*1=b",
    ],
    ids=[
        "out of order",
        "a gap",
        "plain and encoded",
        "encoded and plain",
        "two digits",
        "beside a plain one",
        "ends at a gap",
        "the first of repeated ones",
        "the last of repeated ones",
        "two whole ones",
        "beside a whole one",
    ],
)
def test_d08_sections_of_a_name(told, sections):
    assert "executable" in told(named(sections))


@pytest.mark.parametrize(("count", "cut"), [(100, False), (101, True)])
def test_d08_as_many_sections_as_are_joined_and_one_more(told, count, cut):
    sections = "".join(f'; filename*{number}="a"' for number in range(count - 1)) + f'; filename*{count - 1}=".exe"'
    assert told(named(sections)) & {"executable", Reason.LIMIT} >= ({Reason.LIMIT} if cut else {"executable"})


@pytest.mark.parametrize("field", ["disposition", "type"])
@pytest.mark.parametrize(
    "written",
    [
        "=?utf-8?B?cGF5bG9hZC5leGU=?=",
        "=?utf-8?Q?payload=2Eexe?=",
        "=?utf-8?Q?pay?= =?utf-8?Q?load.exe?=",
        "=?x-unknown?Q?payload.exe?=",
        "=?iso-8859-1*en?Q?payload.exe?=",
    ],
    ids=["B", "Q", "two words", "unknown charset", "with a language"],
)
def test_d09_names_in_encoded_words(told, written, field):
    mail = named(f'; filename="{written}"') if field == "disposition" else named("", f'text/plain; name="{written}"')
    assert "executable" in told(mail)


@pytest.mark.parametrize(
    "fields",
    [
        "Content-Disposition: filename=payload.exe",
        "Content-Disposition: attachment filename=payload.exe",
        'Content-Disposition: attachment, filename="payload.exe"; size=4',
        "Content-Disposition: attachment; size=4, filename=payload.exe",
        "Content-Disposition: =?utf-8?Q?attachment=3B_filename=3Dpayload.exe?=",
        "Content-Disposition: attachment; =?utf-8?B?ZmlsZW5hbWU9cGF5bG9hZC5leGU=?=",
        'Content-Disposition: attachment; filename="pay\n load.e\n\txe"; size=4',
        'Content-Type: text/plain; name="payload.e\n\txe"',
        "Content-Type: text/plain; format=flowed name=payload.exe",
        "Content-Location: file:///C:/payload.exe",
        "Content-Description: payload.exe",
    ],
)
def test_d09_names_where_lenient_readers_find_them(told, fields):
    assert "executable" in told(mixed("multipart/mixed; boundary=b", parts("b", f"{fields}\n\n{WORDS}")))


@pytest.mark.parametrize(
    "name",
    [
        "payload.exe. .", "payload.exe\u00a0", "payload.exe\t", "payload.exe::$DATA", "payload.exe/", "PAYLOAD.EXE",
        "payload．ｅｘｅ", "payload.e\u200dxe", "payload.e\u00adxe", "payload%2eexe", "payload.exe\\",
        "a/b/payload.exe",
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["extended", "quoted"])
def test_d10_names_as_file_systems_take_them(told, name, form):
    extended = "".join(f"%{octet:02X}" for octet in name.encode())
    quoted = name.replace("\\", "\\\\").encode().decode("latin-1")
    assert "executable" in told(
        named(f"; filename*=utf-8''{extended}" if form == "extended" else f'; filename="{quoted}"')
    )


def test_d11_a_name_turned_round(told):
    extended = "".join(f"%{octet:02X}" for octet in "photo\u202egnp.exe".encode())
    assert "executable" in told(named(f"; filename*=utf-8''{extended}"))


@pytest.mark.parametrize(("count", "told_as"), [(10, "executable"), (11, Reason.LIMIT)])
def test_d09_as_many_dispositions_as_are_read_and_one_more(told, count, told_as):
    fields = "Content-Disposition: attachment; filename=a.txt\n" * (count - 1)
    fields += "Content-Disposition: attachment; filename=a.js\n"
    assert told_as in told(mixed("multipart/mixed; boundary=b", parts("b", f"{BINARY}{fields}\n{WORDS}")))


@pytest.mark.parametrize(("count", "limited"), [(32, False), (33, True)])
def test_d09_as_many_names_as_are_kept_and_one_more(told, count, limited):
    names = "".join(f"; filename=a{number}.txt" for number in range(count))
    assert (Reason.LIMIT in told(named(names))) == limited


@pytest.mark.parametrize(("count", "limited"), [(500, False), (501, True)])
def test_d09_as_many_encoded_words_as_are_decoded_and_one_more(told, count, limited):
    assert (Reason.LIMIT in told(FRONT + "X-Words: " + "=?utf-8?Q?a?=\n " * count + "\n\nwords\n")) == limited
