"""An open SQLite file: one writer, a reader, and detection of changes by other processes."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from pathlib import Path
from typing import TypeVar

import aiosqlite

from core.store.database import Database
from core.store.errors import DatabaseNewer, DatabaseReadOnly
from core.store.keyring import Keyring
from core.store.sealed import require_keys
from core.store.sqlite import bell, connection, holder
from core.store.sqlite.beside import OpenFiles, real
from core.store.sqlite.checkpoint import Checkpoints
from core.store.sqlite.error_words import in_words
from core.store.sqlite.lock import DispatcherLock
from core.store.sqlite.migration import VERSION, prepare, prepare_to_read
from core.store.sqlite.suspension import stops_between_transactions
from core.store.sqlite.writer import Writer, open_writer
from core.store.standing import Standing
from core.store.store import Store

T = TypeVar("T")

_LOOK = 1.0
"""Seconds after which the versions are checked even if the write-ahead log seems unchanged."""
_LOG_LIMIT = 16 * 1024 * 1024
"""Size in bytes above which the write-ahead log is written back even while the dispatcher is busy."""


class SqliteStore(Store):
    """The store of one SQLite file."""

    def __init__(
        self,
        files: OpenFiles,
        writer: Writer | None,
        reader: aiosqlite.Connection,
        watcher: aiosqlite.Connection,
        checkpoints: Checkpoints,
        keyring: Keyring,
    ) -> None:
        self.path = path = files.path
        """The path of the file, with links resolved."""
        self._files = files
        self._writer = writer
        self._checkpoints = checkpoints
        self.keyring = keyring
        self._reader = reader
        self._reading = asyncio.Lock()
        self._watcher = watcher
        self._log = path.with_name(path.name + "-wal")
        self._checkpointed = 0

    @property
    def place(self) -> Path:
        """The path of the file."""
        return self.path

    @property
    def reads_only(self) -> bool:
        """Whether it was opened without a writer."""
        return self._writer is None

    @property
    def writer(self) -> Writer:
        """The writer. Raises DatabaseReadOnly if the store was opened for reading only."""
        if self._writer is None:
            raise DatabaseReadOnly(f"The database {self.path} is open for reading only: nothing was changed.")
        return self._writer

    async def write(self, work: Callable[[Database], T], *, may_fail: bool = True, rings: bool = False) -> T:
        """Run `work` in a transaction and return its result after COMMIT. Raises StoreError or what `work` raises."""
        return await self.writer.write(work, may_fail=may_fail, rings=rings)

    async def read(self, work: Callable[[Database], T]) -> T:
        """Run `work` over one snapshot of the data. Cancelling it interrupts the query. Raises StoreError."""

        def in_snapshot(database: connection.Connection) -> T:
            database.execute("BEGIN")
            try:
                return work(database)
            finally:
                database.execute("ROLLBACK")

        async with self._reading:
            query = asyncio.ensure_future(connection.run(self._reader, in_snapshot))
            try:
                return await asyncio.shield(query)
            except asyncio.CancelledError:
                while not query.done():
                    # An interrupt has no effect on a query that has not begun yet.
                    await self._reader.interrupt()
                    await asyncio.wait([query], timeout=0.01)
                query.exception()
                raise
            except sqlite3.Error as error:
                raise in_words(error, self.path) from None

    async def changes(self, interval: float) -> AsyncGenerator[None, None]:
        """Yield at once, then each time any process has committed something. Polls every `interval` seconds.

        A read after a yield sees everything committed before it. A caller that leaves the loop early must close the
        generator (`contextlib.aclosing`). Raises DatabaseNewer once a newer program has upgraded the file, and
        DatabaseReplaced once the file, or one that SQLite keeps beside it, has been replaced.
        """
        written, looked_at = self._last_written(), time.monotonic()
        seen = await self._versions()
        yield
        while True:
            await asyncio.sleep(interval)
            before, written = written, self._last_written()
            if written == before and time.monotonic() - looked_at < _LOOK:
                continue
            looked_at = time.monotonic()
            self._files.require_same()
            now = await self._versions()
            if now[1] > VERSION:
                raise DatabaseNewer(
                    f"The database {self.path} was upgraded by a newer Hookkeeper; this one can no longer read it."
                )
            if now != seen:
                seen = now
                yield

    def _last_written(self) -> tuple[int, int]:
        """When the write-ahead log was last written (ns) and its size (bytes).

        This is cheap to read, but two COMMITs may leave the same time and size.
        """
        try:
            status = self._log.stat()
        except OSError:
            return 0, 0
        return status.st_mtime_ns, status.st_size

    async def _versions(self) -> tuple[int, int]:
        def look(database: connection.Connection) -> tuple[int, int]:
            (data,) = database.execute("PRAGMA data_version").fetchone()
            (version,) = database.execute("PRAGMA user_version").fetchone()
            return data, version

        try:
            return await connection.run(self._watcher, look)
        except sqlite3.Error as error:
            raise in_words(error, self.path) from None

    async def rest(self, *, idle: bool) -> None:
        """Make a checkpoint if the write-ahead log needs one. For the holder of the dispatcher lock only."""
        commits, size = self.writer.commits, self.wal_size()
        if size > _LOG_LIMIT or (size and idle and commits != self._checkpointed):
            await self.checkpoint()
            self._checkpointed = commits

    def standing(self) -> Standing:
        """The current holder of the dispatcher lock."""
        return holder.look(self.path)

    def ring(self) -> None:
        """Wake the dispatcher by the bell beside the file."""
        bell.ring(self.path)

    async def checkpoint(self) -> None:
        """Write the log back into the file, as far as possible without waiting for readers or writers.

        For the holder of the dispatcher lock only.
        """
        try:
            await self._checkpoints.run(self.writer)
        except sqlite3.OperationalError:
            return  # a full disk, or another process is closing the file: the next checkpoint makes up for it

    def wal_size(self) -> int:
        """The size of the write-ahead log in bytes."""
        return self._last_written()[1]


@asynccontextmanager
async def open_file(
    path: Path, *, create: bool = True, lock: DispatcherLock | None = None, writes: bool = True
) -> AsyncIterator[SqliteStore]:
    """Open a database file (see `open_store`). A caller that holds the dispatcher lock passes it as `lock`."""
    path = real(path)
    with stops_between_transactions() if writes else nullcontext():
        async with _opened(path, create=create, lock=lock, writes=writes) as store:
            yield store


@asynccontextmanager
async def _opened(
    path: Path, *, create: bool, lock: DispatcherLock | None, writes: bool
) -> AsyncIterator[SqliteStore]:
    if writes:
        await asyncio.to_thread(prepare, path, create=create, lock=lock)
    else:
        await asyncio.to_thread(prepare_to_read, path)
    async with AsyncExitStack() as stack:
        files = OpenFiles(path)
        try:
            reader = await stack.enter_async_context(connection.open_connection(path, writes=writes))
            watcher = await stack.enter_async_context(connection.open_connection(path, writes=writes))
            writer = await stack.enter_async_context(open_writer(files)) if writes else None
            checkpoints = await stack.enter_async_context(Checkpoints(path))
        except sqlite3.Error as error:
            raise in_words(error, path) from None
        store = SqliteStore(files, writer, reader, watcher, checkpoints, Keyring.load())
        if writes:
            await require_keys(store)
        yield store
        if lock is not None:
            await store.checkpoint()
