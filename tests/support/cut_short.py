"""Whoever changes something is gone in the middle of it, always at the same place."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from core.store import Store
from core.store.database import Database


async def cut_short(store: Store, change: Coroutine[object, object, object], commits: int) -> bool:
    """Cancel a change after so many of its transactions; one more, which it has handed in, is written all the same.

    False if the change was over before.
    """
    task = asyncio.ensure_future(change)
    write, left = store.write, commits

    async def write_and_go(work: Callable[[Database], object], **options: bool) -> object:
        nonlocal left
        answer = await write(work, **options)
        left -= 1
        if not left:
            task.cancel()  # takes effect where the task waits next: for the transaction after this one
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "write", write_and_go)
        await asyncio.wait([task])
    await store.write(lambda database: None)  # the writer keeps the order: what was handed in is written now
    return task.cancelled()
