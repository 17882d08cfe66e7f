"""Opens a store. This is the only place that chooses the database engine."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from core.store.sqlite.sqlite_store import open_file
from core.store.store import Store


def open_store(path: Path, *, create: bool = True, writes: bool = True) -> AbstractAsyncContextManager[Store]:
    """Open the database. Create or upgrade it if necessary. Links are followed.

    Without `writes` the file is not changed, keys are needed only when a secret is read, and writing raises
    DatabaseReadOnly.

    Raises StoreError if the file is missing (unless `create`), damaged, foreign, newer, not writable, busy, or has a
    second hard link. Raises KeyMissing if its secrets cannot be read, and NotOurs if something else is in the place of
    a file that SQLite keeps beside it.
    """
    return open_file(path, create=create, writes=writes)
