"""The formats that content shows by its own octets: one table of signatures, a microsecond for most parts."""

from enum import Enum

from rules.facts import Kind
from rules.reading.macintosh import is_macbinary

HEAD = 4_096  # octets at the front within which the text-like signatures may stand
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_PDF_WITHIN = 1_024  # octets within which readers look for the front of a PDF (ISO 32000 implementation note 13)
_PDF_FRONTS = (b"%PDF", b"%FDF-")  # browsers ask for four letters; the second is a form's data, with actions of its own


class Format(Enum):
    """A format, what it is for people, and its kind."""

    PE = ("MZ executable", Kind.PROGRAM)
    DOS = ("DOS executable", Kind.PROGRAM)
    ELF = ("ELF executable", Kind.PROGRAM)
    MACH_O = ("Mach-O executable", Kind.PROGRAM)
    JAVA_CLASS = ("Java class", Kind.SCRIPT)
    PYTHON_CODE = ("compiled Python", Kind.SCRIPT)
    DEX = ("Android program", Kind.PROGRAM)
    WASM = ("WebAssembly program", Kind.PROGRAM)
    LUA_CODE = ("compiled Lua", Kind.SCRIPT)
    EICAR = ("EICAR test program", Kind.PROGRAM)
    FLASH = ("Flash film", Kind.ACTIVE_CONTENT)
    LNK = ("Windows shortcut", Kind.SHORTCUT)
    CHM = ("compiled HTML help", Kind.MACRO_DOCUMENT)
    ONENOTE = ("OneNote section", Kind.MACRO_DOCUMENT)
    ACTIVE_MIME = ("Office macros in ActiveMime", Kind.MACRO_DOCUMENT)
    ACCESS = ("Access database", Kind.MACRO_DOCUMENT)
    OLE = ("compound file", Kind.DOCUMENT)
    ZIP = ("zip archive", Kind.ARCHIVE)
    SEVEN_ZIP = ("7z archive", Kind.ARCHIVE)
    RAR = ("RAR archive", Kind.ARCHIVE)
    GZIP = ("gzip file", Kind.ARCHIVE)
    BZIP2 = ("bzip2 file", Kind.ARCHIVE)
    XZ = ("xz file", Kind.ARCHIVE)
    LZMA = ("lzma file", Kind.ARCHIVE)
    LZIP = ("lzip file", Kind.ARCHIVE)
    ZSTD = ("zstd file", Kind.ARCHIVE)
    LZ4 = ("lz4 file", Kind.ARCHIVE)
    COMPRESS = ("compress file", Kind.ARCHIVE)
    CAB = ("cabinet archive", Kind.ARCHIVE)
    TAR = ("tar archive", Kind.ARCHIVE)
    CPIO = ("cpio archive", Kind.ARCHIVE)
    AR = ("ar archive", Kind.ARCHIVE)
    XAR = ("xar archive", Kind.INSTALLER)
    LHA = ("LHA archive", Kind.ARCHIVE)
    ARJ = ("ARJ archive", Kind.ARCHIVE)
    ACE = ("ACE archive", Kind.ARCHIVE)
    ALZ = ("ALZ archive", Kind.ARCHIVE)
    EGG = ("EGG archive", Kind.ARCHIVE)
    ZOO = ("ZOO archive", Kind.ARCHIVE)
    ZPAQ = ("ZPAQ archive", Kind.ARCHIVE)
    SQX = ("SQX archive", Kind.ARCHIVE)
    PACK = ("file of an old Unix packer", Kind.ARCHIVE)
    APPLE_ARCHIVE = ("Apple archive", Kind.ARCHIVE)
    MAIL_STORE = ("folder of Outlook's mail", Kind.ARCHIVE)
    SZDD = ("Microsoft compressed file", Kind.ARCHIVE)
    STUFFIT = ("StuffIt archive", Kind.ARCHIVE)
    BINHEX = ("BinHex file", Kind.ARCHIVE)
    INSTALL_SHIELD = ("InstallShield archive", Kind.ARCHIVE)
    RPM = ("RPM package", Kind.INSTALLER)
    SYMBIAN = ("Symbian package", Kind.INSTALLER)
    CRX = ("browser extension", Kind.SCRIPT)
    ISO = ("ISO 9660 disk image", Kind.DISK_IMAGE)
    RAW_DISC = ("raw image of a disc", Kind.DISK_IMAGE)
    UDF = ("UDF disk image", Kind.DISK_IMAGE)
    VHD = ("VHD disk image", Kind.DISK_IMAGE)
    VHDX = ("VHDX disk image", Kind.DISK_IMAGE)
    VMDK = ("VMDK disk image", Kind.DISK_IMAGE)
    QCOW = ("QCOW disk image", Kind.DISK_IMAGE)
    DMG = ("Apple disk image", Kind.DISK_IMAGE)
    WIM = ("WIM disk image", Kind.DISK_IMAGE)
    FILE_SYSTEM = ("disk image with a file system", Kind.DISK_IMAGE)
    TNEF = ("TNEF", Kind.ARCHIVE)
    APPLE_FILE = ("AppleSingle or AppleDouble file", Kind.ARCHIVE)
    MAC_BINARY = ("MacBinary file", Kind.ARCHIVE)
    PDF = ("PDF document", Kind.DOCUMENT)
    RTF = ("RTF document", Kind.DOCUMENT)
    POSTSCRIPT = ("PostScript", Kind.DOCUMENT)
    IMAGE = ("picture", Kind.IMAGE)
    MEDIA = ("sound or film", Kind.AUDIO_VIDEO)
    FONT = ("font", Kind.DOCUMENT)

    @property
    def text(self) -> str:
        return self.value[0]

    @property
    def kind(self) -> Kind:
        return self.value[1]


