"""Fields within fields, as Word would read their instructions."""

from rules.reading.word_fields import Fields


def test_a_field_within_another_stands_for_what_it_writes():
    fields = Fields()
    fields.begin()
    fields.begin()
    fields.add("QUOTE 68 68")
    assert fields.separate() == "QUOTE 68 68"
    assert fields.end() == "QUOTE 68 68"
    fields.add("E x")
    assert fields.end() == "DDE x"


def test_the_last_result_counts_where_it_cannot_be_computed():
    fields = Fields()
    fields.show("no field's")
    fields.begin()
    fields.begin()
    fields.add("REF a")
    fields.separate()
    fields.show("DD")
    fields.end()
    fields.add("E")
    assert fields.end() == "DDE"


def test_fields_nested_a_hundred_deep_are_kept_and_deeper_ones_told():
    fields = Fields()
    for _ in range(100):
        fields.begin()
    fields.add("innermost")
    assert not fields.is_too_deep
    fields.begin()
    assert fields.is_too_deep
    assert fields.end() == ""
    assert fields.end() == "innermost"


def test_an_instruction_is_kept_up_to_its_bound():
    fields = Fields()
    fields.begin()
    fields.add(" " * 10_000)
    fields.add("x" * 4_097)
    assert fields.end() == "x" * 4_096


def test_what_never_ends_is_given_at_the_end():
    fields = Fields()
    fields.begin()
    fields.add("DDE")
    assert list(fields.unended()) == ["", "DDE"]


def test_no_length_hides_what_a_field_writes():
    for instruction in ('QUOTE "DD' + "x" * 2_000 + '"', "QUOTE 000000000068 68"):
        fields = Fields()
        fields.begin()
        fields.begin()
        fields.add(instruction)
        fields.end()
        assert fields.end().startswith("DD")
