"""Documents: what YAML says, what it is refused for, and where."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.document import (
    STRICT,
    between,
    convert,
    from_json,
    json_schema,
    keyed,
    parse_document,
    read_document,
    read_rest,
    to_json,
)
from rules.yaml_nodes import MAX_DEPTH, DocumentError, Fault

PATH = Path("thing.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    __pydantic_config__ = STRICT
    name: str = ""
    count: Annotated[int, between(0, 9)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    __pydantic_config__ = STRICT
    text: str = ""
    flag: bool = False
    ratio: float = 0.0
    inner: Inner = Inner()
    many: tuple[Inner, ...] = ()
    named: Annotated[tuple[str, ...], keyed("except")] = ()
    free: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    __pydantic_config__ = STRICT
    name: str
    many: int = 1


def faults_of(text: str | bytes) -> tuple[Fault, ...]:
    octets = text.encode() if isinstance(text, str) else text
    with pytest.raises(DocumentError) as refused:
        parse_document(octets, Thing, PATH)
    return refused.value.faults


def told(text: str | bytes) -> list[str]:
    return [str(fault) for fault in faults_of(text)]


def read(text: str) -> Thing:
    return parse_document(text.encode(), Thing, PATH)


@pytest.mark.parametrize("word", ["NO", "no", "yes", "on", "off", "y", "True", "TRUE", "~x", "12:30", "1_000", "0x1F"])
def test_words_that_older_yaml_turns_into_something_else_stay_words(word: str) -> None:
    assert read(f"text: {word}").text == word


def test_dates_stay_words() -> None:
    assert read("text: 2030-06-30").text == "2030-06-30"


@pytest.mark.parametrize(
    ("written", "value"),
    [("true", True), ("12", 12), ("-3", -3), ("1.5", 1.5), ("2e3", 2000.0), ("null", None), ("~", None), ("", None)],
)
def test_scalars_of_yaml_1_2(written: str, value: object) -> None:
    assert read(f"free: {written}").free == value


def test_a_leading_zero_makes_no_number() -> None:
    assert read("free: 007").free == "007"


@pytest.mark.parametrize("written", ["NO", "'true'", "1", "no"])
def test_a_switch_is_true_or_false(written: str) -> None:
    assert told(f"flag: {written}")[0].startswith("thing.yaml:1:7: flag: true or false, not ")


def test_a_quoted_number_is_no_number() -> None:
    assert told('inner: {count: "5"}') == ["thing.yaml:1:16: inner.count: a valid integer, not '5'"]


def test_a_whole_number_serves_as_a_fraction() -> None:
    assert read("ratio: 2").ratio == 2.0


def test_a_number_out_of_range_is_told_with_the_range() -> None:
    assert told("inner:\n  count: 12") == ["thing.yaml:2:10: inner.count: less than or equal to 9, not 12"]


def test_every_fault_is_told_not_only_the_first() -> None:
    text = "text: 5\nflag: maybe\nmany:\n  - count: x\n  - name: y\n    cuont: 3\n"
    assert told(text) == [
        "thing.yaml:1:7: text: text, not 5",
        "thing.yaml:2:7: flag: true or false, not 'maybe'",
        "thing.yaml:4:12: many.0.count: a valid integer, not 'x'",
        "thing.yaml:6:5: many.1.cuont: unknown key; known are count, name",
    ]


def test_an_unknown_key_is_told_at_the_key_with_the_keys_that_are_known() -> None:
    assert told("\nexceptions:\n  - a\n") == [
        "thing.yaml:2:1: exceptions: unknown key; known are except, flag, free, inner, many, ratio, text"
    ]


def test_a_key_that_stands_twice_is_refused_wherever_it_stands() -> None:
    assert told("many:\n  - name: a\n    name: b\n") == ["thing.yaml:3:5: many.0.name: key stands twice"]
    assert told("free: {deep: {x: 1, x: 2}}") == ["thing.yaml:1:21: free.deep.x: key stands twice"]


@pytest.mark.parametrize("text", ["[a]: b", "{{a: b}: c}", "? {a: b}\n: c"])
def test_a_key_is_plain_text(text: str) -> None:
    assert told(text)[0].endswith("a key of plain text")


def test_aliases_may_share_but_not_explode_or_turn_round() -> None:
    assert read("inner: &one {name: a}\nmany: [*one, *one]").many == (Inner(name="a"), Inner(name="a"))
    bomb = "free:\n  - &a0 [x, x]\n" + "".join(f"  - &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    assert "at most" in told(bomb)[0]
    assert "at most" in told("free: &me [*me]")[0]
    assert "at most" in told("free: &me {a: *me}")[0]


@pytest.mark.parametrize("depth", [MAX_DEPTH + 5, 900, 5_000])
def test_nesting_without_end_is_refused(depth: int) -> None:
    assert told("free: " + "[" * depth + "]" * depth)


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.getcwd []", "!!set {a, b}", "!!binary aGk=", "!own x"])
def test_tags_make_no_objects(tag: str) -> None:
    assert told(f"free: {tag}")


def test_a_wrong_value_of_great_length_is_not_repeated_in_full() -> None:
    assert len(told(f"flag: {'x' * 10_000}")[0]) < 150


def test_an_empty_document_takes_every_default() -> None:
    assert read("") == Thing() == read("# nothing but a comment\n")


def test_a_key_may_be_a_word_that_python_keeps() -> None:
    assert read("except: [a, b]").named == ("a", "b")


def test_a_file_that_is_not_there_is_a_fault_too(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read: No such file"):
        read_document(tmp_path / "none.yaml", Thing)


def test_a_piece_of_a_document_is_converted_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("rules:\n  - parameters:\n      count: lots\n")
    with pytest.raises(DocumentError) as refused:
        convert({"count": "lots"}, Inner, path, ("rules", 0, "parameters"))
    assert str(refused.value) == f"{path}:3:14: rules.0.parameters.count: a valid integer, not 'lots'"


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("name: 5\nmany: 2\n", Named(name="unread", many=2)),
        ("many: 2\n", Named(name="unread", many=2)),
        ("name: a\nmany: x\nmore: 1\n", Named(name="a", many=1)),
        ("name: a\nname: b\n", Named(name="b", many=1)),
        ("[1]", None),
        ("", None),
        ("{", None),
    ],
)
def test_wrong_values_give_way_so_that_the_rest_can_be_looked_at(tmp_path: Path, text: str, rest: Named | None) -> None:
    (tmp_path / "a.yaml").write_text(text)
    assert read_rest(tmp_path / "a.yaml", Named, {"name": "unread"}) == rest


def test_json_comes_back_as_the_value_that_was_written() -> None:
    value = Thing(text="é\u202e", many=(Inner(name="a", count=1),), named=("b",), free={"x": [1, None]})
    assert from_json(to_json(value, Thing), Thing) == value


def test_json_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="inner"):
        from_json(b'{"inner": 5}', Thing)


def test_the_first_wrong_item_of_a_list_is_the_only_one_told() -> None:
    """A worker that was taken over may answer with a million of them: each error would cost half a kilobyte."""

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Listed:
        items: tuple[int, ...]

    with pytest.raises(ValueError, match="1 validation error"):
        from_json(b'{"items":["a","b","c"]}', Listed)


def test_the_schema_names_the_keys_of_the_document() -> None:
    assert "except" in json_schema(Thing)["properties"]


@given(st.binary(max_size=300))
def test_any_octets_are_a_document_or_a_refusal_with_a_place(octets: bytes) -> None:
    try:
        parse_document(octets, Thing, PATH)
    except DocumentError as error:
        assert all(fault.line >= 1 and fault.column >= 1 and fault.expected for fault in error.faults)


yaml_text = st.recursive(
    st.sampled_from(["a", "1", "null", "*x", "&x b", '"q', "!!set {}", "NO", "\t", "é", "12:30"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
        st.tuples(st.sampled_from(["text", "inner", "many", "free", "? x"]), inner).map(
            lambda p: f"{{{p[0]}: {p[1]}}}"
        ),
    ),
    max_leaves=8,
)


@given(yaml_text)
def test_anything_that_looks_like_yaml_is_a_document_or_a_refusal(text: str) -> None:
    try:
        parse_document(text.encode(), Thing, PATH)
    except DocumentError as error:
        assert error.faults


@pytest.mark.parametrize("value", ["!!int abc", "!!float x", "!!bool maybe", "!!timestamp 2024-99-99", "9" * 5_000])
def test_values_that_are_not_what_they_are_called_are_a_fault(value: str) -> None:
    assert told(f"free: {value}")
