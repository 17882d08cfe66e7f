"""Checkpoints: writing the write-ahead log back into the database, without waiting for readers or writers.

While a reader still needs the log, it keeps growing. Only its size shows this.
"""

import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Self

import aiosqlite

from core.store.sqlite import connection
from core.store.sqlite.suspension import not_stopped
from core.store.sqlite.writer import Writer

_SMALL = 256
"""Pages that may be written back while the write lock is held: 1 MB."""
_ROUNDS = 3


class Checkpoints:
    """Runs the checkpoints of one process, which must be the only one that makes any.

    It has a connection of its own, so that readers of this process do not wait for it either.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: aiosqlite.Connection | None = None

    async def run(self, writer: Writer) -> None:
        """Write back all pages that no reader blocks; if few are left, truncate the log. Raises sqlite3.Error."""
        if self._connection is None:
            self._connection = await connection.open_connection(self._path)
            await connection.run(self._connection, lambda own: own.execute("PRAGMA busy_timeout = 0"))
        if await connection.run(self._connection, _write_back) <= _SMALL:
            await writer.between(_cut)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            await self._connection.close()


def _write_back(database: sqlite3.Connection) -> int:
    """Checkpoint without the write lock.

    Return how many pages of the log are left, because they are new or because a reader still needs older ones.
    """
    left = before = 0
    for _ in range(_ROUNDS):
        _, pages, done = database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        left, before = pages - done, left
        if left <= _SMALL or left == before:
            break
    return left


def _cut(database: sqlite3.Connection) -> None:
    """Checkpoint with the write lock and truncate the log. It gives up at once if a reader or writer is active.

    It uses the writer's connection, which never waits for a lock and is the most frequent holder of the write lock.
    """
    with not_stopped():
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
