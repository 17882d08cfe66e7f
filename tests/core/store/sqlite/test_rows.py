"""Many rows in one statement: all of them are written, and nothing of them is kept."""

import sqlite3
from pathlib import Path

from core.store.many_rows import insert
from core.store.sqlite.connection import Connection

BODY = 64 * 1024
MOST = 70


def _resident() -> int:
    """Bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_what_was_written_is_not_kept() -> None:
    """sqlite3 keeps what was bound last to each of its statements: numbers of rows must not be texts of their own."""
    database = sqlite3.connect(":memory:", isolation_level=None, cached_statements=256, factory=Connection)
    database.execute("CREATE TABLE bodies (number, body)")
    before = _resident()
    for number in range(1, MOST + 1):
        database.execute("BEGIN")
        insert(database, "INSERT INTO bodies", [(each, bytes(BODY)) for each in range(number)])
        (written,) = database.execute("SELECT count(DISTINCT number) FROM bodies").fetchone()
        assert written == number
        database.execute("ROLLBACK")
    assert _resident() - before < 60_000_000
    database.close()