_STARTS: tuple[tuple[bytes, Format], ...] = (
    (b"\x7fELF", Format.ELF),
    (b"\xfe\xed\xfa\xce", Format.MACH_O),
    (b"\xfe\xed\xfa\xcf", Format.MACH_O),
    (b"\xce\xfa\xed\xfe", Format.MACH_O),
    (b"\xcf\xfa\xed\xfe", Format.MACH_O),
    (b"dex\n", Format.DEX),
    (b"\0asm", Format.WASM),
    (b"\x1bLua", Format.LUA_CODE),
    (b"\x1bLJ", Format.LUA_CODE),
    (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR", Format.EICAR),
    (b"FWS", Format.FLASH),
    (b"CWS", Format.FLASH),
    (b"ZWS", Format.FLASH),
    (b"L\0\0\0\x01\x14\x02\0", Format.LNK),
    (b"ITSF\x03\0\0\0", Format.CHM),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", Format.ONENOTE),
    (b"\xa1\x2f\xff\x43\xd9\xef\x76\x4c\x9e\xe2\x10\xea\x57\x22\x76\x5f", Format.ONENOTE),
    (b"ActiveMime", Format.ACTIVE_MIME),
    (b"\0\x01\0\0Standard Jet DB", Format.ACCESS),
    (b"\0\x01\0\0Standard ACE DB", Format.ACCESS),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Format.OLE),
    (b"PK\x03\x04", Format.ZIP),
    (b"PK\x05\x06", Format.ZIP),
    (b"PK\x07\x08PK", Format.ZIP),
    (b"PK00PK\x03\x04", Format.ZIP),
    (b"7z\xbc\xaf\x27\x1c", Format.SEVEN_ZIP),
    (b"Rar!\x1a\x07", Format.RAR),
    (b"RE~^", Format.RAR),
    (b"\x1f\x8b", Format.GZIP),
    (b"\xfd7zXZ\0", Format.XZ),
    (b"]\0\0", Format.LZMA),
    (b"LZIP", Format.LZIP),
    (b"\x28\xb5\x2f\xfd", Format.ZSTD),
    *((bytes([0x50 + frame]) + b"\x2a\x4d\x18", Format.ZSTD) for frame in range(16)),  # skippable frames (RFC 8878)
    (b"\x04\x22\x4d\x18", Format.LZ4),
    (b"\x02\x21\x4c\x18", Format.LZ4),  # its older frame
    (b"\x1f\x9d", Format.COMPRESS),
    (b"MSCF", Format.CAB),
    (b"070701", Format.CPIO),
    (b"070702", Format.CPIO),
    (b"070707", Format.CPIO),
    (b"070727", Format.CPIO),
    (b"\xc7\x71", Format.CPIO),
    (b"\x71\xc7", Format.CPIO),
    (b"!<arch>\n", Format.AR),
    (b"xar!", Format.XAR),
    (b"ALZ\x01", Format.ALZ),
    (b"EGGA", Format.EGG),
    (b"7kSt\xa0\x31\x83\xd3", Format.ZPAQ),
    (b"zPQ", Format.ZPAQ),
    *((b"\x1f" + packing, Format.PACK) for packing in (b"\x1e", b"\x9f", b"\xa0")),  # pack, freeze, SCO's compress -H
    (b"\x45\x3d\xcd\x28", Format.FILE_SYSTEM),  # cramfs
    (b"\0" + b"\xff" * 10 + b"\0", Format.RAW_DISC),
    (b"AA01", Format.APPLE_ARCHIVE),
    (b"YAA1", Format.APPLE_ARCHIVE),
    *((b"pbz" + packing, Format.APPLE_ARCHIVE) for packing in (b"e", b"x", b"z", b"4", b"b", b"-")),
    (b"AEA1", Format.APPLE_ARCHIVE),
    (b"!BDN", Format.MAIL_STORE),
    (b"\xcf\xad\x12\xfe", Format.MAIL_STORE),
    (b"SZDD\x88\xf0\x27\x33", Format.SZDD),
    (b"SZ\x20\x88\xf0\x27\x33\xd1", Format.SZDD),
    (b"KWAJ\x88\xf0\x27\xd1", Format.SZDD),
    (b"StuffIt", Format.STUFFIT),
    (b"SIT!", Format.STUFFIT),
    (b"\x13\x5d\x65\x8c", Format.INSTALL_SHIELD),
    (b"ISc(", Format.INSTALL_SHIELD),
    (b"\xed\xab\xee\xdb", Format.RPM),
    (b"\x7a\x1a\x20\x10", Format.SYMBIAN),
    (b"Cr24", Format.CRX),
    (b"conectix", Format.VHD),
    (b"vhdxfile", Format.VHDX),
    (b"encrcdsa", Format.DMG),
    (b"KDMV", Format.VMDK),
    (b"QFI\xfb", Format.QCOW),
    (b"MSWIM\0\0\0", Format.WIM),
    (b"WLPWM\0\0\0", Format.WIM),
    (b"\x78\x9f\x3e\x22", Format.TNEF),
    (b"\0\x05\x16\0\0", Format.APPLE_FILE),
    (b"\0\x05\x16\x07\0", Format.APPLE_FILE),
    (b"{\\rt", Format.RTF),
    (b"%!PS", Format.POSTSCRIPT),
    (b"\xc5\xd0\xd3\xc6", Format.POSTSCRIPT),
    (b"\x89PNG\r\n\x1a\n", Format.IMAGE),
    (b"\xff\xd8\xff", Format.IMAGE),
    (b"GIF87a", Format.IMAGE),
    (b"GIF89a", Format.IMAGE),
    (b"II*\0", Format.IMAGE),
    (b"MM\0*", Format.IMAGE),
    (b"8BPS", Format.IMAGE),
    (b"\0\0\x01\0", Format.IMAGE),
    (b"\0\0\x02\0", Format.IMAGE),
    (b"\xd7\xcd\xc6\x9a", Format.IMAGE),
    (b"\x01\0\t\0\0\x03", Format.IMAGE),
    (b"\0\0\0\x0cjP  ", Format.IMAGE),
    (b"ID3", Format.MEDIA),
    (b"OggS", Format.MEDIA),
    (b"fLaC", Format.MEDIA),
    (b"MThd", Format.MEDIA),
    (b"#!AMR", Format.MEDIA),
    (b"\x1aE\xdf\xa3", Format.MEDIA),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Format.MEDIA),
    (b"\0\0\x01\xba", Format.MEDIA),
    (b"OTTO", Format.FONT),
    (b"wOFF", Format.FONT),
    (b"wOF2", Format.FONT),
    (b"\0\x01\0\0\0", Format.FONT),
)


