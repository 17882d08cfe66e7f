"""The one task of a process that writes: what has gathered becomes one transaction in one thread hop."""

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
Work = Callable[[sqlite3.Connection], object]

LONGEST_HOLD = 0.030
"""Seconds after which a transaction takes in no further function, so that the lock is held under 50 ms."""
GAP = 0.001
"""Seconds that calls gather before they become a transaction; meanwhile another process can have the lock."""

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
    """Callers hand in plain functions and are answered after COMMIT. Made by `open_writer`."""

    def __init__(self, database: aiosqlite.Connection, files: OpenFiles) -> None:
        self.commits = 0
        self._database = database
        self._files = files
        self._path = files.path
        self._waiting: deque[_Call] = deque()
        self._news = asyncio.Event()
        self._closing = False

    async def write(
        self, work: Callable[[sqlite3.Connection], T], *, may_fail: bool = True, rings: bool = False
    ) -> T:
        """Run `work` inside a transaction and return what it returned, once that is committed.

        `may_fail` puts a savepoint round it: if it raises, it alone is undone. `rings`: the bell is rung after COMMIT.
        Cancelling the caller does not undo the work. Raises what `work` raised, or StoreError.
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

    async def between(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` between two transactions, when this process holds no write lock. Raises what `work` raises."""
        return await connection.run(self._database, work)

    async def run(self) -> None:
        """The writer's task: ends when it was told to close and all that was handed in is answered."""
        while not (self._closing and not self._waiting):
            if not self._waiting:
                self._news.clear()
                await self._news.wait()
                continue
            await asyncio.sleep(GAP)
            await self._transaction()

    def close(self) -> None:
        """Take nothing more; `run` ends when the rest is written."""
        self._closing = True
        self._news.set()

    async def _transaction(self) -> None:
        calls = list(self._waiting)
        try:
            done = await connection.run(
                self._database, lambda database: _commit(database, calls, self._files)
            )
            self.commits += 1
        except Exception as error:  # a full disk rolls the whole batch back: each of its callers must hear
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


def _commit(database: sqlite3.Connection, calls: list[_Call], files: OpenFiles) -> int:
    """Run the calls as one transaction; the number of those it had time for. Raises DatabaseReplaced, DatabaseBusy."""
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


def _perform(database: sqlite3.Connection, call: _Call) -> None:
    if not call.may_fail:
        call.result = call.work(database)
        return
    database.execute("SAVEPOINT alone")
    try:
        call.result = call.work(database)
    except Exception as error:  # whatever a caller's function raises is that caller's answer
        if not database.in_transaction:
            raise
        database.execute("ROLLBACK TO alone")
        if isinstance(error, sqlite3.OperationalError):
            raise
        call.error = error
    database.execute("RELEASE alone")


def _log_unheard(answer: "asyncio.Future[object]") -> None:
    """The caller has gone: an error must still be seen by somebody."""
    if not answer.cancelled() and (error := answer.exception()) is not None:
        _log.warning("a write whose caller was cancelled failed: %s", error)


@asynccontextmanager
async def open_writer(files: OpenFiles) -> AsyncIterator[Writer]:
    """The writer of this process for one database; on leaving, all that was handed in is written."""
    async with connection.open_connection(files.path) as database:
        # `write_transaction` waits for the lock by itself; nothing else here meets it.
        await connection.run(database, lambda writing: writing.execute("PRAGMA busy_timeout = 0"))
        writer = Writer(database, files)
        task = asyncio.create_task(writer.run(), name="writer")
        try:
            yield writer
        finally:
            writer.close()
            await _finish(task)


async def _finish(task: "asyncio.Task[None]") -> None:
    """Wait for the drain whatever happens to us; cancellation is passed on afterwards."""
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    task.result()
