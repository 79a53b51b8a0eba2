"""What was given up is known again by its content, and the oldest is forgotten first."""

import pytest

from gateway.given_up import GivenUp


async def test_the_same_content_is_known_again_with_its_reason() -> None:
    given_up = GivenUp()
    await given_up.remember(b"a killer", "it took too long")
    assert await given_up.reason(b"a killer") == "it took too long"


async def test_another_content_is_not_known_even_of_the_same_size() -> None:
    given_up = GivenUp()
    await given_up.remember(b"a killer", "it took too long")
    assert await given_up.reason(b"a miller") is None
    assert await given_up.reason(b"") is None


async def test_the_oldest_is_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.given_up.MOST", 2)
    given_up = GivenUp()
    for content in (b"1", b"1", b"2"):
        await given_up.remember(content, "of two")
    assert await given_up.reason(b"1") == "of two"
    await given_up.remember(b"3", "the third")
    assert [await given_up.reason(content) for content in (b"1", b"2", b"3")] == [None, "of two", "the third"]
