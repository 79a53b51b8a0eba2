"""Where messages begin and end in files."""

import os
from pathlib import Path

import pytest

from gateway.mailfiles import MailFile, messages_in

MAIL = b"From: a@city.example\nSubject: hello\n\nFrom here on, text.\n"
POSTMARK = b"From a@city.example Mon Mar  2 10:15:00 2026\n"


def octets_of(path: Path) -> list[bytes]:
    return [file.read() for file in messages_in(path)]


def write(path: Path, octets: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(octets)
    return path


def test_a_file_is_one_message_and_keeps_its_name(tmp_path: Path) -> None:
    path = write(tmp_path / "a.eml", MAIL)
    assert list(messages_in(path)) == [MailFile(name=str(path), path=path)]
    assert octets_of(path) == [MAIL]


def test_an_mbox_is_taken_apart_at_its_postmarks(tmp_path: Path) -> None:
    path = write(tmp_path / "box", POSTMARK + MAIL + b"\n" + POSTMARK + b"Subject: two\n\n>From you\n>>From me\n")
    assert [file.name for file in messages_in(path)] == [f"{path}#1", f"{path}#2"]
    assert octets_of(path) == [MAIL + b"\n", b"Subject: two\n\nFrom you\n>From me\n"]


def test_an_mbox_of_one_message_keeps_the_files_name(tmp_path: Path) -> None:
    path = write(tmp_path / "one.mbox", POSTMARK + MAIL)
    assert [file.name for file in messages_in(path)] == [str(path)]
    assert octets_of(path) == [MAIL]


def test_a_sentence_that_begins_with_from_parts_nothing(tmp_path: Path) -> None:
    text = POSTMARK + b"Subject: x\n\nDear all,\n\nFrom Monday on we open at 8:00.\n\nFrom you\n"
    assert len(octets_of(write(tmp_path / "box", text))) == 1


def test_a_postmark_within_a_paragraph_parts_nothing(tmp_path: Path) -> None:
    assert len(octets_of(write(tmp_path / "box", POSTMARK + b"Subject: x\n\ntext\n" + POSTMARK + b"more\n"))) == 1


def test_a_message_that_only_begins_like_a_postmark_is_a_message(tmp_path: Path) -> None:
    path = write(tmp_path / "a", b"From Springfield with love\n\nhello\n")
    assert octets_of(path) == [b"From Springfield with love\n\nhello\n"]


def test_the_line_ends_of_smtp_are_known_in_an_mbox_too(tmp_path: Path) -> None:
    box = (POSTMARK + MAIL + b"\n" + POSTMARK + MAIL).replace(b"\n", b"\r\n")
    assert len(octets_of(write(tmp_path / "box", box))) == 2


def test_a_maildir_gives_what_was_delivered(tmp_path: Path) -> None:
    for place in ("cur/b:2,S", "new/a", "tmp/half", "cur/.hidden"):
        write(tmp_path / place, place.encode())
    assert octets_of(tmp_path) == [b"cur/b:2,S", b"new/a"]


def test_a_folder_gives_all_it_holds_in_order_of_name(tmp_path: Path) -> None:
    for place in ("b.eml", "a/2.eml", "a/1.eml", ".git/config"):
        write(tmp_path / place, place.encode())
    assert octets_of(tmp_path) == [b"a/1.eml", b"a/2.eml", b"b.eml"]


def test_circles_and_pipes_in_a_folder_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "a.eml", MAIL)
    (tmp_path / "round").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert octets_of(tmp_path) == [MAIL]


def test_an_empty_file_is_an_empty_message(tmp_path: Path) -> None:
    assert octets_of(write(tmp_path / "empty", b"")) == [b""]


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(messages_in(tmp_path / "none"))
