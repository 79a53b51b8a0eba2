"""What several detectors ask of one message is worked out once, and not kept beyond it."""

from rules.remembering import forget_message, remembered, remembered_last

asked: list[object] = []


@remembered
def length(text: str) -> int:
    asked.append(text)
    return len(text)


@remembered_last
def number(things: list[int]) -> int:
    asked.append(things)
    return len(things)


def test_a_text_is_worked_out_once_until_the_message_ends() -> None:
    asked.clear()
    assert [length("pool"), length("pool"), length("permit")] == [4, 4, 6]
    assert asked == ["pool", "permit"]
    forget_message()
    assert length("pool") == 4
    assert asked == ["pool", "permit", "pool"]


def test_only_the_very_same_thing_is_taken_for_the_last() -> None:
    """Two that are equal may be two messages, and a list may have changed since."""
    asked.clear()
    first, second = [1, 2], [1, 2]
    assert [number(first), number(first), number(second)] == [2, 2, 2]
    assert len(asked) == 2
    forget_message()
    number(second)
    assert len(asked) == 3


@remembered
def repeated(text: str, times: int) -> str:
    asked.append((text, times))
    return text * times


def test_what_depends_on_more_than_the_text_is_told_apart() -> None:
    asked.clear()
    assert [repeated("ab", 1), repeated("ab", 2), repeated("ab", 2)] == ["ab", "abab", "abab"]
    assert asked == [("ab", 1), ("ab", 2)]
    forget_message()
    repeated("ab", 2)
    assert len(asked) == 3
