"""A gateway process wakes for the first of what it waits for. The rest of its life is tested end to end."""

import asyncio

from gateway.serving import _first


async def test_it_wakes_for_whatever_comes_first_and_leaves_no_task_behind() -> None:
    ending, reloading = asyncio.Event(), asyncio.Event()
    waiting = asyncio.create_task(_first(ending, reloading))
    await asyncio.sleep(0)
    assert not waiting.done()
    reloading.set()
    await asyncio.wait_for(waiting, 5)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
