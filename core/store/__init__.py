"""The store: the only package that contains SQL."""

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
from core.store.opening import exists, open_store
from core.store.store import Store

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
    "exists",
    "open_store",
]
