"""Giving the pages that retention has emptied back to the disk."""

import time

from core.store.database import Database

_HOLD = 0.015
"""Seconds after which a transaction ends; its COMMIT comes on top."""
_FREE = 0.1
"""The part of the file that stays free for what comes next."""
_VACUUM = 50
"""Pages that one statement gives back."""


def shrink(database: Database) -> bool:
    """Give free pages back to the disk for a moment; whether there are more to give."""
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
