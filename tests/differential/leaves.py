"""Body parts that carry the canary: every way in which senders, and attackers, write their fields and encodings."""

import base64
import binascii
import quopri
from collections.abc import Callable

from tests.differential.choices import Choices

# A program in shape alone: the signs of one, and no code.
CANARY = (
    b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".ljust(60, b"\0")
    + b"\x40\0\0\0PE\0\0L\x01\0\0"
    + (b"a canary of the tests, which does nothing\r\n" + bytes(range(256)))
)
NAME = "canary.exe"
HARMLESS = b"nothing but text\r\n"

Encoder = Callable[[bytes], bytes]


def _base64(octets: bytes, width: int = 76) -> bytes:
    text = base64.b64encode(octets)
    return b"".join(text[at : at + width] + b"\n" for at in range(0, len(text), width))


def _padded_by_line(octets: bytes) -> bytes:
    return b"".join(base64.b64encode(octets[at : at + 40]) + b"\n" for at in range(0, len(octets), 40))


def _uuencoded(octets: bytes, name: str = NAME) -> bytes:
    lines = [binascii.b2a_uu(octets[at : at + 45]) for at in range(0, len(octets), 45)]
    return b"begin 644 " + name.encode() + b"\n" + b"".join(lines) + b"`\nend\n"


def _quoted(octets: bytes) -> bytes:
    return b"".join(b"=%02X" % octet + (b"=\n" if at % 24 == 23 else b"") for at, octet in enumerate(octets)) + b"\n"


def _every(octets: bytes, width: int, extra: bytes) -> bytes:
    text = base64.b64encode(octets)
    return b"".join(text[at : at + width] + extra for at in range(0, len(text), width)) + b"\n"


_BASE64: tuple[tuple[str, Encoder], ...] = (
    ("one long line", lambda octets: base64.b64encode(octets) + b"\n"),
    ("lines of four", lambda octets: _base64(octets, 4)),
    ("lines of 75", lambda octets: _base64(octets, 75)),
    ("lines of 1", lambda octets: _base64(octets, 1)),
    ("blanks between", lambda octets: _every(octets, 4, b" ")),
    ("tabs and blanks before lines", lambda octets: _every(octets, 60, b"\n \t")),
    ("junk between", lambda octets: _every(octets, 10, b"!*")),
    ("high octets between", lambda octets: _every(octets, 12, b"\xff\xc3")),
    ("NUL between", lambda octets: _every(octets, 60, b"\0\n")),
    ("padded line by line", _padded_by_line),
    ("padding in its middle", lambda octets: base64.b64encode(octets[:100]) + base64.b64encode(octets[100:]) + b"\n"),
    ("padding first", lambda octets: b"====\n" + _base64(octets)),
    ("padding alone early", lambda octets: _base64(octets)[:20] + b"=" + _base64(octets)[20:]),
    ("too much padding", lambda octets: _base64(octets).rstrip() + b"=====\n"),
    ("no padding", lambda octets: _base64(octets).replace(b"=", b"")),
    ("one letter too many", lambda octets: _base64(octets).rstrip().rstrip(b"=") + b"A\n"),
    ("broken off", lambda octets: _base64(octets)[:-30]),
    ("URL alphabet", lambda octets: _base64(octets).translate(bytes.maketrans(b"+/", b"-_"))),
    ("empty lines first", lambda octets: b"\n\n\n" + _base64(octets)),
    ("empty lines within", lambda octets: _every(octets, 76, b"\n\n")),
    ("text after it", lambda octets: _base64(octets) + b"\n-- \nsent by a list\n"),
    ("a word before it", lambda octets: b"VIRUS\n" + _base64(octets)),
    ("a comment before it", lambda octets: b"(comment)\n" + _base64(octets)),
    ("twice", lambda octets: _base64(octets) + _base64(octets)),
)
_QUOTED: tuple[tuple[str, Encoder], ...] = (
    ("lower case", lambda octets: _quoted(octets).lower()),
    ("of the standard library", lambda octets: quopri.encodestring(octets) + b"\n"),
    ("blanks after soft breaks", lambda octets: _quoted(octets).replace(b"=\n", b"= \t\n")),
    ("a stray = first", lambda octets: b"=\n" + _quoted(octets)),
    ("no soft breaks", lambda octets: _quoted(octets).replace(b"=\n", b"")),
    ("soft break inside a code", lambda octets: _quoted(octets).replace(b"=90", b"=9=\n0", 1)),
)
_UU: tuple[tuple[str, Encoder], ...] = (
    ("no begin line", lambda octets: _uuencoded(octets).split(b"\n", 1)[1]),
    ("no end", lambda octets: _uuencoded(octets).removesuffix(b"end\n")),
    ("blanks for grave accents", lambda octets: _uuencoded(octets).replace(b"`", b" ")),
    ("text before", lambda octets: b"Here it is:\n\n" + _uuencoded(octets)),
    ("another name", lambda octets: _uuencoded(octets, "a b.exe")),
    ("blanks for grave accents, cut at line ends", lambda octets: _uuencoded(octets).replace(b"`\n", b"\n")),
    ("two files", lambda octets: _uuencoded(HARMLESS, "a.txt") + _uuencoded(octets)),
    ("quoted", lambda octets: b"".join(b"> " + line + b"\n" for line in _uuencoded(octets).splitlines())),
)
_IDENTITY = ("7bit", "8bit", "binary", "", "8BIT", "7bit (plain)")

