"""The only task of a process that writes. It runs all waiting calls as one batch: one transaction, one thread hop."""

import asyncio
import logging
import sqlite3
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar, cast

import aiosqlite

from core.store.errors import StoreError
from core.store.sqlite import bell, connection
from core.store.sqlite.beside import OpenFiles
from core.store.sqlite.error_words import in_words
from core.store.sqlite.write_lock import write_transaction

T = TypeVar("T")
Work = Callable[[connection.Connection], object]

LONGEST_HOLD = 0.030
"""Seconds after which a transaction takes no further call, so that the write lock is held for less than 50 ms."""
GAP = 0.001
"""Seconds for which calls are collected before a transaction; meanwhile another process can take the lock."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Call:
    work: Work
    may_fail: bool
    rings: bool
    answer: "asyncio.Future[object]"
    result: object = None
    error: Exception | None = field(default=None)


class Writer:
    """Runs the functions of its callers and returns their results after COMMIT. Created by `open_writer`."""

    def __init__(self, database: aiosqlite.Connection, files: OpenFiles) -> None:
        self.commits = 0
        self._database = database
        self._files = files
        self._path = files.path
        self._waiting: deque[_Call] = deque()
        self._news = asyncio.Event()
        self._closing = False

    async def write(
        self, work: Callable[[connection.Connection], T], *, may_fail: bool = True, rings: bool = False
    ) -> T:
        """Run `work` inside a transaction and return its result after COMMIT.

        With `may_fail`, `work` runs in a savepoint: if it raises, only its own changes are undone. With `rings`, the
        bell wakes the dispatcher after COMMIT. Cancelling the caller does not undo the work. Raises what `work`
        raised, or StoreError.
        """
        if self._closing:
            raise StoreError(f"The database {self._path} is closed.")
        answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Call(work, may_fail, rings, answer))
        self._news.set()
        try:
            return cast(T, await asyncio.shield(answer))
        except asyncio.CancelledError:
            answer.add_done_callback(_log_unheard)
            raise

    async def between(self, work: Callable[[connection.Connection], T]) -> T:
        """Run `work` between two transactions, while this process does not hold the write lock.

        Raises what `work` raises.
        """
        return await connection.run(self._database, work)

    async def run(self) -> None:
        """Write until `close` was called and all waiting calls are finished."""
        while not (self._closing and not self._waiting):
            if not self._waiting:
                self._news.clear()
                await self._news.wait()
                continue
            await asyncio.sleep(GAP)
            await self._transaction()

    def close(self) -> None:
        """Accept no more calls. `run` ends when the waiting ones are written."""
        self._closing = True
        self._news.set()

    async def _transaction(self) -> None:
        calls = list(self._waiting)
        try:
            done = await connection.run(
                self._database, lambda database: _commit(database, calls, self._files)
            )
            self.commits += 1
        except Exception as error:  # such as a full disk: the batch is rolled back, so all callers get it
            done = len(calls)
            for call in calls:
                call.error = in_words(error, self._path) if isinstance(error, sqlite3.Error) else error
        for call in calls[:done]:
            self._waiting.popleft()
            if call.error is not None:
                call.answer.set_exception(call.error)
            else:
                call.answer.set_result(call.result)
        if any(call.rings and call.error is None for call in calls[:done]):
            bell.ring(self._path)


def _commit(database: connection.Connection, calls: list[_Call], files: OpenFiles) -> int:
    """Run calls as one transaction. Return how many there was time for. Raises DatabaseReplaced, DatabaseBusy."""
    with write_transaction(database, files.path):
        files.require_same()
        started = time.monotonic()
        done = 0
        for call in calls:
            call.error = None
            _perform(database, call)
            done += 1
            if time.monotonic() - started > LONGEST_HOLD:
                break
        database.execute("COMMIT")
    return done


def _perform(database: connection.Connection, call: _Call) -> None:
    if not call.may_fail:
        call.result = call.work(database)
        return
    database.execute("SAVEPOINT alone")
    try:
        call.result = call.work(database)
    except Exception as error:  # any exception of a caller's function goes to that caller
        if not database.in_transaction:
            raise
        database.execute("ROLLBACK TO alone")
        if isinstance(error, sqlite3.OperationalError):
            raise
        call.error = error
    database.execute("RELEASE alone")


def _log_unheard(answer: "asyncio.Future[object]") -> None:
    """Log the error of a write whose caller was cancelled, since nobody else would see it."""
    if not answer.cancelled() and (error := answer.exception()) is not None:
        _log.warning("a write whose caller was cancelled failed: %s", error)


@asynccontextmanager
async def open_writer(files: OpenFiles) -> AsyncIterator[Writer]:
    """Open the writer of this process for one database. On exit, all waiting calls are written."""
    async with connection.open_connection(files.path) as database:
        # `write_transaction` waits for the lock by itself, so SQLite must not wait as well.
        await connection.run(database, lambda writing: writing.execute("PRAGMA busy_timeout = 0"))
        writer = Writer(database, files)
        task = asyncio.create_task(writer.run(), name="writer")
        try:
            yield writer
        finally:
            writer.close()
            await _finish(task)


async def _finish(task: "asyncio.Task[None]") -> None:
    """Wait until the task has finished, even if this task is cancelled. Pass the cancellation on afterwards."""
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    task.result()
