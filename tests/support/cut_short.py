"""Cancel a change in the middle, always at the same place."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from core.store import Store
from core.store.database import Database


async def cut_short(store: Store, change: Coroutine[object, object, object], commits: int) -> bool:
    """Cancel a change after `commits` of its transactions. One more, already queued, is written all the same.

    Return False if the change was over before.
    """
    task = asyncio.ensure_future(change)
    write, left = store.write, commits

    async def write_and_go(work: Callable[[Database], object], **options: bool) -> object:
        nonlocal left
        answer = await write(work, **options)
        left -= 1
        if not left:
            task.cancel()  # takes effect at the task's next wait, which is for the transaction after this one
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "write", write_and_go)
        await asyncio.wait([task])
    await store.write(lambda database: None)  # the writer keeps the order: the queue is written now
    return task.cancelled()
