"""What can go wrong with the store, each in one clear sentence."""

from datetime import datetime
from typing import TYPE_CHECKING

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
