"""Opens connections to a SQLite file, all with the same settings."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import aiosqlite

from core.store.claimed import Claim
from core.store.database import Slice
from core.store.filter import DeliveryFilter
from core.store.sqlite import claiming, search, shrinking
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
    """A connection to the file, with what SQLite does in its own way. See `core.store.database.Database`."""

    for_change = ""
    """Empty, because a transaction that writes holds the write lock from its beginning."""

    def close(self) -> None:
        """Close the connection. The last one writes the log back with the database locked, so ctrl+z waits for it."""
        with not_stopped():
            super().close()

    def first_due(self) -> dict[int, int]:
        """Return when the first pending delivery of each enabled webhook is due."""
        return claiming.first_due(self)

    def claim_lane(self, epoch: int, webhook: int, lane: int, most: int) -> list[Claim]:
        """Claim due deliveries of one lane of a webhook, and count the attempt."""
        return claiming.claim_lane(self, epoch, webhook, lane, most)

    def settle(self, epoch: int, rows: Sequence[Sequence[object]]) -> int:
        """Write the outcomes of deliveries without a requested action or an ordering key."""
        return claiming.settle(self, epoch, rows)

    def number_events(self, count: int) -> Sequence[int]:
        """Return row numbers for new events. The write lock keeps them free until COMMIT."""
        (newest,) = self.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
        return range(newest + 1, newest + 1 + count)

    def lock_lines(self, lines: Iterable[tuple[int, str]]) -> None:
        """Do nothing, because the write lock excludes all other writers."""

    def search(
        self,
        chosen: DeliveryFilter,
        *,
        before: int | None = None,
        after: int | None = None,
        most: int,
        newest_first: bool = True,
    ) -> Slice:
        """Search one slice of the deliveries."""
        return search.search(self, chosen, before=before, after=after, most=most, newest_first=newest_first)

    def count(self, chosen: DeliveryFilter) -> int | None:
        """Return how many deliveries match the filter, if the indexes can tell."""
        return search.count(self, chosen)

    def shrink(self) -> bool:
        """Return freed pages to the file system."""
        return shrinking.shrink(self)


def connect(path: Path, *, writes: bool = True) -> Connection:
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


async def run(connection: aiosqlite.Connection, work: Callable[[Connection], T]) -> T:
    """Run a whole function in the connection's thread: one thread hop, however many statements it runs.

    aiosqlite has no public function for that. Its own way, one hop per statement, costs 25 times as much.
    """
    execute: Callable[..., Awaitable[T]] = connection._execute
    return await execute(work, connection._conn)
