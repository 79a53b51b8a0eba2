"""What reaches a terminal: nothing that an attacker wrote can act there."""

import io
import json
import re

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.terminal import (
    PLAIN,
    REVERSE,
    CommandError,
    Exit,
    escaped,
    explained,
    fail,
    marked,
    print_json,
    print_table,
    width,
)
from quarantine.ports import StoreUnavailable
from rules.yaml_nodes import DocumentError, Fault


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Grüße, 日本 🙂", "Grüße, 日本 🙂"),
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("\x9b31m", r"\x9b31m"),
        ("a\r\nb", r"a\r\nb"),
        ("invoice\u202efdp.exe", r"invoice\u202efdp.exe"),
        ("pay\u200bpal", r"pay\u200bpal"),
        ("a\u2066b\u2069", r"a\u2066b\u2069"),
        ("soft\u00adhyphen", r"soft\xadhyphen"),
        ("a\u00a0b\u3000c", "a b c"),
        ("\u3164\u115f\ufe0f", r"\u3164\u115f\ufe0f"),
        ("\U000e0041", r"\U000e0041"),
        ("\udc80", r"\udc80"),
        ("\u2028", r"\u2028"),
        ("", ""),
    ],
)
def test_escaping(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_lines_and_tabs_are_kept_when_asked_for() -> None:
    assert escaped("a\n\tb\r\x1b", lines=True) == "a\n\tb\\r\\x1b"


@given(st.text(alphabet=st.characters()))
def test_what_is_printed_is_printable(text: str) -> None:
    assert escaped(text).isprintable()
    assert "\u200b" not in escaped(text)
    escaped(text).encode()


@given(st.text(max_size=40), st.integers(-5, 50), st.integers(-5, 50))
def test_a_mark_changes_nothing_but_adds_its_signs(text: str, start: int, end: int) -> None:
    shown = marked(text, (start, end), terminal=True)
    assert shown.replace(REVERSE, "").replace(PLAIN, "") == escaped(text)
    assert shown.count("\x1b") == 2


def test_evidence_is_marked_by_signs_where_output_is_kept() -> None:
    assert marked("send to ten friends", (8, 19), terminal=False) == "send to »ten friends«"
    assert marked("send to ten", (8, 11), terminal=True) == f"send to {REVERSE}ten{PLAIN}"
    assert marked("a\x1b", None) == r"a\x1b"


def test_json_is_one_line_of_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"subject": "a\n\u202e\x1b\x9b\udc80é"})
    line = capsys.readouterr().out
    assert line.isascii() and line.count("\n") == 1
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f]", line) is None
    assert json.loads(line)["subject"] == "a\n\u202e\x1b\x9b\udc80é"


def test_a_table_is_aligned_and_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("who", "what"), [("日本", "a\x07"), ("x", "")])
    assert capsys.readouterr().out == "who   what\n日本  a\\x07\nx\n"


def test_a_table_without_rows_has_its_headings(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("who", "what"), [])
    assert capsys.readouterr().out == "who  what\n"


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("", 0)])
def test_columns(text: str, columns: int) -> None:
    assert width(text) == columns


def test_exit_codes_are_those_that_scripts_know() -> None:
    assert {item.name: int(item) for item in Exit} == {"DONE": 0, "FAILED": 1, "USAGE": 2, "TEMPORARY": 75}


@pytest.mark.parametrize("exit", [Exit.FAILED, Exit.USAGE, Exit.TEMPORARY])
def test_a_failure_ends_a_command_with_its_code_and_escaped_words(exit: Exit) -> None:
    @click.command()
    def command() -> None:
        fail("no item \x1b[31m", exit)

    result = CliRunner().invoke(command)
    assert (result.exit_code, result.stdout, result.stderr) == (exit, "", "no item \\x1b[31m\n")


def test_errors_that_an_administrator_can_mend_are_told_in_words() -> None:
    document = explained(DocumentError((Fault(path="a.yaml", line=1, column=2, where="b", expected="c"),)))
    store = explained(StoreUnavailable("disk full"))
    assert isinstance(document, CommandError) and document.exit_code == Exit.FAILED
    assert document.message == "a.yaml:1:2: b: c"
    assert isinstance(store, CommandError) and store.exit_code == Exit.TEMPORARY
    assert "disk full" in store.message


def test_errors_of_ours_are_not_dressed_up() -> None:
    assert explained(KeyError("x")) is None
    assert explained(click.UsageError("x")) is None


def test_messages_may_be_written_to_a_file() -> None:
    file = io.StringIO()
    CommandError("a\nb\x1b").show(file)
    assert file.getvalue() == "a\nb\\x1b\n"
