"""The database file and the files beside it: where they are, whose they are, and whether they are still the same."""

import os
import stat
from pathlib import Path

from core.ours import kind_of, open_ours, require_ours
from core.store.errors import DatabaseForeign, DatabaseLinked, DatabaseReplaced

Identity = tuple[int, int]
"""Device and inode."""
_SQLITE = ("-wal", "-shm", "-journal")


def real(database: Path) -> Path:
    """The database's own path: two names that lead to one file by links give the same."""
    return Path(os.path.realpath(database))


def beside(database: Path, suffix: str) -> Path:
    """The file with this suffix beside the database, whatever link names the database."""
    return Path(os.path.realpath(database) + suffix)


def identity(path: Path) -> Identity | None:
    """Which file stands there; None if there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def status_of(database: Path) -> os.stat_result | None:
    """The status of a database file, None if it is missing.

    Raises OSError, DatabaseForeign for what is no regular file, and DatabaseLinked for a file with a second name:
    SQLite names the write-ahead log after the database, so that two names have two logs on one file, which damages it.
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
    """Raises NotOurs if SQLite would find something else than its own file beside the database."""
    owner = _owner(database)
    for suffix in _SQLITE:
        path = Path(f"{database}{suffix}")
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            continue
        require_ours(path, status, owners=owner[:1])


def open_beside(database: Path, suffix: str, flags: int, *, kind: int = stat.S_IFREG) -> int:
    """A descriptor of a file of ours beside the database. Raises NotOurs, OSError.

    What root opens is given to the owner of the database, as SQLite does: what `sudo` leaves behind stops nobody.
    """
    owner = _owner(database)
    file = open_ours(beside(database, suffix), flags, kind=kind, owners=owner[:1])
    if os.geteuid() == 0 and owner and os.fstat(file).st_uid != owner[0]:
        os.fchown(file, *owner)
    return file


def _owner(database: Path) -> tuple[()] | tuple[int, int]:
    """User and group of the database; nothing before there is one."""
    try:
        status = os.stat(database)
    except OSError:
        return ()
    return status.st_uid, status.st_gid


class OpenFiles:
    """Which files a database was opened from.

    A database that is replaced, or one whose write-ahead log or wal-index (`-shm`) is deleted, works on as if nothing
    were wrong: what it stores reaches nobody. `path` is the database's own, without links.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: dict[str, Identity | None] = {"": identity(path), "-wal": None, "-shm": None}

    def require_same(self) -> None:
        """Raises DatabaseReplaced once one of the files is another one or none."""
        for suffix, seen in self._seen.items():
            now = identity(Path(f"{self.path}{suffix}"))
            if seen is None:
                self._seen[suffix] = now  # SQLite makes both when the database is first read
            elif now != seen:
                raise DatabaseReplaced(_replaced(self.path, suffix))


def _replaced(path: Path, suffix: str) -> str:
    if not suffix:
        return f"The database {path} was moved, deleted or replaced while it was open. Start again."
    return (
        f"{path}{suffix}, a part of the open database, was deleted or replaced: what is stored from now on would be "
        "lost. End all programs that use the database, then start again."
    )
