"""Error messages for the errors of SQLite and of the operating system."""

import sqlite3
from pathlib import Path

from core import local_limit
from core.store.errors import (
    DatabaseBusy,
    DatabaseCorrupt,
    DatabaseFull,
    DatabaseMissing,
    DatabaseReadOnly,
    StoreError,
)

_CHECK = "Check owner and permissions of the file and of its folder."


def in_words(error: sqlite3.Error | OSError, path: Path) -> StoreError:
    """Return the StoreError, with a message for people, for an error of SQLite or of the operating system."""
    if limit := _limit(error):
        return StoreError(f"The database {path} cannot be used now: {limit}.")
    if isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename and str(error.filename) != str(path) else ""
        return DatabaseMissing(f"The database {path} cannot be used: {error.strerror or error}{where}.")
    code = getattr(error, "sqlite_errorcode", None) or 0
    match code & 0xFF:
        case sqlite3.SQLITE_FULL:
            return DatabaseFull(
                f"The disk is full: {path} could not grow, nothing was changed. Free some space."
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return DatabaseBusy(f"The database {path} is busy: another program holds it. Try again.")
        case sqlite3.SQLITE_READONLY:
            return DatabaseReadOnly(f"The database {path} cannot be written. {_CHECK}")
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return DatabaseReadOnly(f"The database {path} cannot be opened. {_CHECK}")
        case sqlite3.SQLITE_CORRUPT:
            return DatabaseCorrupt(f"The database {path} is damaged. Restore it from a backup.")
        case sqlite3.SQLITE_NOTADB:
            return DatabaseCorrupt(f"{path} is not a SQLite database. Name another file with --db.")
        case sqlite3.SQLITE_IOERR:
            return DatabaseFull(f"Reading or writing {path} failed. Is the disk full? Free some space.")
    return StoreError(f"The database {path} answered: {error}.")


def _limit(error: sqlite3.Error | OSError) -> str | None:
    """The limit of this machine that caused an error, in words; None if there is none.

    SQLite does not report why a file cannot be opened, so this is tested separately.
    """
    if isinstance(error, OSError):
        return local_limit.reason_of(error)
    match (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF:
        case sqlite3.SQLITE_NOMEM:
            return local_limit.reason_of(MemoryError())
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_IOERR:
            return local_limit.reached()
    return None
