"""The catalogue's cases of MIME structure and names, as whole mail: D01 to D22, each reported or held."""

import base64
import binascii
import time

import pytest

from rules.detectors import ambiguous_message, executable_attachment
from rules.facts import Reason

PROGRAM = b"MZ\x90\x00" + bytes(56) + b"\x40\0\0\0PE\0\0L\x01" + b"does nothing"
B64 = base64.encodebytes(PROGRAM).decode()
FRONT = "From: ann@city.example\nTo: bob@elsewhere.example\nSubject: minutes\nMIME-Version: 1.0\n"
BINARY = "Content-Type: application/octet-stream\n"
IN_BASE64 = "Content-Transfer-Encoding: base64\n"
PART = f"{BINARY}{IN_BASE64}\n{B64}"
WORDS = "only words\n"
SECONDS = 5.0


@pytest.fixture
def told(facts_of):
    """What is said of a mail: `executable`, `ambiguous`, and the reasons for what was not inspected."""

    def judge(mail):
        facts = facts_of(mail if isinstance(mail, bytes) else mail.encode("latin-1").replace(b"\n", b"\r\n"))
        said = {entry.reason for entry in facts.unread}
        if any(executable_attachment.detect(facts, executable_attachment.Parameters())):
            said.add("executable")
        if any(ambiguous_message.detect(facts, ambiguous_message.Parameters())):
            said.add("ambiguous")
        return said

    return judge


def mixed(content_type, body):
    return f"{FRONT}Content-Type: {content_type}\n\n{body}"


def parts(boundary, part=PART):
    return f"--{boundary}\nContent-Type: text/plain\n\nsee the file\n--{boundary}\n{part}\n--{boundary}--\n"


def named(disposition="", content_type="text/plain"):
    """Words in a part that only its name could call a program."""
    part = f"Content-Type: {content_type}\nContent-Disposition: attachment{disposition}\n\n{WORDS}"
    return mixed("multipart/mixed; boundary=b", parts("b", part))


@pytest.mark.parametrize("split", ["one", "two", "both"])
def test_d01_two_boundary_parameters(told, split):
    bodies = {"one": parts("one"), "two": parts("two"), "both": parts("one", "\nwords\n") + parts("two")}
    assert {"executable", "ambiguous"} <= told(mixed("multipart/mixed; boundary=one; boundary=two", bodies[split]))


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
    ],
    ids=["out of order", "a gap", "plain and encoded", "encoded and plain", "two digits", "beside a plain one"],
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
    "name",
    [
        "payload.exe. .", "payload.exe\u00a0", "payload.exe\t", "payload.exe::$DATA", "payload.exe/", "PAYLOAD.EXE",
        "payload．ｅｘｅ", "payload.e\u200dxe", "payload.e\u00adxe", "payload%2eexe", "payload.exe\\",
        "a/b/payload.exe",
    ],
)  # fmt: skip
def test_d10_names_as_file_systems_take_them(told, name):
    extended = "".join(f"%{octet:02X}" for octet in name.encode())
    assert "executable" in told(named(f"; filename*=utf-8''{extended}"))


def test_d11_a_name_turned_round(told):
    extended = "".join(f"%{octet:02X}" for octet in "photo\u202egnp.exe".encode())
    assert "executable" in told(named(f"; filename*=utf-8''{extended}"))


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


@pytest.mark.parametrize(
    ("written", "encode"),
    [
        ("(c)base64", None), ('"base64"', None), ("base64;x", None), ("base\0" + "64", None), (" base 64 ", None),
        ("foo64", None), ("x-uuencode", "uu"), ("x-uue", "uu"), ("uuencode", "uu"), ("mac-binhex40", "hqx"),
    ],
)  # fmt: skip
def test_d13_encodings_as_lenient_readers_take_them(told, written, encode):
    uu = "begin 644 a\n" + "".join(binascii.b2a_uu(PROGRAM[at : at + 45]).decode() for at in range(0, len(PROGRAM), 45))
    hqx = "(This file must be converted with BinHex 4.0)\n\n:" + "x" * 80 + ":\n"
    body = {"uu": uu + "`\nend\n", "hqx": hqx, None: B64}[encode]
    part = f"{BINARY}Content-Transfer-Encoding: {written}\n\n{body}"
    assert told(mixed("multipart/mixed; boundary=b", parts("b", part)))


