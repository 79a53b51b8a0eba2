"""Protected parts are told with their reason, in one observation."""

from dataclasses import replace

from rules.detectors.encrypted_content import Parameters, detect
from rules.facts import Part, Reason, Unread


def part(path, why=None):
    return Part(
        path=path, names=(path,), declared_type=None, signs=(), size=1, digest=path, encrypted=why
    )  # fmt: skip


def seen(facts, **parameters):
    return list(detect(facts, Parameters(**parameters)))


def test_every_protected_part_is_evidence(facts_of):
    facts = facts_of(
        parts=(part("a.zip"), part("a.zip/b.doc", "encrypted zip member"), part("c.pdf", "PDF with a password"))
    )
    (observation,) = seen(facts)
    assert observation.summary == "a.zip/b.doc: encrypted zip member; c.pdf: PDF with a password"
    assert [item.part for item in observation.evidence] == ["a.zip/b.doc", "c.pdf"]


def test_what_was_not_read_for_a_lock_counts_once(facts_of):
    unread = (
        Unread(part="c.pdf", reason=Reason.ENCRYPTED, detail="PDF with a password"),
        Unread(part="d", reason=Reason.ENCRYPTED, detail="multipart/encrypted"),
        Unread(part="e", reason=Reason.LIMIT, detail="too much"),
    )
    facts = replace(facts_of(parts=(part("c.pdf", "PDF with a password"),)), unread=unread)
    (observation,) = seen(facts)
    assert [item.part for item in observation.evidence] == ["c.pdf", "d"]


def test_pgp_in_the_text_itself_counts(facts_of):
    assert seen(facts_of("Hello\n-----BEGIN PGP MESSAGE-----\n\nhQEMA"))[0].summary == "the text: OpenPGP message"


def test_open_mail_is_silent(facts_of):
    assert seen(facts_of("Do you use PGP?", parts=(part("a.zip"),))) == []


def test_messages_can_be_let_off_and_files_not(facts_of):
    facts = facts_of(parts=(part("smime.p7m", "encrypted S/MIME message"),))
    assert seen(facts, messages=False) == []
    assert seen(facts_of(parts=(part("c.pdf", "PDF with a password"),)), messages=False)
