"""Messages written as mail and read; compound files made by hand."""

import hashlib
import resource
import struct
import uuid
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rules.address import parse_address
from rules.detectors import ambiguous_message, executable_attachment
from rules.directory import Directory
from rules.facts import Facts
from rules.message import Message, Octets
from rules.reading.reader import read_facts
from rules.transaction import Client, Envelope, ListenerKind, Recipient, Transaction

MEMORY_OCTETS = 768 * 1024 * 1024  # of address space, which an inspection worker has
FRESH_OCTETS = 192 * 1024 * 1024  # of it, what it has taken before its first message


@pytest.fixture
def facts_of() -> Callable[[Octets | str], Facts]:
    """Read a message written as mail; line ends become CRLF unless octets are given."""

    def read(mail: Octets | str) -> Facts:
        octets = mail.replace("\n", "\r\n").encode() if isinstance(mail, str) else mail
        envelope = Envelope(
            reverse_path=parse_address("ann@city.example"),
            recipients=(Recipient(address=parse_address("bob@elsewhere.example")),),
        )
        transaction = Transaction(
            id="t1",
            received=datetime(2025, 9, 1, tzinfo=UTC),
            listener="edge",
            kind=ListenerKind.EDGE,
            direction=None,
            client=Client(address="192.0.2.1", name="mail.city.example"),
            envelope=envelope,
            message=Message(octets),
        )
        return read_facts(transaction, Directory(domains=frozenset({"city.example"})))

    return read


@pytest.fixture
def told(facts_of: Callable[..., Facts]) -> Callable[[str | bytes], set[str]]:
    """What is said of a mail: `executable`, `ambiguous`, and the reasons for what was not inspected."""

    def judge(mail: str | bytes) -> set[str]:
        facts = facts_of(mail if isinstance(mail, bytes) else mail.encode("latin-1").replace(b"\n", b"\r\n"))
        said: set[str] = {entry.reason for entry in facts.unread}
        if any(executable_attachment.detect(facts, executable_attachment.Parameters())):
            said.add("executable")
        if any(ambiguous_message.detect(facts, ambiguous_message.Parameters())):
            said.add("ambiguous")
        return said

    return judge