# What a field says is drawn apart from what the body is: for each true encoding, the ways to say it, and wrong ones.
_SAID = (
    ("capitals", "{0.upper}"),
    ("blank after", "{0} "),
    ("tab before", "\t{0}"),
    ("semicolon after", "{0};"),
    ("comment after", "{0} (really)"),
    ("comment before", "(really) {0}"),
    ("in quotes", '"{0}"'),
    ("in apostrophes", "'{0}'"),
    ("folded", "\n {0}"),
    ("folded with an empty line of blanks", "\n \n {0}"),
    ("junk after", "{0} junk"),
    ("comma after", "{0},8bit"),
    ("a parameter", "{0}; charset=x"),
    ("x- before", "x-{0}"),
    ("blank inside", "{0.split}"),
    ("encoded word", "=?us-ascii?Q?{0}?="),
    ("dot after", "{0}."),
    ("equals after", "{0}="),
    ("NUL inside", "{0.nul}"),
    ("colon before", ": {0}"),
    ("a wrong one", "quoted-printable"),
    ("7bit", "7bit"),
    ("unknown", "x-unknown"),
    ("empty", ""),
)


def _say(form: str, word: str) -> str:
    halves = word[:2], word[2:]
    known = {"{0.upper}": word.upper(), "{0.split}": " ".join(halves), "{0.nul}": "\0".join(halves)}
    return known.get(form) or form.replace("{0}", word)


_FIELD_NAMES = (
    ("lower case", "{0.lower}:"),
    ("capitals", "{0.upper}:"),
    ("blank before the colon", "{0} :"),
    ("tab before the colon", "{0}\t:"),
    ("NUL before the colon", "{0}\0:"),
    ("blank before the name", " {0}:"),
    ("no blank after", "{0}:!"),
    ("two colons", "{0}::"),
    ("folded before the colon", "{0}\n :"),
)


def field(choices: Choices, name: str, body: str) -> str:
    """One header field, its name now and then in another form."""
    form = choices.usual_or(f"field {name}", "{0}:", _FIELD_NAMES)
    head = form.replace("{0.lower}", name.lower()).replace("{0.upper}", name.upper()).replace("{0}", name)
    return head[:-1] + body + "\n" if head.endswith("!") else f"{head} {body}\n"


def encoded(choices: Choices, octets: bytes) -> tuple[str, bytes]:
    """The fields that say how, and the body."""
    kind = choices.random.choices(("base64", "quoted-printable", "x-uuencode", "identity"), (70, 12, 8, 10))[0]
    if kind == "identity":
        choices.told.append("not encoded")
        word = choices.random.choice(_IDENTITY)
        return (field(choices, "Content-Transfer-Encoding", word) if word else ""), octets + b"\n"
    usual: dict[str, tuple[Encoder, tuple[tuple[str, Encoder], ...]]] = {
        "base64": (_base64, _BASE64),
        "quoted-printable": (_quoted, _QUOTED),
        "x-uuencode": (_uuencoded, _UU),
    }
    encoder, odd = usual[kind]
    body = choices.usual_or(kind, encoder, odd)(octets)
    words = [_say(choices.usual_or("encoding said", "{0}", _SAID), kind)]
    if choices.sometimes("encoding said twice", 0.5):
        words.insert(choices.random.randrange(2), choices.random.choice(("7bit", "quoted-printable", "base64", "")))
    if choices.sometimes("encoding not said", 0.2):
        words = []
    return "".join(field(choices, "Content-Transfer-Encoding", word) for word in words), body


