"""Creates and upgrades database files, only while holding the dispatcher lock."""

import os
import sqlite3
import time
from importlib import resources
from pathlib import Path

from core.ours import make_folder, open_new
from core.store.errors import (
    DatabaseCorrupt,
    DatabaseForeign,
    DatabaseMissing,
    DatabaseNewer,
    DatabaseOlder,
    DatabaseReadOnly,
)
from core.store.sqlite.beside import real, require_files_of_sqlite, status_of
from core.store.sqlite.connection import connect
from core.store.sqlite.error_words import in_words
from core.store.sqlite.lock import DispatcherLock
from core.store.sqlite.suspension import not_stopped
from core.store.sqlite.torn import require_whole
from core.store.sqlite.write_lock import write_transaction

APPLICATION_ID = 0x486B4B70
"""Marks a SQLite file as ours (`HkKp`)."""
_PATIENCE = 5.0


def _migrations() -> list[str]:
    folder = resources.files("core.store.sqlite") / "migrations"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name
    )
    return [file.read_text() for file in files]


VERSION = len(_migrations())
"""The `user_version` that this program reads and writes."""


def prepare(path: Path, *, create: bool, lock: DispatcherLock | None = None) -> None:
    """Check that the file is a current database of ours; create or upgrade it if necessary.

    A caller that already holds the dispatcher lock passes it as `lock`. Raises StoreError, NotOurs (see `open_store`).
    """
    path = real(path)
    try:
        _prepare(path, create, lock)
    except (sqlite3.Error, OSError) as error:
        raise in_words(error, path) from None


def _prepare(path: Path, create: bool, lock: DispatcherLock | None) -> None:
    if _is_missing(path):
        if not create:
            raise _missing(path)
        make_folder(path.parent)
    elif check(path) == VERSION:
        return
    if lock is not None:
        _upgrade(path)
        return
    with DispatcherLock.of(path) as own:
        if _take_or_find_current(path, own):
            _upgrade(path)


def prepare_to_read(path: Path) -> None:
    """Check that the file is a current database of ours, without changing it. Raises StoreError."""
    path = real(path)
    try:
        require_database(path)
        if check(path, writes=False) < VERSION:
            raise DatabaseOlder(f"The database {path} must be upgraded first: hookkeeper serve does so.")
    except (sqlite3.Error, OSError) as error:
        words = in_words(error, path)
        if isinstance(words, DatabaseReadOnly):
            # This happens in a read-only folder or file system while no other process has the database open.
            raise DatabaseReadOnly(
                f"{words} Even to read it SQLite needs files beside it: where that cannot be, open a copy."
            ) from None
        raise words from None


def require_database(path: Path) -> None:
    """Check that there is a file that can be a database.

    Raises DatabaseMissing if there is none, DatabaseForeign or DatabaseLinked if it cannot be one, OSError.
    """
    if _is_missing(path):
        raise _missing(path)


def _is_missing(path: Path) -> bool:
    status = status_of(path)
    return status is None or status.st_size == 0


def _missing(path: Path) -> DatabaseMissing:
    return DatabaseMissing(f"There is no database {path}. hookkeeper opens the screens and makes one.")


def check(path: Path, *, writes: bool = True) -> int:
    """Return the `user_version` of an existing database of ours; 0 if it is empty. Raises StoreError, sqlite3.Error."""
    if path.stat().st_size == 1:  # SQLite takes it for an empty database and would overwrite it
        raise DatabaseCorrupt(f"{path} is not a SQLite database. Name another file with --db.")
    require_files_of_sqlite(path)
    require_whole(path)
    connection = connect(path, writes=writes)
    try:
        application, version, tables = connection.execute(
            "SELECT a.application_id, v.user_version, (SELECT count(*) FROM sqlite_schema)"
            " FROM pragma_application_id a, pragma_user_version v"
        ).fetchone()
        if application != APPLICATION_ID and (application or version or tables):
            raise DatabaseForeign(f"{path} is a database of another program. Name another file with --db.")
        if version > VERSION:
            raise DatabaseNewer(
                f"The database {path} was upgraded by a newer Hookkeeper (version {version}; this one reads "
                f"{VERSION}). Upgrade this Hookkeeper."
            )
        if writes:
            _require_writable(connection, path, version)
        return int(version)
    finally:
        connection.close()


def _require_writable(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Write once, so that a read-only file is detected now. BEGIN IMMEDIATE alone does not detect it."""
    connection.execute("PRAGMA busy_timeout = 0")
    with write_transaction(connection, path):
        connection.execute(f"PRAGMA user_version = {version}")


def _take_or_find_current(path: Path, lock: DispatcherLock) -> bool:
    """Wait for the lock. Return False if another process has upgraded the file in the meantime."""
    patience = time.monotonic() + _PATIENCE
    while not lock.take():
        if not _is_missing(path) and check(path) == VERSION:
            return False
        if time.monotonic() > patience:
            raise DatabaseOlder(
                f"The database {path} must be upgraded, but an older dispatcher works on it. "
                "Stop it with hookkeeper stop, then try again."
            )
        time.sleep(0.02)  # blocking is fine: this runs at start-up, in a thread of its own
    return True


def _upgrade(path: Path) -> None:
    require_files_of_sqlite(path)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    version = check(path)
    if 0 < version < VERSION:
        _back_up(path, version)
    with not_stopped():
        _apply(path, version)


def _back_up(path: Path, version: int) -> None:
    """Copy the database to a file beside it. The copy is written under another name, then replaces any older copy."""
    copy = path.with_name(f"{path.name}.v{version}")
    draft = copy.with_name(f"{copy.name}.new")
    os.close(open_new(draft))
    source, target = connect(path), sqlite3.connect(draft)
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
    draft.replace(copy)


def _apply(path: Path, version: int) -> None:
    connection = connect(path)
    try:
        if version == 0:
            # SQLite ignores these settings unless they come in this order and before the first page is written.
            connection.execute("PRAGMA page_size = 4096")
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL")
        for number, script in enumerate(_migrations()[version:], version + 1):
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{script}\nPRAGMA application_id = {APPLICATION_ID};\n"
                f"PRAGMA user_version = {number};\nCOMMIT;"
            )
    finally:
        connection.close()
