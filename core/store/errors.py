"""The errors of the store. The message of each is one clear sentence."""

from datetime import datetime
from typing import TYPE_CHECKING

from core.clock import clock_time
from core.errors import HookkeeperError

if TYPE_CHECKING:
    from core.models import GeneralSettings, Webhook


class StoreError(HookkeeperError):
    """The base of all errors about the database file or its content."""


class DatabaseMissing(StoreError):
    """The file or its folder does not exist."""


class DatabaseBusy(StoreError):
    """Another process locks the database for longer than Hookkeeper waits."""


class DatabaseFull(StoreError):
    """The disk or the database is full; nothing was changed."""


class DatabaseReadOnly(StoreError):
    """The file or its folder is not writable."""


class DatabaseCorrupt(StoreError):
    """The file is damaged or is not an SQLite database."""


class DatabaseForeign(StoreError):
    """The file is a database of another program."""


class DatabaseLinked(StoreError):
    """The file has a second name (a hard link)."""


class DatabaseNewer(StoreError):
    """The file was upgraded by a newer Hookkeeper."""


class DatabaseReplaced(StoreError):
    """Another file has taken the place of the open database or of a part of it, so anything written would be lost."""


class DatabaseOlder(StoreError):
    """The file must be upgraded, but a dispatcher of the older version still runs."""


class KeyMissing(StoreError):
    """A secret in the database was encrypted with a key that is not in the key file."""


class NotFound(StoreError):
    """No webhook, delivery or event has this ID."""


class NotPossible(StoreError):
    """The request does not fit the current state of the delivery or webhook."""


class KeyReused(StoreError):
    """An idempotency key was used again with a different body or type."""


class Overtaken(StoreError):
    """Another transaction has changed the same rows meanwhile. The writer repeats the transaction."""


class EpochEnded(StoreError):
    """Another dispatcher has taken over, so claims and outcomes of this one are refused."""


NOT_SAVED = "Your changes were not saved."


class Conflict(StoreError):
    """Somebody else saved in between. `theirs` is the current version, or None if it was deleted.

    `outcome` is a sentence that says what happened to the caller's request.
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
