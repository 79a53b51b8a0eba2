"""The catalogue's cases of MIME structure, as whole mail: D01, D12 to D22, each reported or held."""

import base64
import binascii
import struct
import time

import pytest

from rules.facts import Reason, Role

PROGRAM = b"MZ\x90\x00" + bytes(56) + b"\x40\0\0\0PE\0\0L\x01" + b"does nothing"
B64 = base64.encodebytes(PROGRAM).decode()
FRONT = "From: ann@city.example\nTo: bob@elsewhere.example\nSubject: minutes\nMIME-Version: 1.0\n"
BINARY = "Content-Type: application/octet-stream\n"
IN_BASE64 = "Content-Transfer-Encoding: base64\n"
PART = f"{BINARY}{IN_BASE64}\n{B64}"
WORDS = "only words\n"
SECONDS = 5.0


def mixed(content_type, body):
    return f"{FRONT}Content-Type: {content_type}\n\n{body}"


def parts(boundary, part=PART):
    return f"--{boundary}\nContent-Type: text/plain\n\nsee the file\n--{boundary}\n{part}\n--{boundary}--\n"


@pytest.mark.parametrize("split", ["one", "two", "both"])
def test_d01_two_boundary_parameters(told, split):
    bodies = {"one": parts("one"), "two": parts("two"), "both": parts("one", "\nwords\n") + parts("two")}
    assert {"executable", "ambiguous"} <= told(mixed("multipart/mixed; boundary=one; boundary=two", bodies[split]))


@pytest.mark.parametrize("order", [("base64", "7bit"), ("7bit", "base64"), ("7bit", "base64", "8bit")])
def test_d12_several_transfer_encodings(told, order):
    fields = "".join(f"Content-Transfer-Encoding: {encoding}\n" for encoding in order)
    joined = f"Content-Transfer-Encoding: {', '.join(order)}\n"
    for said in (fields, joined):
        part = f"{BINARY}{said}\n{B64}"
        assert told(mixed("multipart/mixed; boundary=b", parts("b", part))) >= {"executable", "ambiguous"}


@pytest.mark.parametrize("other", ["text/plain", "image/png", 'multipart/mixed; boundary="c"'])
@pytest.mark.parametrize("first", [True, False])
def test_d12_two_content_types(told, other, first):
    fields = [f"Content-Type: {other}\n", "Content-Type: multipart/mixed; boundary=b\n"]
    mail = FRONT + "".join(fields if first else reversed(fields)) + "\n" + parts("b")
    assert "executable" in told(mail)
    assert "ambiguous" in told(mail)


UU_LINES = "".join(binascii.b2a_uu(PROGRAM[at : at + 45]).decode() for at in range(0, len(PROGRAM), 45)) + "`\nend\n"
_BINHEX = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr",
)


def binhex(name=b"notes.txt", content=PROGRAM):
    """BinHex 4.0 (RFC 1741), as a Macintosh writes it."""
    head = bytes([len(name)]) + name + b"\0TEXT????\0\0" + struct.pack(">II", len(content), 0)
    whole = b"".join(piece + struct.pack(">H", binascii.crc_hqx(piece, 0)) for piece in (head, content, b""))
    letters = base64.b64encode(whole.replace(b"\x90", b"\x90\0")).rstrip(b"=").translate(_BINHEX)
    lines = b":" + letters + b":"
    text = b"\n".join(lines[at : at + 64] for at in range(0, len(lines), 64)).decode()
    return f"(This file must be converted with BinHex 4.0)\n\n{text}\n"


def yenc(name="notes.txt", content=PROGRAM):
    octets = bytes((octet + 42) % 256 for octet in content)
    for critical in (b"=", b"\0", b"\n", b"\r"):
        octets = octets.replace(critical, bytes([61, (critical[0] + 64) % 256]))
    size = len(content)
    return f"=ybegin line=128 size={size} name={name}\n{octets.decode('latin-1')}\n=yend size={size}\n"


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ("(c)base64", B64), ('"base64"', B64), ("base64;x", B64), ("base\0" + "64", B64), (" base 64 ", B64),
        ("foo64", B64), ("x-uuencode", f"begin 644 a\n{UU_LINES}"), ("x-uue", f"begin 644 a\n{UU_LINES}"),
        ("uuencode", f"begin 644 a\n{UU_LINES}"), ("mac-binhex40", binhex()), ("x-yencode", yenc()),
    ],
)  # fmt: skip
def test_d13_encodings_as_lenient_readers_take_them(told, written, body):
    part = f"{BINARY}Content-Transfer-Encoding: {written}\n\n{body}"
    assert "executable" in told(mixed("multipart/mixed; boundary=b", parts("b", part)))


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ("x-uuencode", "begin 644 payload.exe\n%=V]R9',\n`\nend\n"),
        ("x-yenc", yenc("payload.exe", b"words")),
        ("mac-binhex40", binhex(b"payload.exe", b"words")),
    ],
    ids=["uuencode", "yEnc", "BinHex"],
)
def test_d13_an_encoding_names_its_file(told, written, body):
    part = f"{BINARY}Content-Disposition: attachment; filename=a.txt\nContent-Transfer-Encoding: {written}\n\n{body}"
    assert "executable" in told(mixed("multipart/mixed; boundary=b", parts("b", part)))


