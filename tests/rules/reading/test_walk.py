"""Every way that is known to hide a file from a gateway's reader: the file is found in each, and told as ambiguous
where mail programs would differ."""

import base64
import binascii
import hashlib
import io
import zipfile

import pytest

from rules.facts import Kind, Reason, Role

PLAIN_HEADER = "From: ann@city.example\nTo: bob@elsewhere.example\nSubject: hello\nMIME-Version: 1.0\n"
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00 not really a program, but it begins like one"
B64 = base64.b64encode(PROGRAM).decode()


def has_program(facts) -> bool:
    digest = hashlib.sha256(PROGRAM).hexdigest()
    return any(part.digest == digest for part in facts.parts)


def has_program_kind(facts) -> bool:
    return any(sign.kind is Kind.PROGRAM for part in facts.parts for sign in part.signs)


def doubts(facts) -> str:
    return "; ".join(ambiguity.detail for ambiguity in facts.ambiguities)


def mixed(part_header: str, body: str = B64, boundary: str = "b1", content_type: str | None = None) -> str:
    content_type = content_type or f'Content-Type: multipart/mixed; boundary="{boundary}"'
    return (
        f"{PLAIN_HEADER}{content_type}\n\n--{boundary}\nContent-Type: text/plain\n\nsee the file\n"
        f"--{boundary}\n{part_header}\n\n{body}\n--{boundary}--\n"
    )


BASE64_PART = "Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64"


def test_an_ordinary_attachment_is_found_and_not_ambiguous(facts_of):
    facts = facts_of(mixed(BASE64_PART + "\nContent-Disposition: attachment; filename=a.exe"))
    assert has_program(facts)
    assert not facts.ambiguities
    assert [part.path for part in facts.parts] == ["1", "2/a.exe"]


@pytest.mark.parametrize(
    "written",
    ["BASE64", "base64 (really)", "(c)base64", '"base64"', "base64;x", "base64, 7bit", "ba\0se64", " base64 "],
)
def test_transfer_encoding_as_lenient_readers_take_it(facts_of, written):
    facts = facts_of(mixed(f"Content-Type: application/octet-stream\nContent-Transfer-Encoding: {written}"))
    assert has_program(facts)
    assert bool(facts.ambiguities) == (written.strip().lower() != "base64")


def test_a_script_in_base64_among_words_is_one(facts_of):
    script = base64.encodebytes(b'@echo off\r\nstart "" %temp%\\a.exe\r\nrem words and more words\r\n').decode()
    facts = facts_of(f"Content-Type: text/plain\n\nSave this with certutil:\n\n{script}\nThanks\n")
    assert [sign.text for part in facts.parts for sign in part.signs if sign.kind is Kind.SCRIPT] == ["batch commands"]


@pytest.mark.parametrize("order", [("7bit", "base64"), ("base64", "7bit"), ("base64", "8bit", "base64")])
def test_two_transfer_encodings_are_both_followed(facts_of, order):
    fields = "".join(f"\nContent-Transfer-Encoding: {encoding}" for encoding in order)
    facts = facts_of(mixed(f"Content-Type: application/octet-stream{fields}"))
    assert has_program(facts)
    assert "several Content-Transfer-Encoding" in doubts(facts)


def test_an_unknown_transfer_encoding_is_told(facts_of):
    assert "unknown" in doubts(facts_of(mixed("Content-Type: image/png\nContent-Transfer-Encoding: foo64")))


@pytest.mark.parametrize("encoding", ["x-uuencode", "x-uue", "uuencode"])
def test_uuencode_as_a_transfer_encoding(facts_of, encoding):
    lines = "".join(binascii.b2a_uu(PROGRAM[start : start + 45]).decode() for start in range(0, len(PROGRAM), 45))
    part = f"Content-Type: application/octet-stream\nContent-Transfer-Encoding: {encoding}"
    assert has_program(facts_of(mixed(part, f"begin 644 a.exe\n{lines}`\nend")))


def test_base64_with_junk(facts_of):
    assert has_program(facts_of(mixed(BASE64_PART, "!" + B64[:10] + "*" + B64[10:])))


def test_base64_without_padding(facts_of):
    assert has_program(facts_of(mixed(BASE64_PART, B64.rstrip("="))))


