"""What `doctor` checks in a database and in SQLite itself. Nothing here writes."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.clock import from_ms
from core.store.database import Database
from core.store.store import Store

SQLITE_VERSION = sqlite3.sqlite_version_info
_FIXED = ((3, 51, 3), (3, 50, 7), (3, 44, 6))


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found. `problem` is the first damage that SQLite reports, "" if there is none.

    `log_size` is the size of the write-ahead log in bytes. `newest` is the latest time that is stored; None if there is
    none.
    """

    version: int
    log_size: int
    problem: str
    newest: datetime | None


def has_wal_reset_bug(version: tuple[int, ...]) -> bool:
    """Whether this SQLite can damage a database when two connections checkpoint at once (sqlite.org/wal.html)."""
    return not any(version >= fixed and (fixed == _FIXED[0] or version[:2] == fixed[:2]) for fixed in _FIXED)


async def inspect(store: Store) -> Inspection:
    """Inspect the database. It reads every page, which takes seconds if the database is large. Raises StoreError."""

    def read(database: Database) -> Inspection:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
        (newest,) = database.execute(
            "SELECT max(at) FROM ("
            " SELECT * FROM (SELECT created_at AS at FROM events ORDER BY seq DESC LIMIT 1) UNION ALL"
            " SELECT * FROM (SELECT started_at FROM attempts ORDER BY seq DESC LIMIT 1) UNION ALL"
            " SELECT * FROM (SELECT at FROM audit ORDER BY seq DESC LIMIT 1))"
        ).fetchone()
        return Inspection(
            version,
            _size(Path(f"{store.place}-wal")),
            "" if found == "ok" else found,
            None if newest is None else from_ms(newest),
        )

    return await store.read(read)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
