"""One table of every container: a program in it is found, its locked form is told, what is damaged or a bomb is held.

Each is sent as mail under a name and a type that say nothing. Made by the programs that people use, or by hand where
none is to be had; what is not installed is skipped.
"""

import base64
import io
import mailbox
import random
import struct
import subprocess
import tarfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

from rules.facts import Facts, Kind, Reason
from rules.reading.budget import Budget, LimitExceeded
from rules.reading.containers import unpack
from rules.reading.filetype import signs_of
from rules.reading.member import Unreadable
from tests.rules.reading.disks.test_vhd import dynamic, footer
from tests.rules.reading.disks.test_vhdx import MEBIBYTE, vhdx
from tests.rules.reading.test_catalogue_mime import binhex
from tests.rules.reading.test_embedded import note
from tests.rules.reading.test_macintosh import apple, macbinary
from tests.rules.reading.test_tnef import HEAD as TNEF_HEAD
from tests.rules.reading.test_tnef import attachment as tnef_attachment

PROGRAM = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0L\x01" + random.Random(1).randbytes(3_000)
ZEROS = bytes(12 * 1024 * 1024)  # of one octet again and again: more than 200 of it for one packed, from 10 MiB on
NAME = "payload.exe"
CUTS, CHANGES = 64, 1_000
CHANGES_OF_LARGE = 64  # of a disk image, which takes milliseconds each time
LARGE = 64 * 1024  # octets
SENT = 30  # of the changed ones that are read as mail, which takes longer
SECONDS = 30  # of CPU for one format: many times what a quick machine takes

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("limited_memory")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """What makes it from a folder with the program, or from its content; the other forms where the kind has them."""

    commands: tuple[str, ...] = ()  # of a shell; they read $NAME and write `made`
    by_hand: Callable[[bytes], bytes] | None = None
    locked: tuple[str, ...] = ()
    packs: bool = False  # so well that a bomb can be made
    cut: bool = True  # tells where it is cut off


def zipped(content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr(NAME, content)
    return target.getvalue()


def tarred(content: bytes, mode: str = "w") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:
        entry = tarfile.TarInfo(NAME)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return target.getvalue()


def mailed(content: bytes) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["Subject"] = "ann@city.example", "file"
    message.set_content("see the file")
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename="attachment")
    return message


def web_archive(content: bytes) -> bytes:
    part = b"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\nContent-Location: file:///a\n\n"
    head = b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>x\n"
    return head + b"--b\n" + part + base64.encodebytes(content) + b"--b--\n"


def folder(content: bytes) -> bytes:
    kept = mailbox.mboxMessage(mailed(content))
    kept.set_from("ann@city.example")
    return b"From ann@city.example Mon Sep  1 00:00:00 2025\n" + kept.as_bytes() + b"\n"


def crc_16(content: bytes) -> int:
    value = 0
    for octet in content:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


def lha(content: bytes) -> bytes:
    name = NAME.encode()
    fields = b"-lh0-" + struct.pack("<IIIBBB", len(content), len(content), 0, 0x20, 0, len(name)) + name
    fields += struct.pack("<H", crc_16(content))
    return bytes([len(fields), sum(fields) & 0xFF]) + fields + content + b"\0"


def calendar(content: bytes) -> bytes:
    value = base64.b64encode(content)
    return b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTACH;ENCODING=BASE64;VALUE=BINARY:%s\r\nEND:VEVENT\r\n" % value


def rich_text(content: bytes) -> bytes:
    native = b"\x02\0a\0C:\\payload.exe\0\0\0\x03\0" + struct.pack("<I", 2) + b"x\0" + struct.pack("<I", len(content))
    texts = b"".join(struct.pack("<I", len(text)) + text for text in (b"Package\0", b"", b""))
    body = native + content
    digits = (struct.pack("<II", 0x501, 2) + texts + struct.pack("<I", len(body)) + body).hex().encode()
    return b"{\\rtf1{\\object\\objemb{\\*\\objdata " + digits + b"}}}"


def portable_document(content: bytes) -> bytes:
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Filespec /F (a.txt) /EF << /F 4 0 R >> >>",
    )
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, part) for number, part in enumerate(objects, 1))
    return b"%PDF-1.7\n" + body + b"trailer\n<< /Root 1 0 R /Size 6 >>\n%%EOF\n"


def page(content: bytes) -> bytes:
    return b'<html><body><a download="a.txt" href="data:x/y;base64,%s">see</a></body></html>' % base64.b64encode(
        content
    )


def piped(command: str) -> Maker:
    return Maker(commands=(f"{command} <$NAME >made",), packs=True)


def seven(kind: str, *, locked: bool = True, options: str = "") -> Maker:
    command = f"7z a -t{kind} {options} made $NAME && mv made* made || true"
    return Maker(
        commands=(command,), packs=True, locked=(command.replace(" made $", " -psecret made $"),) if locked else ()
    )