def test_base64_that_goes_on_after_its_padding(facts_of):
    first, rest = base64.b64encode(PROGRAM[:10]).decode(), base64.b64encode(PROGRAM[10:]).decode()
    facts = facts_of(mixed(BASE64_PART, f"{first}\n{rest}"))
    assert has_program(facts)
    assert "after its padding" in doubts(facts)


def test_base64_padded_line_by_line_is_a_habit_not_a_trick(facts_of):
    lines = [base64.b64encode(PROGRAM[start : start + 10]).decode() for start in range(0, len(PROGRAM), 10)]
    facts = facts_of(mixed(BASE64_PART, "\n".join(lines)))
    assert has_program(facts)
    assert not facts.ambiguities


def test_base64_in_the_url_alphabet(facts_of):
    octets = PROGRAM + b"\xfb\xef\xbe" * 30
    body = base64.urlsafe_b64encode(octets).decode()
    facts = facts_of(mixed(BASE64_PART, body))
    assert hashlib.sha256(octets).hexdigest() in {part.digest for part in facts.parts}
    assert "URL alphabet" in doubts(facts)


def test_quoted_printable_with_lower_hex_blanks_after_breaks_and_stray_signs(facts_of):
    part = "Content-Type: application/octet-stream\nContent-Transfer-Encoding: quoted-printable"
    body = (
        "".join(f"={octet:02x}" for octet in PROGRAM[:20]) + "=  \n" + "".join(f"={o:02X}" for o in PROGRAM[20:]) + "="
    )
    assert has_program(facts_of(mixed(part, body)))


def test_quoted_printable_soft_break_with_a_bare_cr(facts_of):
    octets = mixed("Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable", "top=\rsecret word")
    facts = facts_of(octets.replace("\n", "\r\n").encode())
    assert any("topsecret word" in text.text for text in facts.texts)
    assert "bare CR" in doubts(facts)


@pytest.mark.parametrize(
    "types",
    [
        'Content-Type: text/plain\nContent-Type: multipart/mixed; boundary="b1"',
        'Content-Type: multipart/mixed; boundary="b1"\nContent-Type: text/plain',
    ],
)
def test_two_content_types(facts_of, types):
    facts = facts_of(mixed(BASE64_PART, content_type=types))
    assert has_program(facts)
    assert "several Content-Type" in doubts(facts)


@pytest.mark.parametrize(
    "content_type",
    [
        'Content-Type: multipart/mixed; boundary="other"; boundary="b1"',
        'Content-Type: multipart/mixed; boundary="b1"; boundary="other"',
        "Content-Type: multipart/mixed; boundary=other; boundary*0=b; boundary*1=1",
    ],
)
def test_two_boundaries(facts_of, content_type):
    facts = facts_of(mixed(BASE64_PART, content_type=content_type))
    assert has_program(facts)
    assert facts.ambiguities or "boundary*0" in content_type


def test_a_body_cut_by_two_boundaries_is_cut_by_both(facts_of):
    facts = facts_of(
        f'{PLAIN_HEADER}Content-Type: multipart/mixed; boundary="x1"; boundary="y2"\n\n'
        f"--x1\nContent-Type: text/plain\n\nhello\n--y2\n{BASE64_PART}\n\n{B64}\n--y2--\n--x1--\n"
    )
    assert has_program(facts)
    assert "several boundaries" in doubts(facts)


@pytest.mark.parametrize("content_type", ["Content-Type: multipart/mixed", "Content-Type: multipart/mixed; boundary="])
def test_a_multipart_that_does_not_say_its_boundary(facts_of, content_type):
    facts = facts_of(mixed(BASE64_PART, content_type=content_type))
    assert has_program(facts)
    assert "does not say its boundary" in doubts(facts)


@pytest.mark.parametrize(
    "written", ["boundary = b1", "boundary=b1 ", 'boundary="b1"; x="', 'boundary="b1" (c)', "BOUNDARY=b1"]
)
def test_boundary_parameters_written_loosely(facts_of, written):
    assert has_program(facts_of(mixed(BASE64_PART, content_type=f"Content-Type: multipart/mixed; {written}")))


def test_a_boundary_in_sections_out_of_order(facts_of):
    content_type = "Content-Type: multipart/mixed; boundary*1=1; boundary*0=b"
    assert has_program(facts_of(mixed(BASE64_PART, content_type=content_type)))


