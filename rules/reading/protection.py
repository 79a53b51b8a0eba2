"""Tells content that is locked: archives with hidden names, Office, OpenDocument, PDF, S/MIME, OpenPGP. Breaks no lock.

Opens the one envelope that is no lock: an S/MIME message that is signed and not encrypted.
"""

import binascii
from collections.abc import Iterator, Mapping

from rules.message import Octets
from rules.reading.archives import has_hidden_names
from rules.reading.budget import MEBIBYTE, Budget
from rules.reading.cms import signed_content
from rules.reading.formats import formats_of
from rules.reading.member import Member, Unreadable
from rules.reading.office import compound_protection
from rules.reading.pdf import pdf_protection
from rules.reading.rar import listing_of
from rules.reading.signatures import HEAD, Format, is_text
from rules.reading.zipfiles import directory_of, read_entry

# Object identifiers of CMS content types, with their tag and length (RFC 5652 section 4 and on, RFC 5083, RFC 3274)
_PKCS7 = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
_SIGNED, _ENVELOPED, _ENCRYPTED = (_PKCS7 + bytes([last]) for last in (2, 3, 6))
_AUTHENTICATED_ENVELOPED = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17"
_COMPRESSED = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09"
_CMS_FRONT = 32  # octets within which the content type stands

_PGP_LENGTHS = {0x84: 1, 0x85: 2, 0x86: 4, 0x8C: 1, 0x8D: 2, 0xC1: 1, 0xC3: 1}  # tag octet: octets of its length
_PGP_KEYS = {0x98: 1, 0x99: 2, 0x9A: 4, 0xC6: 1}  # the same of public keys (RFC 9580 section 5.5.1.1)
_PGP_ALGORITHMS = (1, 2, 16, 18, 25, 26)  # that encrypt to a public key (RFC 9580 section 9.1)
_PGP_ARMOUR = b"-----BEGIN PGP MESSAGE-----"
_PKCS7_ARMOUR = (b"-----BEGIN PKCS7-----", b"-----BEGIN CMS-----")
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_RPMSG = bytes.fromhex("76e80460c411e386")  # a rights-managed message, packed (MS-OXORMMS section 2.1.3)
# What encrypted files begin with that hold nothing else
_LOCKED_FRONTS = (
    (b"Salted__", "file encrypted with OpenSSL"),
    (b"U2FsdGVkX1", "file encrypted with OpenSSL"),  # the same in base64
    (b"age-encryption.org/v1\n", "file encrypted with age"),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", "file encrypted with age"),
    (bytes.fromhex("c0b9072e4f93f146a015792ca1d9e821"), "file encrypted with AxCrypt"),
    (bytes.fromhex("03d9a29a67fb4bb5"), "KeePass database"),
    (bytes.fromhex("03d9a29a65fb4bb5"), "KeePass database"),
    *((b"AES" + bytes([version]), "file encrypted with AES Crypt") for version in (1, 2, 3)),
    (b"LUKS\xba\xbe", "encrypted Linux disk"),
    (b"$ANSIBLE_VAULT;", "Ansible vault"),
    (b".pfile", "rights-managed Microsoft file"),
    (b"PWS3", "Password Safe database"),
)
# An encryption key in a OneNote section: the marks before and behind it (MS-ONESTORE section 2.5.19)
_SECTION_KEY = (0xFB6BA385DAD1A067).to_bytes(8, "little")
_SECTION_KEY_END = (0x2649294F8E198B3C).to_bytes(8, "little")
# Members that only a locked file has
_LOCKED_PACKAGES = (
    (frozenset({".iwpv2"}), "iWork document with a password"),
    (frozenset({"0.manifest.json", "0.payload"}), "file encrypted in the Trusted Data Format"),
)
_MAX_MANIFEST = MEBIBYTE  # octets: some ten thousand files; what is encrypted stands in it, and looks like no text


def protection_of_content(octets: Octets) -> str | None:
    """Why the whole of this content cannot be read, or None."""
    head = bytes(octets[:HEAD])
    locked = next((reason for front, reason in _LOCKED_FRONTS if head.lstrip().startswith(front)), None)
    if locked is not None:
        return locked
    if is_text(head) and not head.startswith(b"PK"):
        if octets.find(_PGP_ARMOUR) >= 0:
            return "OpenPGP message"
        return _cms_protection(_unarmoured(octets)) if _is_cms_text(head) else None
    if head.startswith(_RPMSG):
        return "rights-managed Microsoft message"
    for known in formats_of(octets):
        reason = _of_format(known, octets)
        if reason is not None:
            return reason
    return _cms_protection(head) or ("OpenPGP message" if _is_pgp(head) else None)


