"""Each form of a body is hashed once, large ones in a thread, from whatever holds the content."""

import mmap
from concurrent.futures import ThreadPoolExecutor

from gateway.identity.bodies import INLINE, Bodies, BodyForm
from rules.message import Message

RELAXED = BodyForm(relaxed=True)


async def test_bytes_and_maps_have_the_same_hash() -> None:
    content = b"From: a@city.example\r\n\r\n" + b"a line\r\n" * INLINE
    mapped = mmap.mmap(-1, len(content))
    mapped[:] = content
    with ThreadPoolExecutor(1) as executor:
        from_bytes = await Bodies(Message(content), executor).digest(RELAXED)
        assert await Bodies(Message(mapped), executor).digest(RELAXED) == from_bytes
    assert from_bytes[0] == 8 * INLINE
    mapped.close()


async def test_a_content_without_a_body() -> None:
    assert (await Bodies(Message(b"From: a@city.example\r\n")).digest(RELAXED))[0] == 0


async def test_a_body_that_nobody_signs_has_no_hash() -> None:
    assert (await Bodies(Message(b"\r\n" + b"x" * 2_000_000)).digest(RELAXED)) == (0, b"")
