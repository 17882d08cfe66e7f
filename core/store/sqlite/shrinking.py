"""Returns the pages that retention has emptied to the file system."""

import time

from core.store.database import Database

_HOLD = 0.015
"""Seconds after which a transaction ends, not counting its COMMIT."""
_FREE = 0.1
"""The fraction of the file's pages that stays free for new rows."""
_VACUUM = 50
"""Pages that one statement returns."""


def shrink(database: Database) -> bool:
    """Return free pages to the file system, for at most about `_HOLD` seconds. Return whether there are more."""
    began = time.monotonic()
    while (free := _pragma(database, "freelist_count")) > _FREE * _pragma(database, "page_count"):
        database.execute(f"PRAGMA incremental_vacuum({_VACUUM})").fetchall()
        if _pragma(database, "freelist_count") == free:
            return False
        if time.monotonic() - began > _HOLD:
            return True
    return False


def _pragma(database: Database, name: str) -> int:
    (number,) = database.execute(f"PRAGMA {name}").fetchone()
    return int(number)