def _by_first_two() -> dict[bytes, tuple[tuple[bytes, Format], ...]]:
    firsts = {start[:2] for start, _ in _STARTS}
    return {first: tuple(entry for entry in _STARTS if entry[0].startswith(first)) for first in firsts}


_BY_FIRST_TWO = _by_first_two()
_WHOLE_FILES = frozenset(
    {
        Format.PE, Format.ELF, Format.MACH_O, Format.JAVA_CLASS, Format.LNK, Format.CHM, Format.OLE, Format.ZIP,
        Format.SEVEN_ZIP, Format.RAR, Format.CAB, Format.PDF, Format.RTF, Format.ONENOTE, Format.ACTIVE_MIME,
        Format.EICAR, Format.TNEF,
    }
)  # fmt: skip
_WRITTEN = frozenset({Format.EICAR, Format.RTF, Format.POSTSCRIPT, Format.AR, Format.CPIO, Format.ACTIVE_MIME})
_IN_CPIO = b"0123456789abcdefABCDEFmns:"  # numbers, and the letters that end those of afio


def front_of(head: bytes, size: int) -> Format | None:
    """The format that the first octets show; `size` is that of the whole."""
    for start, known in _BY_FIRST_TWO.get(head[:2], ()):
        if head.startswith(start):
            if known is Format.POSTSCRIPT and b" PDF-" in head[:_PDF_WITHIN]:
                return Format.PDF  # ISO 32000 implementation note 14
            written = known not in _WRITTEN and is_text(head[:512])
            return known if not written and is_sound(known, head) else None
    return _by_rule(head, size)