@pytest.mark.parametrize(
    "front",
    [
        "Content-Type : multipart/mixed; boundary=b\n\n",
        " Content-Type: multipart/mixed; boundary=b\n\n",
        "Content-Type\0: multipart/mixed; boundary=b\n\n",
        "\0Content-Type: multipart/mixed; boundary=b\n\n",
        "X-A: 1\n Content-Type: multipart/mixed; boundary=b\n\n",
        "Content-Type: text/plain\n \nContent-Type: multipart/mixed; boundary=b\n\n",
        "X-A: 1\rContent-Type: multipart/mixed; boundary=b\n\n",
        "Content-Type: multipart/mixed; boundary=b\n",
        "no colon\nContent-Type: multipart/mixed; boundary=b\n\n",
    ],
    ids=[
        "blank",
        "blank before",
        "NUL",
        "NUL before",
        "folded",
        "line of blanks",
        "bare CR",
        "no empty line",
        "no colon",
    ],
)
def test_d14_headers_that_readers_take_apart_differently(told, front):
    assert told(FRONT + front + parts("b")) >= {"executable", "ambiguous"}


@pytest.mark.parametrize("blank", [" ", "\t"])
def test_d14_a_first_line_that_is_folded(told, blank):
    assert told(f"{blank}Content-Type: multipart/mixed; boundary=b\n{FRONT}\n{parts('b')}") >= {
        "executable",
        "ambiguous",
    }
    part = f"{blank}Content-Disposition: attachment; filename=payload.exe\nContent-Type: text/plain\n\n{WORDS}"
    assert told(mixed("multipart/mixed; boundary=b", parts("b", part))) >= {"executable", "ambiguous"}


@pytest.mark.parametrize(
    "mail",
    [
        mixed("multipart/mixed; boundary=b", PART + "\n--b\n\nwords\n--b--\n"),
        mixed("multipart/mixed; boundary=b", "--b\n\nwords\n--b--\n" + PART),
        mixed("multipart/mixed; boundary=b", "--b\n\nwords\n--b--\n--b\n" + PART + "\n--b--\n"),
        mixed("multipart/mixed; boundary=b", "--b\nContent-Type: multipart/mixed; boundary=b\n\n" + parts("b")),
        mixed("multipart/mixed; boundary=b", "--b\nContent-Type: multipart/mixed; boundary=c\n\n" + parts("b")),
        mixed("multipart/mixed; boundary=b", parts("b").removesuffix("--b--\n")),
        mixed('multipart/mixed; boundary=""', parts("")),
        mixed('multipart/mixed; boundary="b;c"', parts("b;c")),
        mixed('multipart/mixed; boundary="b c "', parts("b c")),
    ],
    ids=[
        "preamble", "epilogue", "after the close", "same twice", "the outer's", "no close", "empty", "semicolon",
        "blank",
    ],
)  # fmt: skip
def test_d15_places_that_some_readers_do_not_look_at(told, mail):
    assert told(mail) & {"executable", "ambiguous"}


QUANTA = base64.b64encode(PROGRAM).decode()


@pytest.mark.parametrize(
    "body",
    [
        "!" + QUANTA[:20] + "*\n#" + QUANTA[20:],
        QUANTA[:16] + "==\n" + QUANTA[16:],
        "\n".join(QUANTA[at : at + 6] for at in range(0, len(QUANTA), 6)),
        QUANTA[:-1],
        QUANTA.replace("+", "-").replace("/", "_"),
    ],
    ids=["junk", "= in the middle", "six a line", "a cut quantum", "URL alphabet"],
)
def test_d16_damaged_base64(told, body):
    part = f"{BINARY}{IN_BASE64}\n{body}\n"
    assert told(mixed("multipart/mixed; boundary=b", parts("b", part))) & {"executable", "ambiguous"}