FLOPPY = "mformat -C -i made -f 1440 :: && mcopy -i made $NAME ::/$NAME"
MAKERS = {
    "zip": seven("zip"),
    "zip, AES": seven("zip", options="-mem=AES256"),
    "zip, bzip2": seven("zip", options="-mm=bzip2"),
    "zip, LZMA": seven("zip", options="-mm=lzma"),
    "7z": seven("7z"),
    "7z, names hidden": seven("7z", options="-mhe=on"),
    "7z, PPMd": seven("7z", options="-m0=ppmd"),
    "tar": Maker(by_hand=tarred),
    "tar.gz": Maker(by_hand=lambda content: tarred(content, "w:gz"), packs=True),
    "tar.bz2": Maker(by_hand=lambda content: tarred(content, "w:bz2"), packs=True),
    "tar.xz": Maker(by_hand=lambda content: tarred(content, "w:xz"), packs=True),
    "tar.zst": Maker(commands=("tar c $NAME | zstd >made",), packs=True),
    "tar.lz4": Maker(commands=("tar c $NAME | lz4 >made",), packs=True),
    "tar.lz": Maker(commands=("tar c $NAME | lzip >made",), packs=True),
    "tar.Z": Maker(commands=("tar c $NAME | compress >made",), packs=True),
    "gz": piped("gzip"),
    "bz2": piped("bzip2"),
    "xz": piped("xz"),
    "lzma": piped("xz --format=lzma"),
    "zst": piped("zstd"),
    "lz4": piped("lz4"),
    "lz4, older": piped("lz4 -l"),
    "lz": piped("lzip"),
    "Z": Maker(commands=("compress <$NAME >made",), packs=True),
    "cab": Maker(commands=("gcab -c made $NAME",)),
    "cab, packed": Maker(commands=("gcab -c -z made $NAME",)),
    "rar": Maker(),  # by the fixture
    "arj": Maker(
        commands=("arj a made.arj $NAME && mv made.arj made",),
        locked=("arj a -gsecret made.arj $NAME && mv made.arj made",),
    ),
    "lzh": Maker(by_hand=lha),
    "cpio": Maker(commands=("echo $NAME | cpio -o -H newc >made",)),
    "cpio, old": Maker(commands=("echo $NAME | cpio -o -H odc >made",)),
    "cpio, binary": Maker(commands=("echo $NAME | cpio -o -H bin >made",)),
    "ar": Maker(commands=("ar rc made $NAME",)),
    "iso": Maker(commands=("mkdir d && cp $NAME d && genisoimage -J -R -o made d",)),
    "udf": Maker(commands=("mkdir d && cp $NAME d && genisoimage -udf -o made d",)),
    "img": Maker(commands=(FLOPPY,)),
    "AppleSingle": Maker(by_hand=lambda content: apple([(3, NAME.encode()), (1, content)])),
    "MacBinary": Maker(by_hand=macbinary),
    "message": Maker(by_hand=lambda content: mailed(content).as_bytes()),
    "web archive": Maker(by_hand=web_archive),
    "mail folder": Maker(by_hand=folder),
    "TNEF": Maker(by_hand=lambda content: TNEF_HEAD + tnef_attachment(data=content)),
    "OneNote": Maker(by_hand=note),
    "calendar": Maker(by_hand=calendar),
    "BinHex": Maker(by_hand=lambda content: binhex(content=content).encode()),
    "RTF": Maker(by_hand=rich_text),
    "PDF": Maker(by_hand=portable_document),
    "HTML": Maker(by_hand=page),
}  # fmt: skip
NOT_OPENED = {
    "WIM": ("7z a -twim made.wim $NAME && mv made.wim made", "WIM disk image, which is not opened"),
    "xar": ("bsdtar --format=xar -cf made $NAME", "xar archive, which is not opened"),
    "lzop": ("lzop <$NAME >made", "lzop compressed data"),
    "lrzip": ("lrzip -q -o made $NAME", "LRZIP compressed data"),
    "ARC": ("arc a made.arc $NAME && mv made.arc made", "ARC archive data"),
    "ZPAQ": ("zpaq a made.zpaq $NAME && mv made.zpaq made", "ZPAQ archive, which is not opened"),
}


@pytest.fixture
def made(tmp_path: Path, stored_rar: Callable[..., bytes]) -> Callable[..., bytes]:
    """The container of this name with this content."""

    def make(name: str, content: bytes = PROGRAM, command: str = "") -> bytes:
        maker = MAKERS.get(name, Maker())
        if name == "rar":
            return stored_rar(content=content)
        if maker.by_hand is not None:
            return maker.by_hand(content)
        (tmp_path / NAME).write_bytes(content)
        return _run(tmp_path, command or maker.commands[0])

    return make


def _run(place: Path, command: str) -> bytes:
    done = subprocess.run(command.replace("$NAME", NAME), shell=True, cwd=place, capture_output=True)
    if b"not found" in done.stderr or not (place / "made").is_file():
        pytest.skip(f"not installed, or not able to: {command.split()[0]}")
    return (place / "made").read_bytes()


