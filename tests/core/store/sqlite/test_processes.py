"""Several programs on one file: they hear of each other, wait for each other, and survive each other's death."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import cast

from core.catalog import accept
from core.store import Store, history, open_store, queue
from core.store.opening import file_of
from core.store.sqlite.lock import DispatcherLock

BODY = accept("session-failed", b'{"interviewId": "66e1"}')
_HEAD = """
import asyncio, os, pathlib, sys
from core.catalog import accept
from core.store import open_store, queue
from core.store.sqlite.lock import DispatcherLock
from core.store.standing import Holder

BODY = accept("session-failed", b'{"interviewId": "66e1"}')
DATABASE = pathlib.Path(sys.argv[1])
"""
_EMIT_FOR_EVER = (
    _HEAD
    + """
async def main():
    async with open_store(DATABASE) as store:
        while True:
            for emitted in await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(5))):
                print(emitted.id, flush=True)

asyncio.run(main())
"""
)
_EMIT_ONCE = (
    _HEAD
    + """
async def main():
    async with open_store(DATABASE) as store:
        print("ready", flush=True)
        sys.stdin.readline()
        print((await queue.emit(store, "session-failed", BODY, key="one")).id, flush=True)

asyncio.run(main())
"""
)
_HOLD = (
    _HEAD
    + """
lock = DispatcherLock.of(DATABASE)
print(lock.take(), flush=True)
lock.say(Holder(os.getpid(), 4, "serve", 17, "ana"))
print("said", flush=True)
sys.stdin.readline()
"""
)


@asynccontextmanager
async def _program(text: str, database: Path) -> AsyncIterator[Process]:
    """A Python process of this text; killed in the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", text, str(database), stdin=PIPE, stdout=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _line(process: Process) -> str:
    return (await cast(asyncio.StreamReader, process.stdout).readline()).decode().strip()


async def test_changes_of_another_process_are_seen(store: Store) -> None:
    """What another program commits is news here."""
    async with _program(_EMIT_FOR_EVER, file_of(store.place)), aclosing(store.changes(0.01)) as changes:
        async for _ in changes:
            if await history.list_events(store):
                break


async def test_a_change_before_the_first_look_is_seen(store: Store) -> None:
    """A caller that asks first and listens later does not miss a fast answer."""
    async with aclosing(store.changes(0.01)) as changes:
        await queue.emit(store, "session-failed", BODY)
        async with asyncio.timeout(50):
            await anext(changes)


async def test_killed_while_writing(store: Store) -> None:
    """SIGKILL loses nothing acknowledged, holds nobody up and leaves a sound file."""
    async with _program(_EMIT_FOR_EVER, file_of(store.place)) as process:
        acknowledged = {await _line(process) for _ in range(50)}
        process.kill()
        await process.wait()
    mine = await queue.emit(store, "session-failed", BODY)
    stored = {event.id for event in await history.list_events(store, limit=1_000_000)}
    assert acknowledged | {mine.id} <= stored
    assert await store.read(lambda db: db.execute("PRAGMA integrity_check").fetchone()) == ("ok",)


async def test_one_key_in_three_processes(database: Path) -> None:
    """Programs that make the file and use an idempotency key at the same time store one event."""
    async with (
        _program(_EMIT_ONCE, database) as first,
        _program(_EMIT_ONCE, database) as second,
        _program(_EMIT_ONCE, database) as third,
    ):
        programs = (first, second, third)
        assert [await _line(process) for process in programs] == ["ready"] * 3
        for process in programs:
            cast(asyncio.StreamWriter, process.stdin).write(b"\n")
        identities = {await _line(process) for process in programs}
    async with open_store(database, create=False) as store:
        assert [event.id for event in await history.list_events(store)] == list(identities)


async def test_the_lock_of_a_killed_process_is_free(database: Path) -> None:
    """As long as its holder lives nobody else has it; after SIGKILL the next one has it at once."""
    database.parent.mkdir(parents=True)
    with DispatcherLock.of(database) as mine:
        async with _program(_HOLD, database) as process:
            assert [await _line(process), await _line(process)] == ["True", "said"]
            assert not mine.take()
            holder = mine.holder()
            assert holder is not None
            assert (holder.pid, holder.epoch, holder.started_by) == (process.pid, 4, "serve")
            process.kill()
            await process.wait()
            assert mine.holder() is None
            assert mine.take()
