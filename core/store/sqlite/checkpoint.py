"""Writing the log back into the database. It holds nobody up: it waits for no reader, and for no writer.

A log that a reader still needs grows until that reader has gone; nothing but its size tells of it.
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
"""Pages that the write lock may be held for: 1 MB."""
_ROUNDS = 3


class Checkpoints:
    """The checkpoints of one process, which must be the only one that makes any. It has a connection of its own, so
    that no reader of this process waits either."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: aiosqlite.Connection | None = None

    async def run(self, writer: Writer) -> None:
        """Write back what no reader is in the way of; if that is all, cut the log to nothing. Raises sqlite3.Error."""
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
    """Without the write lock; how many pages of the log are left, because they are new or somebody reads older ones."""
    left = before = 0
    for _ in range(_ROUNDS):
        _, pages, done = database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        left, before = pages - done, left
        if left <= _SMALL or left == before:
            break
    return left


def _cut(database: sqlite3.Connection) -> None:
    """With the write lock, for the few pages that are left. It gives up at once if somebody reads or writes.

    The writer's connection does it, since it never waits for a lock, and is the one that most often holds this one.
    """
    with not_stopped():
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