def _of_format(known: Format, octets: Octets) -> str | None:
    if known is Format.OLE:
        return compound_protection(octets)
    if known is Format.PDF:
        return pdf_protection(octets)
    if known is Format.RAR:
        return "RAR archive with encrypted names" if listing_of(bytes(octets)).hidden else None
    if known is Format.SEVEN_ZIP:
        return "7z archive with encrypted names" if has_hidden_names(octets) else None
    if known is Format.DMG:
        return "encrypted Apple disk image" if octets[:8] == b"encrcdsa" else None
    if known is Format.ONENOTE:
        key = octets.find(_SECTION_KEY)
        return "OneNote section with a password" if 0 <= key < octets.find(_SECTION_KEY_END, key) else None
    return _package_protection(octets) if known is Format.ZIP else None


def _package_protection(octets: Octets) -> str | None:
    try:
        entries = {entry.names[0]: entry for entry in directory_of(octets)}
        for names, reason in _LOCKED_PACKAGES:
            if names <= entries.keys():
                return reason
        if "mimetype" not in entries or "META-INF/manifest.xml" not in entries:
            return None
        manifest = read_entry(octets, entries["META-INF/manifest.xml"], _MAX_MANIFEST + 1)
    except Unreadable:
        return None
    if len(manifest) > _MAX_MANIFEST:
        return (
            f"OpenDocument file that may have a password: its manifest is longer than {_MAX_MANIFEST // MEBIBYTE} MiB"
        )
    return "OpenDocument file with a password" if b"encryption-data" in manifest else None


def _cms_protection(head: bytes) -> str | None:
    front = head[:_CMS_FRONT]
    if front[:1] != b"\x30":
        return None
    encrypted = any(kind in front for kind in (_ENVELOPED, _ENCRYPTED, _AUTHENTICATED_ENVELOPED))
    return "encrypted S/MIME message" if encrypted else None


def _is_pgp(head: bytes) -> bool:
    """Whether it begins with an encrypted session key: tag 1 or 3, length, version (RFC 9580 sections 5.1 and 5.3)."""
    if len(head) < 16 or head[0] not in _PGP_LENGTHS:
        return False
    at = _packet_body(head, _PGP_LENGTHS)
    public = head[0] in (0x84, 0x85, 0x86, 0xC1)
    if public:  # version, key identifier, algorithm
        return head[at] == 6 or (head[at] == 3 and head[at + 9] in _PGP_ALGORITHMS)
    return head[at] in (4, 5, 6) and head[at + 1] < 14


def _packet_body(head: bytes, lengths: Mapping[int, int]) -> int:
    """Where the body of the first packet begins; a length of the newer form may have two octets, or five."""
    at = 1 + lengths[head[0]]
    if head[0] < 0xC0:
        return at
    return at + (1 if 192 <= head[1] < 224 else 4 if head[1] == 255 else 0)


def is_pgp_key(head: bytes) -> bool:
    """Whether it begins with a public key, which locks nothing: version, time, algorithm (RFC 9580 section 5.5.2)."""
    if len(head) < 16 or head[0] not in _PGP_KEYS:
        return False
    at = _packet_body(head, _PGP_KEYS)
    return head[at] in (4, 5, 6) and (head[at + 5] <= 3 or 16 <= head[at + 5] <= 28)


def _is_cms_text(head: bytes) -> bool:
    """Whether it may be S/MIME in base64, with its armour or, as some programs attach it, without."""
    front = head.lstrip()
    return front.startswith(_PKCS7_ARMOUR) or (front[:2] == b"MI" and not front[:_CMS_FRONT].strip(_BASE64))


def is_signed_envelope(octets: Octets) -> bool:
    head = bytes(octets[:HEAD])
    if _is_cms_text(head):
        head = _unarmoured(octets)[:HEAD]
    front = head[:_CMS_FRONT]
    return front[:1] == b"\x30" and (_SIGNED in front or _COMPRESSED in front)


def unpack_signed(octets: Octets, budget: Budget) -> Iterator[Member]:
    """The MIME entity within an opaque signature; nothing when the signature is detached. Raises Unreadable."""
    content = _unarmoured(octets) if octets[:1] != b"\x30" else bytes(octets)
    if _COMPRESSED in content[:_CMS_FRONT]:
        raise Unreadable("compressed S/MIME message")
    meter = budget.open(len(content))
    entity = signed_content(content)
    if entity is not None:
        meter.member()
        meter.octets(len(entity))
        yield Member(names=("signed content.eml",), octets=entity, declared_type="message/rfc822")


def _unarmoured(octets: Octets) -> bytes:
    lines = [line.strip() for line in bytes(octets).splitlines()]
    try:
        return binascii.a2b_base64(b"".join(line for line in lines if not line.startswith(b"-----")))
    except binascii.Error:
        return b""