@pytest.fixture
def limited_memory() -> Iterator[None]:
    """The room that a fresh worker has: libarchive takes what an archive asks for. What other tests took is apart."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY_OCTETS - FRESH_OCTETS, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.fixture
def stored_rar() -> Callable[..., bytes]:
    """A RAR 4 archive with one stored file, a harmless program by default (RAR 4 technote)."""
    return _stored_rar


def _stored_rar(
    name: bytes = b"payload.exe", content: bytes = b"MZ and so on" * 10, flags: int = 0, method: int = 0x30
) -> bytes:
    def block(kind: int, flags: int, body: bytes) -> bytes:
        head = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
        return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head

    fields = struct.pack(
        "<IIBIIBBHI", len(content), len(content), 2, zlib.crc32(content), 0x5C626000, 20, method, len(name), 0x20
    )
    main, end = block(0x73, 0, bytes(6)), block(0x7B, 0x4000, b"")
    return b"Rar!\x1a\x07\0" + main + block(0x74, 0x8000 | flags, fields + name) + content + end


@pytest.fixture
def compound_file() -> Callable[..., bytes]:
    """A compound file (MS-CFB) of these streams, by path: `{"Macros/VBA/dir": b"..."}`."""
    return _compound_file


def _compound_file(streams: dict[str, bytes], root_class: str = "") -> bytes:
    entries = [_Entry("Root Entry", 5)]
    at = {"": 0}
    small = bytearray()
    chains: list[list[int]] = []
    for path, content in streams.items():
        folder = ""
        for name in path.split("/")[:-1]:
            within, folder = folder, f"{folder}/{name}" if folder else name
            if folder not in at:
                at[folder] = len(entries)
                entries.append(_Entry(name, 1))
                entries[at[within]].children.append(at[folder])
        entries[at[folder]].children.append(len(entries))
        entries.append(_Entry(path.split("/")[-1], 2, start=len(small) // 64, size=len(content)))
        assert len(content) < 4_096, "larger streams are kept elsewhere"
        count = -(-len(content) // 64)
        chains.append([len(small) // 64 + index for index in range(count)])
        small += content.ljust(count * 64, b"\0")
    return _sectors(entries, bytes(small), chains, root_class)


@dataclass
class _Entry:
    name: str
    kind: int
    start: int = 0
    size: int = 0
    children: list[int] = field(default_factory=list)


def _sectors(entries: list[_Entry], small: bytes, chains: list[list[int]], root_class: str) -> bytes:
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    next_small = [free] * (len(small) // 64)
    for chain in chains:
        for here, after in zip(chain, [*chain[1:], end], strict=True):
            next_small[here] = after
    areas = [b"".join(_directory(entries, root_class)), struct.pack(f"<{len(next_small)}I", *next_small), small]
    areas = [
        area.ljust(-(-len(area) // 512) * 512, b"\xff" if index == 1 else b"\0") for index, area in enumerate(areas)
    ]
    counts = [len(area) // 512 for area in areas]
    starts = [1, 1 + counts[0], 1 + counts[0] + counts[1]]
    table = [0xFFFFFFFD]
    for count in counts:
        table += [len(table) + 1 + index for index in range(count - 1)] + [end] * (count > 0)
    assert len(table) <= 128, "one sector of allocation table"
    areas[0] = areas[0][:116] + struct.pack("<II", starts[2] if small else end, len(small)) + areas[0][124:]
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6,
        0, 1, starts[0], 0, 4_096, starts[1] if small else end, counts[1], end, 0, 0,
    )  # fmt: skip
    header += struct.pack("<108I", *[free] * 108)
    return header + struct.pack("<128I", *table, *[free] * (128 - len(table))) + b"".join(areas)


def _directory(entries: list[_Entry], root_class: str) -> Iterator[bytes]:
    after = {}
    for entry in entries:
        after.update(zip(entry.children, entry.children[1:], strict=False))
    for index, entry in enumerate(entries):
        name = (entry.name + "\0").encode("utf-16-le")
        identifier = uuid.UUID(root_class).bytes_le if root_class and not index else b"\0" * 16
        yield struct.pack(
            "<64sHBBIII16sIQQIQ", name, len(name), entry.kind, 1, 0xFFFFFFFF, after.get(index, 0xFFFFFFFF),
            entry.children[0] if entry.children else 0xFFFFFFFF, identifier, 0, 0, 0, entry.start, entry.size,
        )  # fmt: skip


@pytest.fixture
def owned_pdf() -> bytes:
    """A PDF that anyone can read, locked by its owner (ISO 32000 section 7.6, revision 2), with a script in it."""
    identifier, rights = b"0123456789abcdef", struct.pack("<i", -44)
    owner = _rc4(hashlib.md5(_PADDING).digest()[:5], _PADDING)
    key = hashlib.md5(_PADDING + owner + rights + identifier).digest()[:5]
    script = _rc4(hashlib.md5(key + bytes([6, 0, 0, 0, 0])).digest()[:10], b"app.launchURL('https://a.example/')")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction 6 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        b"<< /Filter /Standard /V 1 /R 2 /P -44 /O <%s> /U <%s> >>"
        % (owner.hex().encode(), _rc4(key, _PADDING).hex().encode()),
        b"null",
        b"<< /S /JavaScript /JS <%s> >>" % script.hex().encode(),
    )
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, part) for number, part in enumerate(objects, 1))
    trailer = (
        b"trailer\n<< /Root 1 0 R /Size 7 /Encrypt 4 0 R /ID [<%s> <00>] >>\n%%%%EOF\n" % identifier.hex().encode()
    )
    return b"%PDF-1.7\n" + body + trailer


_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")  # of Algorithm 2


def _rc4(key: bytes, octets: bytes) -> bytes:
    state, other, found = list(range(256)), 0, bytearray()
    for index in range(256):
        other = (other + state[index] + key[index % len(key)]) % 256
        state[index], state[other] = state[other], state[index]
    index = other = 0
    for octet in octets:
        index = (index + 1) % 256
        other = (other + state[index]) % 256
        state[index], state[other] = state[other], state[index]
        found.append(octet ^ state[(state[index] + state[other]) % 256])
    return bytes(found)
