"""Opening a store: which engine keeps it is decided here."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from core.store.sqlite.sqlite_store import open_file
from core.store.store import Store


def open_store(path: Path, *, create: bool = True, writes: bool = True) -> AbstractAsyncContextManager[Store]:
    """Open the database, making or upgrading it if need be. Links are followed.

    Without `writes` the file stays as it is, keys are asked for only when a secret is read, and writing
    raises DatabaseReadOnly.

    Raises StoreError in one sentence for a file that is missing (unless `create`), damaged, foreign, newer,
    not writable, busy or called by two names, KeyMissing when its secrets cannot be read, and NotOurs if something else
    stands in place of a file that SQLite keeps beside it.
    """
    return open_file(path, create=create, writes=writes)
