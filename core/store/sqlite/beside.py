"""The database file and the files beside it: their paths, their owners, and whether they were replaced."""

import os
import stat
from pathlib import Path

from core.ours import kind_of, open_ours, require_ours
from core.store.errors import DatabaseForeign, DatabaseLinked, DatabaseReplaced

Identity = tuple[int, int]
"""Device and inode."""
_SQLITE = ("-wal", "-shm", "-journal")


def real(database: Path) -> Path:
    """The path of the database with all symbolic links resolved."""
    return Path(os.path.realpath(database))


def beside(database: Path, suffix: str) -> Path:
    """The path of the file with this suffix beside the database, with links to the database resolved."""
    return Path(os.path.realpath(database) + suffix)


def identity(path: Path) -> Identity | None:
    """Device and inode of the file at this path; None if there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def status_of(database: Path) -> os.stat_result | None:
    """The status of a database file; None if it is missing.

    Raises OSError, DatabaseForeign if it is not a regular file, and DatabaseLinked if it has a second name (hard link).
    SQLite names the write-ahead log after the database, so two names would give one file two logs and damage it.
    """
    try:
        status = os.stat(database)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        raise DatabaseForeign(
            f"The database {database} cannot be used: it is {kind_of(status)}. Name a file with --db."
        )
    if status.st_nlink > 1:
        raise DatabaseLinked(
            f"The database {database} has {status.st_nlink} names (hard links). Hookkeeper opens a database with one "
            "name only, since each name would get a write-ahead log of its own. Remove the others: "
            f"find / -xdev -samefile {database} lists them."
        )
    return status


def require_files_of_sqlite(database: Path) -> None:
    """Check the files that SQLite keeps beside the database. Raises NotOurs if one of them is not a file of ours."""
    owner = _owner(database)
    for suffix in _SQLITE:
        path = Path(f"{database}{suffix}")
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            continue
        require_ours(path, status, owners=owner[:1])


def open_beside(database: Path, suffix: str, flags: int, *, kind: int = stat.S_IFREG) -> int:
    """Open a file of ours beside the database and return its descriptor. Raises NotOurs, OSError.

    If root opens it, the file is given to the owner of the database, as SQLite does. So a file created under `sudo`
    does not lock out the owner later.
    """
    owner = _owner(database)
    file = open_ours(beside(database, suffix), flags, kind=kind, owners=owner[:1])
    if os.geteuid() == 0 and owner and os.fstat(file).st_uid != owner[0]:
        os.fchown(file, *owner)
    return file


def _owner(database: Path) -> tuple[()] | tuple[int, int]:
    """User and group of the database; empty if it does not exist yet."""
    try:
        status = os.stat(database)
    except OSError:
        return ()
    return status.st_uid, status.st_gid


class OpenFiles:
    """The files that a database was opened from, to detect that one of them was replaced.

    If the database is replaced, or its write-ahead log or wal-index (`-shm`) is deleted, an open connection goes on
    without an error, but no other process sees what it stores. `path` is the database's own path, without links.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: dict[str, Identity | None] = {"": identity(path), "-wal": None, "-shm": None}

    def require_same(self) -> None:
        """Check that no file was replaced or deleted. Raises DatabaseReplaced."""
        for suffix, seen in self._seen.items():
            now = identity(Path(f"{self.path}{suffix}"))
            if seen is None:
                self._seen[suffix] = now  # SQLite creates both when the database is first read
            elif now != seen:
                raise DatabaseReplaced(_replaced(self.path, suffix))


def _replaced(path: Path, suffix: str) -> str:
    if not suffix:
        return f"The database {path} was moved, deleted or replaced while it was open. Start again."
    return (
        f"{path}{suffix}, a part of the open database, was deleted or replaced: what is stored from now on would be "
        "lost. End all programs that use the database, then start again."
    )
