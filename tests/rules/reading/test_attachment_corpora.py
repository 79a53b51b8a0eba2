"""Harmless programs of other projects' tests are found in whatever they were packed; ordinary mail is not held."""

import base64
import binascii
import os
import time
from pathlib import Path

import pytest

from rules.detectors.executable_attachment import Parameters, detect

CORPORA = Path(os.environ.get("MAILWARD_CORPORA") or Path(__file__).resolve().parents[4] / "shared" / "corpora")
ATTACHMENTS = CORPORA / "attachments"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not CORPORA.is_dir(), reason="the measuring corpora are not in MAILWARD_CORPORA and not beside us"
    ),
]


def files(folder: str) -> list[Path]:
    return sorted(path for path in (ATTACHMENTS / folder).rglob("*") if path.is_file())


def containers() -> list[Path]:
    """One program in some forty containers; whole messages are another test's."""
    return [path for path in files("clamav/clamav_hdb_scanfiles") if ".mail" not in path.name]


def octets_of(path: Path) -> bytes:
    """The file, out of its uuencoding where its project ships it so."""
    octets = path.read_bytes()
    if path.suffix != ".uu":
        return octets
    found = bytearray()
    for line in octets.partition(b"\nbegin ")[2].splitlines()[1:] or octets.splitlines()[1:]:
        if line.strip() == b"end":
            break
        found += binascii.a2b_uu(line[: 1 + (((line[0] - 32) & 63) + 2) // 3 * 4]) if line else b""
    return bytes(found)


def attached(facts_of, octets: bytes, name: str):
    head = b'From: a@a.example\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name="%s"\r\n'
    head += b"Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return facts_of(head % name.encode() + base64.encodebytes(octets).replace(b"\n", b"\r\n"))


def passes(facts) -> bool:
    return (
        not facts.unread and not any(part.encrypted for part in facts.parts) and not list(detect(facts, Parameters()))
    )


def test_the_program_is_found_or_the_file_held_in_every_container(facts_of):
    assert [path.name for path in containers() if passes(attached(facts_of, octets_of(path), path.name))] == []


def test_the_program_is_found_by_content_where_no_name_tells_it(facts_of):
    """In all containers but those that are not opened, of which the mail is held."""
    missed = []
    for path in containers():
        facts = attached(facts_of, octets_of(path), "attachment")
        if not any(
            "MZ executable" in sign.text or "program" in sign.text for part in facts.parts for sign in part.signs
        ):
            missed.append((path.name, bool(facts.unread) or bool(list(detect(facts, Parameters())))))
    assert len(missed) <= 4, missed  # RAR 2.0, CHM, imploded zip, SIS
    assert all(held for _, held in missed), missed


def test_protected_documents_are_told(facts_of):
    names = files("clamav/other_scanfiles/ole2_encryption")
    assert [path.name for path in names if passes(attached(facts_of, octets_of(path), path.name))] == []


@pytest.mark.usefixtures("limited_memory")
@pytest.mark.parametrize("folder", [path.name for path in sorted(ATTACHMENTS.glob("*"))])
def test_every_file_ends_in_a_result_within_four_seconds(facts_of, folder):
    """Of CPU time; a second is what the worst takes on a quick machine."""
    late = []
    for path in files(folder):
        began = time.process_time()
        attached(facts_of, octets_of(path), path.name.removesuffix(".uu"))
        if time.process_time() - began > 4:
            late.append(path.name)
    assert late == []


def test_no_attachment_of_a_citys_mail_counts(facts_of):
    paths = sorted((CORPORA / "city-mail").rglob("*.eml"))
    hits = {path.name: found for path in paths if (found := list(detect(facts_of(path.read_bytes()), Parameters())))}
    assert hits == {}


def test_no_attachment_of_a_citys_mail_is_unreadable(facts_of):
    paths = sorted((CORPORA / "city-mail").rglob("*.eml"))
    assert {path.name: unread for path in paths if (unread := facts_of(path.read_bytes()).unread)} == {}
