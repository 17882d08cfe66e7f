"""The only room that knows SQL."""

from core.store.errors import (
    Conflict,
    DatabaseBusy,
    DatabaseCorrupt,
    DatabaseForeign,
    DatabaseFull,
    DatabaseLinked,
    DatabaseMissing,
    DatabaseNewer,
    DatabaseOlder,
    DatabaseReadOnly,
    DatabaseReplaced,
    EpochEnded,
    KeyMissing,
    KeyReused,
    NotFound,
    NotPossible,
    StoreError,
)
from core.store.store import Store, open_store

__all__ = [
    "Conflict",
    "DatabaseBusy",
    "DatabaseCorrupt",
    "DatabaseForeign",
    "DatabaseFull",
    "DatabaseLinked",
    "DatabaseMissing",
    "DatabaseNewer",
    "DatabaseOlder",
    "DatabaseReadOnly",
    "DatabaseReplaced",
    "EpochEnded",
    "KeyMissing",
    "KeyReused",
    "NotFound",
    "NotPossible",
    "Store",
    "StoreError",
    "open_store",
]