def is_whole_file(head: bytes, size: int) -> bool:
    """Whether a stream in a document is a file of its own; asks more than `front_of`, for there are many streams."""
    known = front_of(head, size)
    return known in _WHOLE_FILES and (known is not Format.PE or b"PE\0\0" in head)


def is_text(head: bytes) -> bool:
    """Whether these first octets are written text in some charset: no control octets but those of lines."""
    if head.startswith(UTF_16_MARKS):
        return True
    return not head.translate(None, _TEXT_OCTETS)


_TEXT_OCTETS = bytes([7, 8, 9, 10, 12, 13, 26, 27, *range(32, 127), *range(128, 256)])


def is_sound(known: Format, head: bytes) -> bool:
    """A second look where the signature is short enough to stand in other files."""
    match known:
        case Format.FLASH:
            return len(head) > 8 and 0 < head[3] < 60
        case Format.GZIP:
            return head[2:3] == b"\x08"
        case Format.LZMA:
            return head[5:13] == b"\xff" * 8 or (len(head) > 13 and head[10:13] == b"\0\0\0")
        case Format.IMAGE if head[:2] == b"\0\0":
            return 0 < int.from_bytes(head[4:6], "little") < 256 or head[4:8] == b"jP  "
        case Format.MEDIA if head[:2] == b"\0\0":
            return True
        case Format.CPIO if head[:1] == b"0":
            return len(head) >= 76 and not head[6:76].translate(None, _IN_CPIO)
        case Format.CPIO:
            length = int.from_bytes(head[20:22], "little" if head[0] == 0xC7 else "big")
            return 0 < length < 1_024 and head[25 + length : 26 + length] == b"\0"
        case Format.CAB:  # "MSCF" alone are letters; its version is 1.3, and nobody reads the field before
            return head[24:26] == b"\x03\x01" or head[4:8] == bytes(4)
        case Format.COMPRESS:
            return len(head) > 3 and 9 <= head[2] & 0x1F <= 16 and not head[2] & 0x60
        case _:
            return True


