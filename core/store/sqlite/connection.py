"""Opens connections to a SQLite file, all with the same settings."""

import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import aiosqlite

from core.store.sqlite.suspension import not_stopped

T = TypeVar("T")

BUSY_TIMEOUT = 5.0
_SETTINGS = """
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA wal_autocheckpoint = 0;
PRAGMA temp_store = MEMORY;
"""


class Connection(sqlite3.Connection):
    """A connection that ctrl+z cannot stop while it closes.

    The last connection to close writes the log back, with the whole database locked.
    """

    def close(self) -> None:
        with not_stopped():
            super().close()


def connect(path: Path, *, writes: bool = True) -> sqlite3.Connection:
    """Open a connection to an existing file, without implicit transactions. Raises sqlite3.Error.

    Automatic checkpoints are off. Only the holder of the dispatcher lock makes checkpoints, so that SQLite's WAL-reset
    bug (before 3.51.3) cannot occur.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={'rw' if writes else 'ro'}",
        uri=True,
        timeout=BUSY_TIMEOUT,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        factory=Connection,
    )
    try:
        connection.executescript(_SETTINGS)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def open_connection(path: Path, *, writes: bool = True) -> aiosqlite.Connection:
    """Like `connect`, but the connection runs in a thread of its own."""
    return aiosqlite.Connection(lambda: connect(path, writes=writes), iter_chunk_size=64)


async def run(connection: aiosqlite.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """Run a whole function in the connection's thread: one thread hop, however many statements it runs.

    aiosqlite has no public function for that. Its own way, one hop per statement, costs 25 times as much.
    """
    execute: Callable[..., Awaitable[T]] = connection._execute
    return await execute(work, connection._conn)
