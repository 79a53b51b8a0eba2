"""Locks are told with their kind; an envelope that is only signed is opened."""

import base64
import io
import uuid
import zipfile

import pytest

from rules.reading.budget import Budget
from rules.reading.protection import is_signed_envelope, protection_of_content, unpack_signed

PKCS7 = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
ENTITY = b"Content-Type: text/plain\r\n\r\nHello\r\n"


def value(tag, content):
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets = size.to_bytes(-(-size.bit_length() // 8), "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def message(last, inner):
    return value(0x30, PKCS7 + bytes([last]) + value(0xA0, value(0x30, inner)))


def signed(content):
    inner = PKCS7 + b"\x01" + (value(0xA0, content) if content else b"")
    return message(2, b"\x02\x01\x01" + value(0x31, b"") + value(0x30, inner) + value(0xA0, b"certificates"))


@pytest.mark.parametrize("last", [3, 6])
def test_d25_encrypted_smime_is_told(last):
    octets = message(last, bytes(200))
    assert protection_of_content(octets) == "encrypted S/MIME message"
    armoured = b"-----BEGIN PKCS7-----\n" + base64.encodebytes(octets) + b"-----END PKCS7-----\n"
    assert protection_of_content(armoured) == "encrypted S/MIME message"


def taken(octets):
    return [member.octets for member in unpack_signed(octets, Budget())]


def test_d25_a_signed_message_is_opened():
    octets = signed(value(0x04, ENTITY))
    assert protection_of_content(octets) is None
    assert is_signed_envelope(octets)
    (member,) = unpack_signed(octets, Budget())
    assert (member.octets, member.declared_type) == (ENTITY, "message/rfc822")


def test_a_signed_message_in_pieces_is_opened():
    assert taken(signed(value(0x24, value(0x04, ENTITY[:9]) + value(0x04, ENTITY[9:])))) == [ENTITY]
    assert taken(signed(b"\x24\x80" + value(0x04, ENTITY[:9]) + value(0x04, ENTITY[9:]) + b"\0\0")) == [ENTITY]


def test_a_signature_apart_holds_nothing():
    assert taken(signed(b"")) == []


@pytest.mark.parametrize(
    "octets",
    [
        b"Hello\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n",
        b"\x85\x01\x0c\x03" + bytes(8) + b"\x01" + bytes(200),
        b"\x84\x5e\x03" + bytes(8) + b"\x12" + bytes(100),
        b"\xc1\xc0\x4c\x03" + bytes(8) + b"\x01" + bytes(200),
        b"\x8c\x0d\x04\x09\x03\x08" + bytes(100),
    ],
)
def test_d25_open_pgp_is_told(octets):
    assert protection_of_content(octets) == "OpenPGP message"


@pytest.mark.parametrize(
    "octets",
    [b"", b"Hello", b"-----BEGIN PGP SIGNATURE-----\n\nx\n", b"\x85\x01", b"\x89PNG\r\n\x1a\n" + bytes(50), bytes(99)],
)
def test_what_is_open_is_not(octets):
    assert protection_of_content(octets) is None


def test_an_open_document_with_a_password_is_told():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("META-INF/manifest.xml", "<m><manifest:encryption-data/></m>")
    assert protection_of_content(target.getvalue()) == "OpenDocument file with a password"


@pytest.mark.parametrize(
    ("more", "told"), [(0, None), (1, "that may have a password: its manifest is longer than 1 MiB")]
)
def test_a_manifest_as_long_as_is_read_and_longer_by_one_octet(more, told):
    """What says that the file is encrypted may stand behind a comment of that length."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("META-INF/manifest.xml", b"<manifest/>".ljust(1024 * 1024 + more))
    found = protection_of_content(target.getvalue())
    assert found == (f"OpenDocument file {told}" if told else None)


def test_archives_with_hidden_names_are_told():
    rar = b"Rar!\x1a\x07\0" + b"\0\0\x73\x80\0\x0d\0" + bytes(6) + bytes(50)
    assert protection_of_content(rar) == "RAR archive with encrypted names"


def test_a_locked_section_of_a_notebook_is_told():
    section = uuid.UUID("7b5c52e4-d88c-4da7-aeb1-5378d02996d3").bytes_le + bytes(1_000)
    key = bytes.fromhex("67a0d1da85a36bfb") + "<key/>".encode("utf-16-le") + bytes.fromhex("3c8b198e4f294926")
    assert protection_of_content(section + key) == "OneNote section with a password"
    assert protection_of_content(section) is None


def test_a_rights_managed_message_is_told():
    octets = bytes.fromhex("76e80460c411e386") + b"\xa0\x0f\x00\x00\x00\x10\x00\x00" + bytes(64)
    assert protection_of_content(octets) == "rights-managed Microsoft message"


@pytest.mark.parametrize(
    ("front", "reason"),
    [
        (b"Salted__", "file encrypted with OpenSSL"),
        (b"U2FsdGVkX1", "file encrypted with OpenSSL"),
        (b"age-encryption.org/v1\n-> X25519 abc\n", "file encrypted with age"),
        (b"\n-----BEGIN AGE ENCRYPTED FILE-----\n", "file encrypted with age"),
        (bytes.fromhex("c0b9072e4f93f146a015792ca1d9e821"), "file encrypted with AxCrypt"),
        (bytes.fromhex("03d9a29a67fb4bb5"), "KeePass database"),
        (b"AES\1\0", "file encrypted with AES Crypt"),
        (b"AES\2\0\0\x1bCREATED_BY", "file encrypted with AES Crypt"),
        (b"AES\3\0", "file encrypted with AES Crypt"),
        (b"LUKS\xba\xbe\0\1", "encrypted Linux disk"),
        (b"$ANSIBLE_VAULT;1.1;AES256\n3361", "Ansible vault"),
        (b"\x85\x01\x0c\x03" + bytes(8) + b"\x1a", "OpenPGP message"),
    ],
)
def test_files_of_programs_that_encrypt_are_told_by_their_front(front, reason):
    assert protection_of_content(front + bytes(200)) == reason
    assert protection_of_content(b"See " + front) is None


@pytest.mark.parametrize(("more", "told"), [(0, "encrypted S/MIME message"), (1, None)])
def test_the_kind_of_an_envelope_as_late_as_it_is_looked_for_and_later(more, told):
    """A length of as many octets as nobody writes; eight are the most that readers take."""
    octets = bytes([0x30, 0x80 | 19 + more]) + bytes(19 + more) + PKCS7 + b"\x03" + bytes(200)
    assert protection_of_content(octets) == told