def test_space_before_the_colon(facts_of):
    facts = facts_of(mixed(BASE64_PART, content_type='Content-Type : multipart/mixed; boundary="b1"'))
    assert has_program(facts)
    assert "blank or NUL" in doubts(facts)


def test_a_line_without_a_colon_before_content_type(facts_of):
    facts = facts_of(mixed(BASE64_PART, content_type='nonsense here\nContent-Type: multipart/mixed; boundary="b1"'))
    assert has_program(facts)
    assert "without a colon" in doubts(facts)


def test_a_line_of_blanks_in_the_header(facts_of):
    facts = facts_of(mixed(BASE64_PART, content_type='X-A: 1\n \nContent-Type: multipart/mixed; boundary="b1"'))
    assert has_program(facts)
    assert "line of blanks" in doubts(facts)


def test_a_file_name_folded_without_a_blank_is_joined(facts_of):
    facts = facts_of(mixed(BASE64_PART + "\nContent-Disposition: attachment;\nfilename=a.exe"))
    assert facts.parts[1].names == ("a.exe",)
    assert not facts.ambiguities


def test_no_empty_line_before_the_first_delimiter(facts_of):
    facts = facts_of(
        f'{PLAIN_HEADER}Content-Type: multipart/mixed; boundary="b1"\n--b1\n{BASE64_PART}\n\n{B64}\n--b1--\n'
    )
    assert has_program(facts)
    assert "no empty line" in doubts(facts)


@pytest.mark.parametrize("line_end", [b"\n", b"\r"])
def test_line_ends_other_than_crlf(facts_of, line_end):
    assert has_program(facts_of(mixed(BASE64_PART).encode().replace(b"\n", line_end)))


