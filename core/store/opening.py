"""Opens a store. This is the only place that chooses the database engine."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from core.errors import HookkeeperError
from core.place import Address, Place
from core.store.sqlite.sqlite_store import open_file
from core.store.store import Store


def open_store(
    place: Place, *, create: bool = True, writes: bool = True
) -> AbstractAsyncContextManager[Store]:
    """Open the database. Create or upgrade it if necessary. Links to a file are followed.

    Without `writes` the database is not changed, keys are needed only when a secret is read, and writing raises
    DatabaseReadOnly.

    Raises StoreError if the database is missing (unless `create`), damaged, foreign, newer, not writable, busy, or a
    file with a second hard link. Raises KeyMissing if its secrets cannot be read, and NotOurs if something else is in
    the place of a file that SQLite keeps beside it.
    """
    return open_file(file_of(place), create=create, writes=writes)


def exists(place: Place) -> bool:
    """Return whether there is a database at this place. Raises StoreError."""
    return file_of(place).exists()


def file_of(place: Place) -> Path:
    """Return the path of a database file. Raises HookkeeperError for the address of a PostgreSQL database."""
    if isinstance(place, Address):
        raise HookkeeperError(f"{place}: this version cannot use PostgreSQL yet. Name a file with --db.")
    return place