def _by_rule(head: bytes, size: int) -> Format | None:
    first = head[:2]
    if first in (b"MZ", b"ZM"):
        return _executable(head)
    if head.startswith(b"\xca\xfe\xba\xbe") and len(head) >= 8:
        # fat Mach-O counts its architectures where a Java class has its version, 45 or more since the first release
        return Format.MACH_O if int.from_bytes(head[4:8], "big") < 43 else Format.JAVA_CLASS
    if head.startswith(b"BZh") and head[4:10] in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90"):
        return Format.BZIP2
    if head[2:4] == b"\r\n" and 0x0A00 < int.from_bytes(first, "little") < 0x1000 and not is_text(head[4:16]):
        return Format.PYTHON_CODE
    if head.startswith(_PDF_FRONTS) or b"%PDF-" in head[:_PDF_WITHIN]:
        return Format.PDF
    return _picture_or_media(head, size) or _archive(head, size)


def _executable(head: bytes) -> Format | None:
    """DOS programs begin with MZ; so do Windows programs, whose PE header the word at 60 points to."""
    if len(head) < 28:
        return None
    at = int.from_bytes(head[60:64], "little")
    if head[at : at + 2] in (b"PE", b"NE", b"LE", b"LX") or at >= len(head) - 4:
        return None if is_text(head[:256]) else Format.PE
    return None if is_text(head[:256]) else Format.DOS


def _picture_or_media(head: bytes, size: int) -> Format | None:
    if head.startswith(b"RIFF") and len(head) >= 12:
        return Format.IMAGE if head[8:12] == b"WEBP" else Format.MEDIA
    if head[4:8] == b"ftyp":
        return Format.IMAGE if head[8:12] in (b"heic", b"heix", b"mif1", b"avif", b"msf1") else Format.MEDIA
    if head.startswith(b"BM") and head[6:10] == b"\0\0\0\0" and not is_text(head[:32]):
        return Format.IMAGE
    if head.startswith(b"\x01\0\0\0") and head[40:44] == b" EMF":
        return Format.IMAGE
    if head[:1] == b"\xff" and len(head) > 4 and head[1] & 0xE6 == 0xE2 and size > 64:
        return Format.MEDIA  # an MPEG audio frame
    return None


def _archive(head: bytes, size: int) -> Format | None:
    if head[:1] == b"\0" and is_macbinary(head, size):
        return Format.MAC_BINARY
    if head[257:262] == b"ustar" or (len(head) >= 512 and is_old_tar(head[:512])):
        return Format.TAR
    if head[8:12] == b"\x19\x04\0\x10":  # the third identifier of an EPOC installation file
        return Format.SYMBIAN
    if head[7:14] == b"**ACE**":
        return Format.ACE
    if head[7:12] == b"-sqx-":
        return Format.SQX
    if head[:2] == b"\x60\xea" and len(head) > 10 and 10 < int.from_bytes(head[2:4], "little") <= 2_600:
        return Format.ARJ
    if head[20:24] == b"\xdc\xa7\xc4\xfd":
        return Format.ZOO
    if head[13:14] == b"\0" and _is_lzma(head):
        return Format.LZMA
    if head[2:5] in (b"-lh", b"-lz", b"-pm") and head[6:7] == b"-":
        return Format.LHA
    if b"(This file must be converted with BinHex" in head:
        return Format.BINHEX
    return None


def _is_lzma(head: bytes) -> bool:
    """Whether it begins as LZMA does, without a signature: settings, the sizes of the dictionary and of the content."""
    size, dictionary = head[5:13], int.from_bytes(head[1:5], "little")
    highest = 1 << max(dictionary.bit_length() - 1, 0)  # encoders write a power of two, or that and its half
    settings = head[0] < 9 * 5 * 5 and head[0] % 9 + head[0] // 9 % 5 <= 4
    if not settings or dictionary < 4_096 or dictionary not in (highest, highest | highest >> 1):
        return False
    return any(head[14:18]) and (size == b"\xff" * 8 or (size[5:] == b"\0\0\0" and any(size)))


def is_old_tar(block: bytes) -> bool:
    """A tar header before POSIX has no signature: its checksum must be right (octal, at 148, counted as blanks)."""
    digits = block[148:156].strip(b" \0")
    if not digits or not block[0] or digits.translate(None, b"01234567"):
        return False
    return sum(block[:148]) + sum(block[156:]) + 8 * 32 == int(digits, 8)