def test_a_bare_cr_between_header_fields(facts_of):
    octets = mixed(BASE64_PART).replace("\n", "\r\n").encode().replace(b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\r")
    facts = facts_of(octets)
    assert has_program(facts)
    assert "bare CR" in doubts(facts)


def test_a_part_in_the_epilogue(facts_of):
    facts = facts_of(mixed("Content-Type: text/plain", "bye") + f"{BASE64_PART}\n\n{B64}\n")
    assert has_program(facts)
    assert "epilogue" in doubts(facts)


def test_a_part_in_the_preamble(facts_of):
    content_type = f'Content-Type: multipart/mixed; boundary="b1"\n\n{BASE64_PART}\n\n{B64}'
    facts = facts_of(mixed("Content-Type: text/plain", "bye", content_type=content_type))
    assert has_program(facts)
    assert "preamble" in doubts(facts)


def test_parts_after_the_closing_delimiter(facts_of):
    facts = facts_of(mixed("Content-Type: text/plain", "bye") + f"--b1\n{BASE64_PART}\n\n{B64}\n")
    assert has_program(facts)
    assert "after the closing delimiter" in doubts(facts)


def test_a_multipart_without_a_closing_delimiter(facts_of):
    facts = facts_of(mixed(BASE64_PART).removesuffix("--b1--\n"))
    assert has_program(facts)
    assert not facts.ambiguities


def test_a_delimiter_with_more_than_its_boundary(facts_of):
    facts = facts_of(mixed("Content-Type: text/plain", f"bye\n--b1more\n{BASE64_PART}\n\n{B64}"))
    assert has_program(facts)
    assert "more than its boundary" in doubts(facts)


def test_an_inner_boundary_may_begin_with_the_outer_one(facts_of):
    inner = 'Content-Type: multipart/alternative; boundary="b1-1"'
    facts = facts_of(
        mixed(inner, f"--b1-1\nContent-Type: text/plain\n\nwords\n--b1-1\n{BASE64_PART}\n\n{B64}\n--b1-1--")
    )
    assert has_program(facts)
    assert not facts.ambiguities
    assert [part.path for part in facts.parts] == ["1", "2.1", "2.2"]


def test_inner_and_outer_multipart_with_one_boundary(facts_of):
    inner = 'Content-Type: multipart/mixed; boundary="b1"'
    facts = facts_of(mixed(inner, f"--b1\n{BASE64_PART}\n\n{B64}\n--b1--"))
    assert has_program(facts)
    assert "same boundary" in doubts(facts)


def test_a_multipart_in_base64(facts_of):
    inner = base64.encodebytes(f"--b2\r\n{BASE64_PART}\r\n\r\n{B64}\r\n--b2--\r\n".encode()).decode()
    part = 'Content-Type: multipart/mixed; boundary="b2"\nContent-Transfer-Encoding: base64'
    facts = facts_of(mixed(part, inner))
    assert has_program(facts)
    assert "multipart in base64" in doubts(facts)


def test_a_plain_text_whose_body_is_a_whole_multipart(facts_of):
    facts = facts_of(f"{PLAIN_HEADER}Content-Type: text/plain\n\n--b1\n{BASE64_PART}\n\n{B64}\n--b1--\n")
    assert has_program(facts)
    assert "not called multipart" in doubts(facts)


def test_content_fields_after_an_empty_line(facts_of):
    facts = facts_of(f"{PLAIN_HEADER}\n{BASE64_PART}\n\n{B64}\n")
    assert has_program(facts)
    assert facts.ambiguities


NESTED = f"From: eve@elsewhere.example\nSubject: inside\n{BASE64_PART}\n\n{B64}\n"


def test_a_nested_message(facts_of):
    facts = facts_of(mixed("Content-Type: message/rfc822", NESTED))
    assert has_program(facts)
    assert not facts.ambiguities
    assert [part.path for part in facts.parts] == ["1", "2", "2/1"]


def test_a_nested_message_in_base64(facts_of):
    body = base64.encodebytes(NESTED.replace("\n", "\r\n").encode()).decode()
    facts = facts_of(mixed("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64", body))
    assert has_program(facts)
    assert "message/rfc822" in doubts(facts)


def test_a_message_in_a_message_five_deep(facts_of):
    mail = NESTED
    for _ in range(5):
        mail = mixed("Content-Type: message/rfc822", mail).replace("b1", f"b{len(mail)}")
    assert has_program(facts_of(mail))


def uuencoded(mode: str = "644", name: str = "a.exe") -> str:
    lines = "".join(binascii.b2a_uu(PROGRAM[start : start + 45]).decode() for start in range(0, len(PROGRAM), 45))
    return f"begin {mode} {name}\n{lines}`\nend\n"


@pytest.mark.parametrize("mode", ["644", "0644"])
def test_uuencode_after_text(facts_of, mode):
    facts = facts_of(f"{PLAIN_HEADER}\nhello\n\n{uuencoded(mode)}\nbye\n")
    assert has_program(facts)
    assert facts.parts[-1].names == ("a.exe",)
    assert "M35J0" not in "".join(text.text for text in facts.texts)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
@pytest.mark.parametrize("charset", ["utf-16", "us-ascii"])
@pytest.mark.parametrize("before", ["hello\n", "\u4f60\u597d " * 900])
def test_files_encoded_in_a_text_of_wide_letters(facts_of, codec, charset, before):
    for text in (uuencoded(), base64.encodebytes(PROGRAM).decode()):
        body = base64.encodebytes(f"{before}\n{text}".encode(codec)).decode()
        front = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: base64\n\n"
        assert has_program(facts_of(front + body))


def test_uuencode_in_the_second_text_in_base64(facts_of):
    body = base64.encodebytes(f"hello\r\n{uuencoded()}".encode()).decode()
    assert has_program(facts_of(mixed("Content-Type: text/plain\nContent-Transfer-Encoding: base64", body)))


def test_base64_with_a_begin_line(facts_of):
    assert has_program(facts_of(f"{PLAIN_HEADER}\nhello\nbegin-base64 644 a.exe\n{B64}\n====\n"))


def test_yenc(facts_of):
    body = bytearray()
    for octet in PROGRAM:
        coded = (octet + 42) & 255
        body += bytes([61, (coded + 64) & 255]) if coded in (0, 10, 13, 61) else bytes([coded])
    octets = PLAIN_HEADER.replace("\n", "\r\n").encode() + b"\r\nhello\r\n=ybegin line=128 size=72 name=a.exe\r\n"
    facts = facts_of(octets + bytes(body) + b"\r\n=yend size=72\r\n")
    assert has_program(facts)
    assert facts.parts[-1].names == ("a.exe",)


def test_binhex(facts_of):
    alphabet = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
    standard = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    fork = b"\x05a.exe\0APPLMACS\0\0" + len(PROGRAM).to_bytes(4, "big") + bytes(4) + b"\0\0" + PROGRAM + b"\0\0\0\0"
    coded = (
        base64.b64encode(fork.replace(b"\x90", b"\x90\0")).rstrip(b"=").translate(bytes.maketrans(standard, alphabet))
    )
    facts = facts_of(f"{PLAIN_HEADER}\n(This file must be converted with BinHex 4.0)\n\n:{coded.decode()}:\n")
    assert has_program(facts)


def test_no_mime_version(facts_of):
    facts = facts_of(mixed(BASE64_PART).replace("MIME-Version: 1.0\n", ""))
    assert has_program(facts)
    assert not facts.ambiguities


@pytest.mark.parametrize("kind", ["message/partial; id=1; number=1; total=2", "message/external-body; access-type=URL"])
def test_fragments_are_told_as_unread(facts_of, kind):
    facts = facts_of(mixed(f"Content-Type: {kind}", "half a file"))
    assert [entry.reason for entry in facts.unread] == [Reason.PARTIAL]


def test_pgp_mime_is_told_as_protected(facts_of):
    facts = facts_of(
        f'{PLAIN_HEADER}Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b1"\n\n'
        "--b1\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b1\nContent-Type: application/octet-stream\n\n"
        "-----BEGIN PGP MESSAGE-----\n\nabcd\n-----END PGP MESSAGE-----\n--b1--\n"
    )
    assert any(entry.reason is Reason.ENCRYPTED for entry in facts.unread)
    assert any(part.encrypted and part.declared_type == "multipart/encrypted" for part in facts.parts)


def test_pgp_in_the_body_is_told_as_protected(facts_of):
    facts = facts_of(f"{PLAIN_HEADER}\n-----BEGIN PGP MESSAGE-----\n\nhQEMA0\n-----END PGP MESSAGE-----\n")
    assert [entry.reason for entry in facts.unread] == [Reason.ENCRYPTED]
    assert facts.parts[0].encrypted


def test_the_sniffed_kind_of_a_file_in_uuencode(facts_of):
    facts = facts_of(f"{PLAIN_HEADER}\n{uuencoded(name='notes.txt')}")
    assert any(sign.kind is Kind.PROGRAM for sign in facts.parts[-1].signs)


def test_a_program_in_a_zip_in_a_nested_message(facts_of):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("tools/payload.exe", PROGRAM)
    part = f"{BASE64_PART}\nContent-Disposition: attachment; filename=invoice.zip"
    inner = mixed(part, base64.encodebytes(packed.getvalue()).decode(), boundary="b2")
    facts = facts_of(mixed("Content-Type: message/rfc822", inner))
    assert has_program(facts)
    assert "2/2/invoice.zip/payload.exe" in [part.path for part in facts.parts]


def test_parts_behind_a_second_boundary_that_no_header_declares_are_found(facts_of):
    decoy = "--X\nContent-Type: text/plain\n\nnothing here\n--X--\n"
    facts = facts_of(
        f"{PLAIN_HEADER}Content-Type: text/plain\n\n"
        f"{decoy}--Y\n{BASE64_PART}\nContent-Disposition: attachment; filename=a.exe\n\n{B64}\n--Y--\n"
    )
    assert has_program(facts)
    assert "not called multipart" in doubts(facts)


def test_a_comment_in_a_field_name_hides_no_part(facts_of):
    facts = facts_of(
        f'{PLAIN_HEADER}Content-Type(meow): multipart/mixed; boundary="Y"\n\n'
        f"--Y\n{BASE64_PART}\nContent-Disposition: attachment; filename=a.exe\n\n{B64}\n--Y--\n"
    )
    assert has_program(facts)
    assert "a comment in the field name content-type" in doubts(facts)


@pytest.mark.parametrize("media_type", ["text/plain", "text/html", "text/x-y", "x-a/x-b", "application/octet-stream"])
@pytest.mark.parametrize(
    "around",
    [
        "Here it is.\n\n{base64}\nAnn\n",
        "Here it is.\n\nbegin 644\n{uu}`\nend\n",
        "Here it is.\n--x\n{part}\n\n{base64}\n--x--\n",
        "-----Original Message-----\nFrom: a@b.example\n{part}\n\n{base64}\n",
    ],
    ids=["base64 in words", "uuencode", "a bare part", "a message"],
)
def test_d15_no_structure_is_needed_to_find_a_program_in_a_text(facts_of, media_type, around):
    uu = "".join(binascii.b2a_uu(PROGRAM[at : at + 45]).decode() for at in range(0, len(PROGRAM), 45))
    text = around.format(base64=B64, uu=uu, part=BASE64_PART)
    assert has_program(facts_of(f"{PLAIN_HEADER}Content-Type: {media_type}\n\n{text}"))


def test_a_program_far_behind_the_parts_is_found(facts_of):
    epilogue = "words\n" * 200_000 + B64
    head = 'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\nhello\n--b--\n'
    assert has_program(facts_of(f"{PLAIN_HEADER}{head}{epilogue}\n"))


def test_d20_uuencode_in_uuencode_ends_at_the_depth_of_containers(facts_of):
    def wrapped(octets):
        lines = b"".join(binascii.b2a_uu(octets[at : at + 45]) for at in range(0, len(octets), 45))
        return b"begin 644 a.txt\n" + lines + b"`\nend\n"

    text = PROGRAM
    for _ in range(6):
        text = wrapped(text)
    assert has_program(facts_of(f"{PLAIN_HEADER}\n{text.decode()}"))
    assert "nested more than 6 deep" in str(facts_of(f"{PLAIN_HEADER}\n{wrapped(text).decode()}").unread)


@pytest.mark.parametrize("where", ["message", "part"])
def test_a_program_in_a_field_of_the_header_is_found(facts_of, where):
    lines = base64.encodebytes(PROGRAM + bytes(600)).decode().strip().replace("\n", "\n ")
    field = f"X-Data: {lines}"
    if where == "message":
        text = f"{PLAIN_HEADER}{field}\n\nwords\n"
    else:
        text = mixed(f"{BASE64_PART}\n{field}", base64.b64encode(b"harmless").decode())
    facts = facts_of(text)
    assert any(part.digest == hashlib.sha256(PROGRAM + bytes(600)).hexdigest() for part in facts.parts)


def test_a_file_is_told_from_others_by_all_of_it_and_a_large_one_by_its_size_and_ends(facts_of):
    def digest(content: bytes) -> str:
        encoded = base64.encodebytes(content).decode()
        return (
            facts_of(mixed(BASE64_PART + "\nContent-Disposition: attachment; filename=a.bin", encoded)).parts[-1].digest
        )

    whole = bytes(32 * 1024)
    middle = whole[: len(whole) // 2] + b"1" + whole[len(whole) // 2 + 1 :]
    assert digest(whole) == hashlib.sha256(whole).hexdigest()
    assert digest(whole) != digest(middle)

    large = whole + bytes(1)
    assert digest(large) == digest(large[: len(large) // 2] + b"1" + large[len(large) // 2 + 1 :])
    assert len({digest(content) for content in (large, large + bytes(1), b"1" + large[1:], large[1:] + b"1")}) == 4


@pytest.mark.parametrize(("length", "found"), [(599, False), (600, True)])
def test_a_file_in_a_field_as_short_as_is_looked_for_and_shorter(facts_of, length, found):
    written = base64.b64encode(PROGRAM.ljust(600, b"\0")).decode()[: length - 1]
    assert has_program_kind(facts_of(f"{PLAIN_HEADER}X-A: {written}\n\nwords\n")) == found


@pytest.mark.parametrize(("length", "texts"), [(199, []), (200, [200])])
def test_a_usual_preamble_is_passed_over_and_one_as_long_as_says_more_is_not(facts_of, length, texts):
    preamble = "This is a multi-part message in MIME format.".ljust(length, "x")
    content_type = f"Content-Type: multipart/mixed; boundary=b1\n\n{preamble}"
    facts = facts_of(mixed("Content-Type: text/plain", "bye", content_type=content_type))
    assert [len(text.text.strip()) for text in facts.said(Role.HIDDEN)] == texts


@pytest.mark.parametrize("disposition", ["inline", "attachment; filename=a.html"])
def test_what_stands_for_pictures_is_text_of_its_own(facts_of, disposition):
    facts = facts_of(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nHello\n--b\n"
        f"Content-Type: text/html\nContent-Disposition: {disposition}\n\n"
        "<img src='x' alt='wages of all'><p title='by name'>words\n--b--\n"
    )
    assert [text.text for text in facts.said(Role.CAPTION)] == ["wages of all\nby name"]