_FILENAMES = (
    ("bare", "; filename={0}"),
    ("capitals", '; FILENAME="{0}"'),
    ("blanks around =", '; filename = "{0}"'),
    ("not closed", '; filename="{0}'),
    ("apostrophes", "; filename='{0}'"),
    ("RFC 2231", "; filename*=utf-8''canary%2Eexe"),
    ("RFC 2231 without charset", "; filename*=canary%2eexe"),
    ("RFC 2231 in quotes", "; filename*=\"utf-8''canary%2Eexe\""),
    ("RFC 2231 and another", "; filename=\"a.txt\"; filename*=utf-8''canary.exe"),
    ("another and RFC 2231", "; filename*=utf-8''a.txt; filename=\"{0}\""),
    ("sections", '; filename*0="canary"; filename*1=".exe"'),
    ("sections, the wrong order", '; filename*1=".exe"; filename*0="canary"'),
    ("sections, encoded", "; filename*0*=utf-8''can%61ry; filename*1*=%2Eexe"),
    ("sections, mixed", "; filename*0*=utf-8''canary%2E; filename*1=exe"),
    ("sections without the first", '; filename*1="canary"; filename*2=".exe"'),
    ("sections from 00", '; filename*00="canary"; filename*01=".exe"'),
    ("sections with a gap", '; filename*0="canary.exe"; filename*2="x.txt"'),
    ("encoded word B", '; filename="=?utf-8?B?Y2FuYXJ5LmV4ZQ==?="'),
    ("encoded word Q", '; filename="=?utf-8?Q?canary=2Eexe?="'),
    ("encoded word bare", "; filename==?utf-8?B?Y2FuYXJ5LmV4ZQ==?="),
    ("two encoded words", '; filename="=?utf-8?Q?can?= =?utf-8?Q?ary.exe?="'),
    ("two encoded words, folded", '; filename="=?utf-8?Q?can?=\n =?utf-8?Q?ary.exe?="'),
    ("encoded word, unknown charset", '; filename="=?x-none?Q?canary.exe?="'),
    ("encoded word broken", '; filename="=?utf-8?B?Y2FuYXJ5LmV4ZQ==?"'),
    ("UTF-7", '; filename="=?utf-7?Q?canary+AC4-exe?="'),
    ("twice, text first", '; filename="a.txt"; filename="{0}"'),
    ("twice, text last", '; filename="{0}"; filename="a.txt"'),
    ("dot after", '; filename="{0}."'),
    ("blank after", '; filename="{0} "'),
    ("path", '; filename="C:\\\\temp\\\\{0}"'),
    ("unescaped path", '; filename="C:\\temp\\{0}"'),
    ("escapes", '; filename="\\c\\a\\n\\a\\r\\y.e\\x\\e"'),
    ("quote inside", '; filename="a\\".txt\\"{0}"'),
    ("quotes twice", '; filename="canary".exe""'),
    ("joined quotes", '; filename="canary"".exe"'),
    ("text after the quote", '; filename="canary".exe'),
    ("folded", ';\n filename="{0}"'),
    ("folded inside", '; filename="canary\n .exe"'),
    ("no semicolon", ' filename="{0}"'),
    ("comma", ', filename="{0}"'),
    ("two semicolons", ';; filename="{0}"'),
    ("comment", '; (a comment) filename="{0}"'),
    ("comment with a quote", '; (a " comment) filename="{0}"'),
    ("comment after =", '; filename=(comment)"{0}"'),
    ("NUL inside", '; filename="canary\0.exe"'),
    ("after a cut", '; filename="canary.exe\0.txt"'),
    ("high octets", '; filename="Prüfung.exe"'),
    ("semicolon inside", '; filename="a;b.exe"'),
    ("semicolon inside, bare", "; filename=a;b.exe"),
    ("blank inside, bare", "; filename=my canary.exe"),
    ("an unfinished parameter before", '; x="; filename="{0}"'),
    ("an empty parameter before", '; x=; filename="{0}"'),
    ("many parameters before", "; a=1" * 30 + '; filename="{0}"'),
    ("longer than is read", '; filename="' + "a" * 1_100 + '.exe"'),
    ("longer than is read, the end first", '; filename="{0}' + " " * 1_100 + '"'),
    ("more parameters before than are read", "; a=1" * 1_001 + '; filename="{0}"'),
    ("more sections than are joined", "".join(f'; filename*{n}="x"' for n in range(101)) + '; filename*101=".exe"'),
    ("a stream", '; filename="{0}::$DATA"'),
    ("percent signs", '; filename="canary%2eexe"'),
    ("none", ""),
)