@pytest.fixture
def sent(facts_of: Callable[..., Facts]) -> Callable[[bytes], Facts]:
    def send(octets: bytes) -> Facts:
        head = b"From: ann@city.example\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n"
        head += b"Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        return facts_of(head + base64.encodebytes(octets).replace(b"\n", b"\r\n"))

    return send


def is_found(facts: Facts) -> bool:
    return any(sign.kind is Kind.PROGRAM and sign.text.startswith("MZ") for part in facts.parts for sign in part.signs)


def reasons(facts: Facts) -> set[Reason]:
    return {entry.reason for entry in facts.unread}


@pytest.mark.parametrize("name", MAKERS)
def test_the_program_is_found(made, sent, name):
    facts = sent(made(name))
    assert is_found(facts)
    assert facts.unread == ()


SEARCHED = ("zip", "7z", "tar", "gz", "bz2", "xz", "zst", "lz4", "lz", "cab", "rar", "arj", "lzh", "cpio", "ar", "iso")


@pytest.mark.parametrize("name", SEARCHED)
@pytest.mark.parametrize(
    "front", [b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b"Dear all,\r\n" * 40], ids=["picture", "words"]
)
def test_the_program_is_found_behind_something_else(made, sent, name, front):
    """7-Zip searches for the archive and opens it."""
    assert is_found(sent(front + made(name)))


def test_the_program_is_found_on_a_virtual_disk(made, sent):
    image = made("img")
    for disk in (image + footer(2), dynamic([image]), vhdx([image[:MEBIBYTE], image[MEBIBYTE:]])):
        facts = sent(disk)
        assert is_found(facts)
        assert facts.unread == ()


def test_the_program_is_found_in_a_message_of_outlook(sent, compound_file):
    streams = {"__properties_version1.0": bytes(32)}
    streams["__attach_version1.0_#00000000/__substg1.0_37010102"] = PROGRAM
    assert is_found(sent(compound_file(streams)))


@pytest.mark.parametrize("name", [name for name, maker in MAKERS.items() if maker.locked])
def test_the_locked_form_is_told(made, sent, name):
    facts = sent(made(name, command=MAKERS[name].locked[0]))
    assert Reason.ENCRYPTED in reasons(facts)
    assert any(part.encrypted for part in facts.parts)


def test_a_locked_rar_is_told(sent, stored_rar):
    assert reasons(sent(stored_rar(content=PROGRAM, flags=0x04))) == {Reason.ENCRYPTED}


@pytest.mark.parametrize("name", [name for name, maker in MAKERS.items() if maker.cut])
@pytest.mark.parametrize("share", [3, 6, 9])
def test_what_is_cut_off_is_found_or_told(made, sent, name, share):
    """At three, six and nine tenths of the program where it stands as it is, of the whole elsewhere."""
    whole = made(name)
    at = whole.find(PROGRAM[64:200])
    cut = len(whole) * share // 10 if at < 0 else at + len(PROGRAM) * share // 10
    facts = sent(whole[:cut])
    assert is_found(facts) or Reason.UNREADABLE in reasons(facts)


@pytest.mark.parametrize("name", [*MAKERS, *(f"{name}, locked" for name, maker in MAKERS.items() if maker.locked)])
def test_e12_whatever_is_changed_ends_in_a_verdict(made, sent, name):
    kind = name.removesuffix(", locked")
    whole = made(kind, command=MAKERS[kind].locked[0] if kind != name else "")
    began = time.process_time()
    for step in range(1, CUTS):
        facts = sent(whole[: len(whole) * step // CUTS])
        if MAKERS[kind].cut and step > CUTS // 8:  # before, there may be nothing of a file yet
            assert is_found(facts) or facts.unread, step
    chosen = random.Random(name)
    for count in range(CHANGES_OF_LARGE if len(whole) > LARGE else CHANGES):
        damaged = bytearray(whole)
        for _ in range(chosen.choice((1, 1, 4))):
            damaged[chosen.randrange(len(whole))] ^= 1 << chosen.randrange(8)
        if count < SENT:
            sent(bytes(damaged))
        else:
            end_of(bytes(damaged))
    assert time.process_time() - began < SECONDS


def end_of(octets: bytes) -> None:
    """Take it apart as the walk does; any exception but our own two is a failure of the test."""
    try:
        for _ in unpack(octets, ["attachment"], signs_of(["attachment"], None, octets), Budget()):
            pass
    except (Unreadable, LimitExceeded) as error:
        assert str(error).isprintable()


@pytest.mark.parametrize("name", [name for name, maker in MAKERS.items() if maker.packs])
def test_a_bomb_is_held_for_its_reason(made, sent, name):
    facts = sent(made(name, ZEROS))
    assert [entry.detail for entry in facts.unread] == ["a container unpacks to more than 200 times its size"]


@pytest.mark.parametrize("name", NOT_OPENED)
def test_what_is_not_opened_is_held_with_its_name(made, sent, name):
    command, words = NOT_OPENED[name]
    facts = sent(made(name, command=command))
    assert words in facts.unread[0].detail