@pytest.mark.parametrize(
    "encode",
    [
        lambda o: f"={o:02x}", lambda o: f"={o:02X}" + ("=  \n" if o == 0x90 else ""), lambda o: f"={o:02X}=\r",
        lambda o: ("=XY" if o == 0x4D else "") + f"={o:02X}", lambda o: ("=" if o == 0x4D else "") + f"={o:02X}",
    ],
    ids=["lower hex", "blanks after a soft break", "bare CR", "no code", "= alone"],
)  # fmt: skip
def test_d16_damaged_quoted_printable(told, encode):
    part = f"{BINARY}Content-Transfer-Encoding: quoted-printable\n\n{''.join(map(encode, PROGRAM))}\n"
    assert told(mixed("multipart/mixed; boundary=b", parts("b", part))) & {"executable", "ambiguous"}


@pytest.mark.parametrize(
    "media_type",
    [
        "message/partial; id=a; number=1; total=2", "Message/Partial", "message/partial; id=a; number=1; total=1",
        'message/external-body; access-type=URL; URL="x"', "MESSAGE/EXTERNAL-BODY",
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["alone", "a part", "in a message", "said twice"])
def test_d17_what_is_elsewhere_is_always_told(told, media_type, where):
    part = f"Content-Type: {media_type}\n\nSubject: x\n\nwords\n"
    if where == "said twice":
        part = f"Content-Type: text/plain\n{part}"
    mail = mixed("multipart/mixed; boundary=b", parts("b", part)) if where == "a part" else f"{FRONT}{part}"
    assert Reason.PARTIAL in told(f"{FRONT}Content-Type: message/rfc822\n\n{mail}" if where == "in a message" else mail)


WRITTEN = {
    "uuencode, 644": f"begin 644 notes.txt\n{UU_LINES}",
    "uuencode, 0644": f"begin 0644 notes.txt\n{UU_LINES}",
    "yEnc": yenc(),
    "BinHex": binhex(),
}


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("where", ["alone", "after text", "second text", "base64 text", "HTML"])
def test_d18_a_file_written_out_in_a_text(told, written, where):
    text = WRITTEN[written]
    encoded = base64.encodebytes(text.replace("\n", "\r\n").encode("latin-1")).decode()
    mail = {
        "alone": FRONT + "\n" + text,
        "after text": FRONT + "\nHello Bob,\n\n" + text,
        "second text": mixed("multipart/mixed; boundary=b", parts("b", f"Content-Type: text/plain\n\n{text}")),
        "base64 text": f"{FRONT}{IN_BASE64}\n{encoded}",
        "HTML": f"{FRONT}Content-Type: text/html\n\n<pre>\n{text}</pre>\n",
    }[where]
    assert "executable" in told(mail)


@pytest.mark.parametrize(
    "text",
    ["begin 644 payload.exe\n%=V]R9',\n`\nend\n", yenc("payload.exe", b"words"), binhex(b"payload.exe", b"words")],
    ids=["uuencode", "yEnc", "BinHex"],
)
def test_d18_a_file_written_out_is_judged_by_its_name_too(told, text):
    assert "executable" in told(f"{FRONT}\nHello Bob,\n\n{text}")


@pytest.mark.parametrize("written", [B64, f"begin 644 payload.exe\n{UU_LINES}"], ids=["base64", "uuencode"])
def test_d18_a_file_written_out_in_a_calendar(told, written):
    text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDESCRIPTION:see below\n" + written + "END:VEVENT\nEND:VCALENDAR\n"
    assert "executable" in told(mixed("text/calendar", text))


@pytest.mark.parametrize(
    "mail",
    [
        FRONT.replace("MIME-Version: 1.0\n", "") + "Content-Type: multipart/mixed; boundary=b\n\n" + parts("b"),
        FRONT.replace("MIME-Version: 1.0\n", "") + "\nbegin 644 payload.exe\n" + UU_LINES,
        mixed("text/plain", parts("b")),
        mixed("text", parts("b")),
    ],
    ids=["no MIME-Version", "no Content-Type", "text that is a multipart", "text without subtype"],
)
def test_d19_what_the_header_does_not_say(told, mail):
    assert "executable" in told(mail)


def test_d20_nested_five_deep_and_damaged(told):
    mail = mixed("multipart/mixed; boundary=b", parts("b"))
    for _ in range(5):
        mail = f"{FRONT}Content-Type: message/rfc822\n\n{mail}"
    assert "executable" in told(mail)
    inside = base64.encodebytes(mixed("multipart/mixed; boundary=b", parts("b")).encode()).decode()
    assert "executable" in told(f"{FRONT}Content-Type: message/rfc822\n{IN_BASE64}\n{inside}")
    began = time.process_time()
    told(f"{FRONT}Content-Type: message/rfc822\n\n" + "Content-Type: message/rfc822\n\n" * 5_000)
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize(
    ("mail", "limit"),
    [
        (mixed("multipart/mixed; boundary=b", "--b\n\nx\n" * 1_001 + "--b--\n"), True),
        (mixed("multipart/mixed; boundary=b", "--b\n\n" * 100_000), True),
        (FRONT + "X: 1\n" * 100_000 + "\nwords\n", True),
        (FRONT + "Cc: " + ",\n ".join(f"a{n}@city.example" for n in range(20_000)) + "\n\nwords\n", True),
        (mixed("text/plain" + "; a=1" * 5_000, WORDS), True),
        (mixed('multipart/mixed; boundary="' + "=?" * 8_000 + '"', WORDS), False),
        (mixed("text/plain; charset=" + "(" * 5_000, WORDS), False),
        (FRONT + "__proto__: 1\n__class__: 2\nconstructor: 3\n\nwords\n", False),
    ],
    ids=["1,001 parts", "100,000 parts", "fields", "addresses", "parameters", "=?", "(", "__proto__"],
)
def test_d21_costly_structures(told, mail, limit):
    began = time.process_time()
    assert (Reason.LIMIT in told(mail)) >= limit
    assert time.process_time() - began < SECONDS


def test_d21_depth_31(told):
    mail = "Content-Type: text/plain\n\nwords\n"
    for number in range(31):
        mail = f"Content-Type: multipart/mixed; boundary=b{number}x\n\n--b{number}x\n{mail}\n--b{number}x--\n"
    assert Reason.LIMIT in told(FRONT + mail)


@pytest.mark.parametrize(
    "fields",
    [
        "Date: Mon, 1 Sep 99999999999 08:00:00 +0000\n",
        "Message-ID: <@@@>\n",
        "Cc: " + "(" * 2_000 + "x" + ")" * 2_000 + "\n",
        *(f"Content-Type: text/plain; charset={name}\n" for name in (
            "x-unknown", "unicode_escape", "idna", "punycode", "rot13", "zlib_codec", "utf-7",
        )),
    ],
)  # fmt: skip
def test_d22_what_breaks_other_parsers_ends_in_a_verdict(told, fields):
    assert "executable" not in told(FRONT + fields + "\nwords \\u0041 +AGEAYg- \x9c\n")


def test_d22_a_thousand_multiparts_in_each_other_end_at_the_depth(told):
    mail = "".join(f"Content-Type: multipart/mixed; boundary=b{n}x\n\n--b{n}x\n" for n in range(1_000))
    assert Reason.LIMIT in told(f"{FRONT}{mail}{PART}")


@pytest.mark.parametrize(
    "charset", ["unicode_escape", "idna", "punycode", "rot13", "zlib_codec", "base64_codec", "hex"]
)
def test_d22_codecs_of_python_are_no_charsets(facts_of, charset):
    facts = facts_of(f"{FRONT}Content-Type: text/plain; charset={charset}\n\nwords \\u0041 xn--4ca jbeqf\n")
    assert [text.text.strip() for text in facts.said(Role.AUTHOR)] == ["words \\u0041 xn--4ca jbeqf"]


@pytest.mark.parametrize(("more", "limited"), [(0, False), (1, True)])
def test_d21_a_field_of_64_kib_and_one_octet_more(told, more, limited):
    front, fold = " " + "x" * 32_000, "\r\n "  # on two lines, for a line has a limit of its own
    body = front + fold + "x" * (64 * 1024 + more - len(front + fold))
    header = FRONT.replace("\n", "\r\n")
    assert (Reason.LIMIT in told(f"{header}X-Long:{body}\r\n\r\nwords\r\n".encode())) == limited


@pytest.mark.parametrize(("more", "limited"), [(0, False), (1, True)])
def test_d21_a_header_of_256_kib_and_one_octet_more(told, more, limited):
    front = FRONT.replace("\n", "\r\n")
    line = "X: " + "a" * 995 + "\r\n"
    room = 256 * 1024 - len(front) - len("Y: \r\n\r\n") + more
    header = front + line * (room // len(line)) + "Y: " + "b" * (room % len(line)) + "\r\n"
    assert (Reason.LIMIT in told(f"{header}\r\nwords\r\n".encode())) == limited


def test_d21_many_attributes_of_one_element_cost_little(told):
    began = time.process_time()
    told(f"{FRONT}Content-Type: text/html\n\n<p " + " ".join(f"a{n}=1" for n in range(150_000)) + ">words\n")
    assert time.process_time() - began < SECONDS
