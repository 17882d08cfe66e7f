"""Cancelled callers leave no transaction open and lose nothing that was acknowledged."""

import asyncio
import contextlib
import sqlite3
import threading
from pathlib import Path

import pytest

from core.catalog import accept
from core.store import DatabaseFull, Store, StoreError, history, open_store, queue
from core.store.database import Database
from core.store.opening import file_of

BODY = accept("session-failed", b'{"interviewId": "66e1"}')


def _require_free(path: Path) -> None:
    """Raises sqlite3.OperationalError if anybody keeps the write lock.

    It waits, for a thread that was opening the file for somebody who has gone finishes its check.
    """
    other = sqlite3.connect(path, isolation_level=None, timeout=20)
    with contextlib.closing(other):
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")


async def test_cancelled_inside_the_transaction(store: Store) -> None:
    """A caller cancelled while its function runs leaves the function's work committed, and the lock free."""
    loop = asyncio.get_running_loop()
    inside, cancelled = asyncio.Event(), threading.Event()

    def work(database: Database) -> None:
        database.execute("UPDATE dispatcher SET epoch = 7")
        loop.call_soon_threadsafe(inside.set)
        assert cancelled.wait(30)

    caller = asyncio.create_task(store.write(work))
    await inside.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    cancelled.set()
    assert await store.write(lambda db: db.execute("SELECT epoch FROM dispatcher").fetchone()) == (7,)
    _require_free(file_of(store.place))


async def test_an_error_nobody_hears_is_logged(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """A write that fails after its caller has gone is in the log."""
    loop = asyncio.get_running_loop()
    inside, go_on = asyncio.Event(), threading.Event()

    def work(database: Database) -> None:
        loop.call_soon_threadsafe(inside.set)
        assert go_on.wait(30)
        raise ValueError("the pen broke")

    caller = asyncio.create_task(store.write(work))
    await inside.wait()
    caller.cancel()
    await asyncio.wait([caller])
    go_on.set()
    await store.write(lambda database: None)
    assert "the pen broke" in caplog.text


async def test_leaving_the_store_writes_what_was_handed_in(database: Path) -> None:
    """Callers that are cancelled, and a store that is cancelled twice over, still have their work in the file."""
    callers: list[asyncio.Task[queue.Emitted]] = []
    handed_in = asyncio.Event()

    async def session() -> None:
        async with open_store(database) as store:
            for _ in range(20):
                callers.append(asyncio.create_task(queue.emit(store, "session-failed", BODY)))
            await asyncio.sleep(0)
            for caller in callers:
                caller.cancel()
            handed_in.set()

    task = asyncio.create_task(session())
    await handed_in.wait()
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
    await asyncio.wait([task])
    assert task.cancelled()
    _require_free(database)
    async with open_store(database) as store:
        assert len(await history.list_events(store)) == 20


async def test_cancelled_at_every_moment_of_a_session(database: Path) -> None:
    """From opening to closing: after a cancellation the file is free and holds all that was acknowledged."""
    acknowledged: set[str] = set()
    finished = False

    async def session() -> None:
        nonlocal finished
        async with open_store(database) as store:
            for _ in range(2):
                acknowledged.add((await queue.emit(store, "session-failed", BODY)).id)
        finished = True

    async with open_store(database):
        pass
    turns = 0
    while not finished:
        task = asyncio.create_task(session())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        _require_free(database)
        turns += 1 + turns // 8
    async with open_store(database) as store:
        assert acknowledged <= {event.id for event in await history.list_events(store, limit=1000)}
    for thread in threading.enumerate():
        if "_connection_worker" in thread.name:  # the pool of asyncio.to_thread may stay
            await asyncio.to_thread(thread.join, 10)
            assert not thread.is_alive()


async def test_a_closed_store_takes_nothing(database: Path) -> None:
    """A later caller gets an error instead of waiting for ever."""
    async with open_store(database) as store:
        pass
    with pytest.raises(StoreError, match="is closed"):
        await queue.emit(store, "session-failed", BODY)


async def test_a_full_disk_is_heard_by_everybody(store: Store) -> None:
    """Each caller of a batch that was rolled back gets the error, and none of it is in the file."""
    size = await store.write(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
    await store.write(lambda db: db.execute(f"PRAGMA max_page_count = {size + 4}").fetchone())
    bodies = [accept("session-failed", b'{"interviewId": "%s"}' % (b"x" * 30_000)) for _ in range(20)]
    answers = await asyncio.gather(
        *(queue.emit(store, "session-failed", body) for body in bodies), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [DatabaseFull] * 20
    assert await history.list_events(store) == []
    _require_free(file_of(store.place))
    await store.write(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone())
    again = await asyncio.gather(*(queue.emit(store, "session-failed", body) for body in bodies))
    assert len({emitted.id for emitted in again}) == 20


async def test_errors_of_the_user_of_a_store_are_left_alone(database: Path, tmp_path: Path) -> None:
    """A file that is missing elsewhere is not taken for the database."""
    with pytest.raises(FileNotFoundError):
        async with open_store(database):
            (tmp_path / "body.json").open()


async def test_a_function_that_must_not_fail_takes_its_batch_along(store: Store) -> None:
    """Without a savepoint an error undoes the whole transaction, tells everybody, and leaves none open."""

    def broken(database: Database) -> None:
        raise ValueError("mine")

    answers = await asyncio.gather(
        queue.emit(store, "session-failed", BODY),
        store.write(broken, may_fail=False),
        queue.emit(store, "session-failed", BODY),
        return_exceptions=True,
    )
    assert [str(answer) for answer in answers] == ["mine"] * 3
    assert await history.list_events(store) == []
    _require_free(file_of(store.place))
    assert not (await queue.emit(store, "session-failed", BODY)).repeated
