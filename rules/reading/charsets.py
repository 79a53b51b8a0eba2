"""From octets to text: the charsets that senders of mail really use, and nothing else Python calls a codec."""

import re

from rules.reading.budget import MAX_TEXT, MEBIBYTE

_UNICODE = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-7")
_WINDOWS = tuple(f"cp{page}" for page in range(1250, 1259))
_ISO = tuple(f"iso8859-{part}" for part in range(2, 17) if part not in (9, 11, 12))  # 1, 9 and 11: see _READ_AS
_PC = ("cp437", "cp850", "cp852", "cp858", "cp866", "cp874")
_OTHER = ("koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "mac-latin2", "mac-turkish", "mac-greek")
_EBCDIC = (
    "cp037",
    "cp273",
    "cp424",
    "cp500",
    "cp875",
    "cp1026",
    "cp1140",
)  # of IBM's large machines; Outlook knows them
_EAST_ASIAN = ("gb18030", "hz", "big5hkscs", "cp932", "euc_jp", "iso2022_jp_2", "cp949", "iso2022_kr", "johab")

# WHATWG's Encoding Standard, as mail readers follow it: the older name is read as its superset.
_READ_AS = {
    "utf8": "utf-8", "unicode-1-1-utf-8": "utf-8", "cp65001": "utf-8", "65001": "utf-8", "utf8mb4": "utf-8",
    "unicode": "utf-16", "ucs-2": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
    "utf-32le": "utf-32-le", "utf-32be": "utf-32-be", "utf7": "utf-7", "unicode-1-1-utf-7": "utf-7",
    "us-ascii": "", "ascii": "", "usascii": "", "us_ascii": "", "ansi_x3.4-1968": "", "iso646-us": "", "": "",
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "iso_8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252",
    "l1": "cp1252", "ansi": "cp1252", "iso-8859-9": "cp1254", "latin5": "cp1254", "iso-8859-11": "cp874",
    "tis-620": "cp874", "windows-874": "cp874", "latin2": "iso8859-2", "latin-9": "iso8859-15", "latin9": "iso8859-15",
    "iso-8859-8-i": "iso8859-8", "cyrillic": "iso8859-5", "greek": "iso8859-7", "hebrew": "iso8859-8",
    "arabic": "iso8859-6", "koi8": "koi8-r", "koi": "koi8-r", "macintosh": "mac-roman", "mac": "mac-roman",
    "x-mac-roman": "mac-roman", "x-mac-cyrillic": "mac-cyrillic", "ibm437": "cp437", "ibm850": "cp850",
    "ibm852": "cp852", "ibm866": "cp866", "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030",
    "gb_2312-80": "gb18030", "euc-cn": "gb18030", "cp936": "gb18030", "hz-gb-2312": "hz", "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs", "cp950": "big5hkscs", "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932",
    "x-sjis": "cp932", "ms_kanji": "cp932", "windows-31j": "cp932", "euc-jp": "euc_jp", "x-euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp_2", "iso-2022-jp-2": "iso2022_jp_2", "csiso2022jp": "iso2022_jp_2",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "ksc5601": "cp949", "iso-2022-kr": "iso2022_kr",
    "uhc": "cp949", "x-windows-949": "cp949",
}  # fmt: skip

_CODECS = {name: name for name in _UNICODE + _WINDOWS + _ISO + _PC + _EBCDIC + _OTHER + _EAST_ASIAN}
_CODECS |= {f"{prefix}{page[2:]}": page for page in _EBCDIC for prefix in ("ibm", "ibm-", "cp-")}
_CODECS |= {"ibm01140": "cp1140", "ebcdic-cp-us": "cp037", "ebcdic-cp-ca": "cp037", "ebcdic-cp-be": "cp500"}
_CODECS |= {f"windows-{page[2:]}": page for page in _WINDOWS}
_CODECS |= {f"x-{page}": page for page in _WINDOWS}
_CODECS |= {f"win-{page[2:]}": page for page in _WINDOWS}
_CODECS |= {name.replace("iso8859", separator): name for name in _ISO for separator in ("iso-8859", "iso_8859")}
_CODECS |= _READ_AS

# Octets of one text: in the widest charset, four octets a character, its mark and one character more than are read.
MAX_OCTETS = 4 * (MAX_TEXT + 2)
# Said of one of which fewer characters come, for it is full of NUL or of escape sequences.
TOO_MANY_OCTETS = f"a text of more than {MAX_OCTETS // MEBIBYTE} MiB"
_WIDE_LETTERS = 12  # of ASCII one behind another, in either order of octets
_AS_SHAPES = bytes(
    0 if octet == 0 else ord("A" if octet in b"\t\r\n" or 32 <= octet < 127 else ".") for octet in range(256)
)
_SHORT = 8  # octets
_UTF_32_MARKS = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# More than UTF-16 shows by chance: in Latin letters every second octet is none of these.
_ONE_OCTET_EACH = re.compile(rb"[\t\r\n\x20-\x7e]{6}")


def codec_of(charset: str | None) -> str | None:
    """The codec for a charset as a sender writes it: "" for plain ASCII or none given, None for an unknown one."""
    name = (charset or "").strip().strip("\"'").lower()
    if (codec := _CODECS.get(name)) is not None:
        return codec
    return _CODECS.get(name.replace("_", "-").removeprefix("cs"))


def decode_text(octets: bytes, charset: str | None) -> str:
    """Text in any case: what the charset cannot read becomes U+FFFD; an unknown charset is guessed at."""
    codec = codec_of(charset)
    if codec == "utf-8" or not codec:
        return guess_text(octets)
    text = octets.decode(codec, "replace")
    if codec.startswith("utf-16") and len(octets) > _SHORT and b"\0" not in octets:
        text = f"{text}\n{guess_text(octets)}"  # no text in UTF-16 has lines or blanks without a NUL: a wrong label
    if codec in _EBCDIC and _ONE_OCTET_EACH.search(octets):
        text = f"{text}\n{guess_text(octets)}"  # in EBCDIC letters stand above: a label that most readers do not know
    # Python's UTF-7 lets lone surrogates through, which no file or reply can hold.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if codec == "utf-7" else text


def decode_content(octets: bytes, charset: str | None) -> str:
    """The text of a body or file: by the mark of UTF-16 before it, as editors and browsers do, then by its charset.

    Where letters of one octet stand in it too, the mark may be there to hide them, and both readings are given. NUL,
    which nobody is shown, is left out.
    """
    text = _decoded(octets, charset)
    return text.replace("\0", "") if "\0" in text else text


def _decoded(octets: bytes, charset: str | None) -> str:
    if octets[:4] in _UTF_32_MARKS:
        return octets.decode("utf-32", "replace")
    if octets[:2] not in _UTF_16_MARKS or (codec_of(charset) or "").startswith(("utf-16", "utf-32")):
        return decode_text(octets, charset)
    marked = octets.decode("utf-16", "replace")
    return f"{marked}\n{decode_text(octets[2:], charset)}" if _ONE_OCTET_EACH.search(octets) else marked


def in_ascii(octets: bytes) -> bytes:
    """Text in UTF-16 or UTF-32 so that letters of ASCII can be sought in it; others as they are.

    Without a mark, which a charset may stand for, the octets of zero are left out, so that such letters remain.
    """
    if octets[:2] in _UTF_16_MARKS and octets[2:4] != b"\0\0":
        return decode_content(octets, None).encode()
    return octets.translate(None, b"\0") if b"\0" in octets and _has_wide_letters(octets) else octets


def _has_wide_letters(octets: bytes) -> bool:
    """By `translate` and `find`, which take a nanosecond an octet where a regular expression takes a hundred."""
    shapes = octets.translate(_AS_SHAPES)
    return any(letter * _WIDE_LETTERS in shapes for letter in (b"A\0", b"A\0\0\0"))


def guess_text(octets: bytes) -> str:
    """UTF-8 when it is that, else windows-1252: what most senders mean who say nothing or something wrong."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        pass
    repaired = octets.decode("utf-8", "replace")
    # Cut or slightly damaged UTF-8 stays UTF-8: few errors among many proper sequences.
    errors = repaired.count("\ufffd")
    proper = sum(1 for octet in octets if octet >= 0xC0) - errors
    return repaired if proper > 4 * errors else octets.decode("cp1252", "replace")
