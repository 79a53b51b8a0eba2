"""Nodes of YAML: where each stands, and what an administrator reads where the parser gave up."""

import pickle
from pathlib import Path

import pytest

from rules.yaml_nodes import MAX_DOCUMENT, DocumentError, Fault, compose, lines_of, locate, plain_texts

PATH = Path("thing.yaml")


def told(text: str | bytes) -> str:
    with pytest.raises(DocumentError) as refused:
        compose(text.encode() if isinstance(text, str) else text, PATH)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("senders: [@press.example]", "1:11", "a text that begins with @, % or ` has to stand in quotes"),
        ("share: %5", "1:8", "a text that begins with @, % or ` has to stand in quotes"),
        ("names: [*.example]", "1:10", "a text that begins with * or & has to stand in quotes"),
        ("names: [*staff]", "1:9", "a text that begins with * or & has to stand in quotes"),
        ("title: ours: the new one", "1:12", "a text with a colon in it has to stand in quotes"),
        ("says: {it: a, b, [c: d}", "1:23", "a text with a colon or comma in it has to stand in quotes"),
        ('phrases: ["\\d+"]', "1:12", "within single quotes a backslash is a backslash"),
        ("one: 1\naction:tag\nthree: 3\n", "2:1", "behind a key stand a colon and a blank"),
        ("- use: a\n  cites: b\n   action: c\n", "3:10", "a text with a colon in it has to stand in quotes"),
        ("rules:\n  - use: a\n    cites: b\n   action: c\n", "4:4", "are the blanks in front of it those of its"),
    ],
)
def test_what_was_most_likely_meant_is_said_at_its_place(text: str, place: str, hint: str) -> None:
    assert told(text).startswith(f"thing.yaml:{place}: ")
    assert hint in told(text)


def test_plain_texts_are_told_in_order_and_what_is_quoted_or_a_number_is_not() -> None:
    found = plain_texts(compose(b"one: [no, 'no', 5]\n2: {three: yes}\n", PATH))
    assert [(one.text, one.place, one.is_key) for one in found] == [
        ("one", ("one",), True),
        ("no", ("one", "0"), False),
        ("2", ("2",), True),
        ("three", ("2", "three"), True),
        ("yes", ("2", "three"), False),
    ]


def test_tabs_in_front_of_a_line_are_named_as_such() -> None:
    assert told("inner:\n\tname: a\n") == "thing.yaml:2:1: blanks in front of the line, not tabs"


def test_what_is_not_closed_is_told_where_it_begins_or_where_the_parser_gave_up() -> None:
    assert told("many: [{name: a}\n").startswith("thing.yaml:2:1: while parsing a flow sequence")
    assert told('a: b\ntext: "open\n\n').startswith("thing.yaml:2:7: while scanning a quoted scalar")


def test_octets_that_are_not_utf_8_are_told_by_line_and_column() -> None:
    assert told(b"text: a\ninner:\n  name: \xff\n").startswith("thing.yaml:3:9: UTF-8 text: ")
    assert told("text: é\nfree: é\x07".encode()).startswith("thing.yaml:2:8: UTF-8 text: ")


def test_the_size_is_bounded() -> None:
    assert told(b"#" * (MAX_DOCUMENT + 1)) == f"thing.yaml:1:1: at most {MAX_DOCUMENT} octets"


def test_a_fault_of_our_own_is_located_at_the_value_or_at_its_key(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("one:\n  two: 2\n")
    assert str(locate(path, ("one", "two"), "three")) == f"{path}:2:8: one.two: three"
    assert str(locate(path, ("one", "two"), "three", of_key=True)) == f"{path}:2:3: one.two: three"
    assert str(locate(path, ("one", "none"), "three")) == f"{path}:2:3: one: three"


def test_lines_are_told_of_what_stands_in_the_file_and_of_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("one:\n  - two: 2\n  - two:\n      3\n")
    assert lines_of(path, [("one",), ("one", 0, "two"), ("one", 1, "two"), ("one", 2), ("none",)]) == (
        1,
        2,
        3,
        None,
        None,
    )


def test_a_refusal_travels_between_processes() -> None:
    error = DocumentError((Fault(path="a", line=1, column=2, where="b", expected="c"),))
    assert str(pickle.loads(pickle.dumps(error))) == str(error) == "a:1:2: b: c"
