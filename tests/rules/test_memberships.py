"""Groups within groups, at any depth and in circles."""

from rules.memberships import expanded


def test_members_of_inner_groups_are_members_of_the_outer_ones():
    assert expanded({"a": ["x", "b"], "b": ["y", "c"], "c": ["z"]}) == {
        "a": {"x", "y", "z"},
        "b": {"y", "z"},
        "c": {"z"},
    }


def test_groups_that_hold_each_other_have_the_same_members():
    assert expanded({"a": ["x", "b"], "b": ["y", "a"], "c": ["c"]}) == {"a": {"x", "y"}, "b": {"x", "y"}, "c": set()}


def test_a_chain_deeper_than_the_stack():
    chain = {str(number): [str(number + 1)] for number in range(1, 5_000)} | {"5000": ["x"]}
    assert expanded(dict(list(chain.items())[-3:]))["4998"] == {"x"}
    assert expanded({"1": ["2"], **{key: value for key, value in chain.items() if key != "1"}})["1"] == {"x"}
