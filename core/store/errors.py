"""What can go wrong with the store, each in one clear sentence."""

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core import local_limit
from core.clock import clock_time
from core.errors import HookkeeperError

if TYPE_CHECKING:
    from core.models import GeneralSettings, Webhook


class StoreError(HookkeeperError):
    """Something about the database file, or about what is kept in it."""


class DatabaseMissing(StoreError):
    """There is no file, or no folder for it."""


class DatabaseBusy(StoreError):
    """Another process holds the database for longer than we wait."""


class DatabaseFull(StoreError):
    """The disk or the database is full; nothing was changed."""


class DatabaseReadOnly(StoreError):
    """The file or its folder cannot be written."""


class DatabaseCorrupt(StoreError):
    """The file is damaged, or is no SQLite database."""


class DatabaseForeign(StoreError):
    """The file is a database of another program."""


class DatabaseLinked(StoreError):
    """The file has a second name (a hard link)."""


class DatabaseNewer(StoreError):
    """The file was upgraded by a newer Hookkeeper."""


class DatabaseReplaced(StoreError):
    """Another file stands where the open database, or a part of it, was: what is written goes nowhere."""


class DatabaseOlder(StoreError):
    """The file must be upgraded, but a dispatcher of the older version still runs."""


class KeyMissing(StoreError):
    """A secret in the database was encrypted with a key that is not in the key file."""


class NotFound(StoreError):
    """No webhook, delivery or event has this ID."""


class NotPossible(StoreError):
    """What was asked does not fit the state that the delivery or webhook is in."""


class KeyReused(StoreError):
    """An idempotency key came again with another body or type."""


class EpochEnded(StoreError):
    """Another dispatcher has taken over: what this one claims or records is refused."""


_CHECK = "Check owner and permissions of the file and of its folder."
NOT_SAVED = "Your changes were not saved."


class Conflict(StoreError):
    """Somebody else saved in between. `theirs` is what stands there now, None if it was deleted.

    `outcome` is what has become of what was asked for.
    """

    def __init__(
        self,
        what: str,
        theirs: "Webhook | GeneralSettings | None",
        by: str | None,
        at: datetime | None,
        outcome: str = NOT_SAVED,
    ) -> None:
        self.theirs = theirs
        self.by = by or "Somebody"
        self.at = at
        when = f" at {clock_time(at)[:5]}" if at else ""
        if theirs is None:
            super().__init__(f"{what} was deleted by {self.by}{when}. {outcome}")
        else:
            super().__init__(f"{self.by} changed {what}{when}. {outcome}")


def in_words(error: sqlite3.Error | OSError, path: Path) -> StoreError:
    """The error that people get for one of SQLite or the operating system."""
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
    """Which limit of this machine an error means; SQLite does not tell why a file cannot be opened."""
    if isinstance(error, OSError):
        return local_limit.reason_of(error)
    match (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF:
        case sqlite3.SQLITE_NOMEM:
            return local_limit.reason_of(MemoryError())
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_IOERR:
            return local_limit.reached()
    return None