def _name(choices: Choices, parameter: str) -> str:
    form = choices.usual_or(f"{parameter} form", '; filename="{0}"', _FILENAMES)
    return form.replace("{0}", NAME).replace("filename", parameter).replace("FILENAME", parameter.upper())


_TYPES = (
    ("text", "text/plain"),
    ("text with charset", "text/plain; charset=utf-16"),
    ("HTML", "text/html"),
    ("picture", "image/png"),
    ("program", "application/x-msdownload"),
    ("sound", "audio/x-wav"),
    ("capitals", "APPLICATION/OCTET-STREAM"),
    ("no subtype", "application"),
    ("empty subtype", "application/"),
    ("empty", ""),
    ("two slashes", "application/octet/stream"),
    ("unknown", "x-a/x-b"),
    ("a blank inside", "application / octet-stream"),
    ("a comment", "application/octet-stream (program)"),
    ("in quotes", '"application/octet-stream"'),
    ("message", "message/rfc822"),
    ("delivery status", "message/delivery-status"),
    ("TNEF", "application/ms-tnef"),
    ("multipart", "multipart/mixed; boundary=nowhere"),
    ("multipart without boundary", "multipart/mixed"),
    ("pkcs7", "application/pkcs7-mime"),
)
_DISPOSITIONS = (
    ("inline", "inline"),
    ("capitals", "ATTACHMENT"),
    ("unknown", "x-other"),
    ("empty", ""),
    ("in quotes", '"attachment"'),
    ("comment", "(c) attachment"),
    ("form-data", "form-data; name=f"),
)


def leaf(choices: Choices) -> bytes:
    """A part with the canary, its header and body; in some only the name tells of a program."""
    content = HARMLESS if choices.sometimes("only its name is a program's", 0.8) else CANARY
    types = [choices.usual_or("type", "application/octet-stream", _TYPES)]
    if choices.sometimes("type said twice", 0.3):
        types.insert(choices.random.randrange(2), choices.random.choice(("text/plain", "image/png", "multipart/mixed")))
    named_by = choices.random.choices(("disposition", "type", "both", "none"), (60, 15, 15, 10))[0]
    fields = []
    for media_type in types if not choices.sometimes("no type", 0.3) else []:
        name = _name(choices, "name") if named_by in ("type", "both") else ""
        fields.append(field(choices, "Content-Type", media_type + name))
    if named_by in ("disposition", "both") or choices.sometimes("disposition without a name", 2.4):
        disposition = choices.usual_or("disposition", "attachment", _DISPOSITIONS)
        name = _name(choices, "filename") if named_by != "type" else ""
        fields.append(field(choices, "Content-Disposition", disposition + name))
    said, body = encoded(choices, content)
    fields.append(said)
    if choices.sometimes("fields in another order", 1.6):
        choices.random.shuffle(fields)
    return "".join(fields).encode() + _header_end(choices) + body


def _header_end(choices: Choices) -> bytes:
    odd = (
        ("a line of blanks", b" \n"),
        ("a line of a tab", b"\t\n"),
        ("none", b""),
        ("two empty lines", b"\n\n"),
        ("a line without a colon", b"no field\n\n"),
        ("a line of blanks and a field", b" \nX-More: 1\n\n"),
        ("-- line", b"--\n\n"),
        ("NUL line", b"\0\n\n"),
    )
    return choices.usual_or("end of the header", b"\n", odd)
