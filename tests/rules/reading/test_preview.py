"""The preview of a held message is plain, bounded and safe to show."""

import pytest

from rules.reading.preview import preview_of


def test_roles_are_announced(facts_of):
    facts = facts_of("From: Ann <ann@city.example>\nTo: b@city.example\nSubject: Hi\n\nmine\n> yours\n-- \nAnn\n")
    assert preview_of(facts).split("\n") == [
        "Subject: Hi",
        "From: Ann <ann@city.example>",
        "To: <b@city.example>",
        "",
        "mine",
        "",
        "[quoted]",
        "> yours",
        "",
        "[signature]",
        "-- ",
        "Ann",
    ]


def test_controls_and_marks_that_turn_the_writing_are_written_out(facts_of):
    preview = preview_of(facts_of("Subject: a\u202eb\x1b[31mc\n\nx\x07y\u200b\u2066z\n"))
    assert r"Subject: a\u202eb\x1b[31mc" in preview
    assert preview.endswith(r"x\x07y\u2066z")


def test_padding_that_is_not_seen_is_left_out(facts_of):
    assert preview_of(facts_of("Subject: x\n\ny\u200b\u200c\u00adz\n")).endswith("yz")


def test_a_long_message_is_cut(facts_of):
    preview = preview_of(facts_of("Subject: x\n\n" + "word\n" * 100_000))
    assert len(preview) <= 64 * 1024
    assert preview.endswith("[cut]\n")


@pytest.mark.parametrize("more", [0, 1])
def test_a_message_as_long_as_is_shown_whole_and_longer_by_one_character(facts_of, more):
    around = len(preview_of(facts_of("Subject: x\n\ny\n"))) - 1
    preview = preview_of(facts_of("Subject: x\n\n" + "y" * (64 * 1024 - around + more) + "\n"))
    assert preview.endswith("[cut]\n") == bool(more)
    assert len(preview) == 64 * 1024 - (1 if more else 0) * 1