@pytest.mark.parametrize(
    "front",
    [
        "Content-Type : multipart/mixed; boundary=b\n\n",
        " Content-Type: multipart/mixed; boundary=b\n\n",
        "Content-Type\0: multipart/mixed; boundary=b\n\n",
        "X-A: 1\n Content-Type: multipart/mixed; boundary=b\n\n",
        "Content-Type: text/plain\n \nContent-Type: multipart/mixed; boundary=b\n\n",
        "X-A: 1\rContent-Type: multipart/mixed; boundary=b\n\n",
        "Content-Type: multipart/mixed; boundary=b\n",
        "no colon\nContent-Type: multipart/mixed; boundary=b\n\n",
    ],
    ids=["blank", "blank before", "NUL", "folded", "line of blanks", "bare CR", "no empty line", "no colon"],
)
def test_d14_headers_that_readers_take_apart_differently(told, front):
    assert told(FRONT + front + parts("b")) >= {"executable", "ambiguous"}


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
    [lambda o: f"={o:02x}", lambda o: f"={o:02X}" + ("=  \n" if o == 0x90 else ""), lambda o: f"={o:02X}=\r"],
    ids=["lower hex", "blanks after a soft break", "bare CR"],
)
def test_d16_damaged_quoted_printable(told, encode):
    part = f"{BINARY}Content-Transfer-Encoding: quoted-printable\n\n{''.join(map(encode, PROGRAM))}\n"
    assert told(mixed("multipart/mixed; boundary=b", parts("b", part))) & {"executable", "ambiguous"}


@pytest.mark.parametrize(
    "media_type", ["message/partial; id=a; number=1; total=2", 'message/external-body; access-type=URL; URL="x"']
)
def test_d17_what_is_elsewhere_is_always_told(told, media_type):
    assert Reason.PARTIAL in told(mixed(media_type, "Subject: x\n\nwords\n"))


UU_LINES = "".join(binascii.b2a_uu(PROGRAM[at : at + 45]).decode() for at in range(0, len(PROGRAM), 45)) + "`\nend\n"


@pytest.mark.parametrize("mode", ["644", "0644"])
@pytest.mark.parametrize("where", ["alone", "after text", "second text", "base64 text"])
def test_d18_uuencode(told, mode, where):
    text = f"begin {mode} payload.exe\n{UU_LINES}"
    encoded = base64.encodebytes(text.encode()).decode()
    mail = {
        "alone": FRONT + "\n" + text,
        "after text": FRONT + "\nHello Bob,\n\n" + text,
        "second text": mixed("multipart/mixed; boundary=b", parts("b", f"Content-Type: text/plain\n\n{text}")),
        "base64 text": f"{FRONT}{IN_BASE64}\n{encoded}",
    }[where]
    assert "executable" in told(mail)


@pytest.mark.parametrize("written", [B64, f"begin 644 payload.exe\n{UU_LINES}"], ids=["base64", "uuencode"])
def test_d18_a_file_written_out_in_a_calendar(told, written):
    text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDESCRIPTION:see below\n" + written + "END:VEVENT\nEND:VCALENDAR\n"
    assert "executable" in told(mixed("text/calendar", text))


def test_d18_yenc(told):
    octets = bytes((octet + 42) % 256 for octet in PROGRAM)
    for critical in (b"=", b"\0", b"\n", b"\r"):
        octets = octets.replace(critical, bytes([61, (critical[0] + 64) % 256]))
    text = b"=ybegin line=128 size=%d name=payload.exe\r\n%s\r\n=yend size=%d\r\n" % (
        len(PROGRAM),
        octets,
        len(PROGRAM),
    )
    assert "executable" in told(FRONT.replace("\n", "\r\n").encode() + b"\r\n" + text)


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
