"""SQLite's write lock: takes it for a transaction, and finds the process that holds it for too long."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.store.errors import DatabaseBusy
from core.store.sqlite import connection
from core.store.sqlite.beside import identity
from core.store.sqlite.lock_table import is_stopped, locks_on, process_name
from core.store.sqlite.suspension import not_stopped

LONG = 2.0
"""Seconds after which the process that holds the write lock is named in messages."""
_AGAIN = 0.0005
"""Seconds between two attempts to take the lock.

SQLite's own pauses grow to 100 ms and miss the gaps between the transactions of a busy dispatcher.
"""
_LOOK = 0.01
"""Seconds between two checks of the holder. They are so close that a busy dispatcher is not seen in all of them."""
_MARGIN = 1.0
"""Seconds by which the first of these checks may be late on a busy machine."""
_WRITE_BYTE = 120
"""The byte of the wal-index that a writer locks (sqlite.org/walformat.html section 2.3.1)."""
_FIRST_BYTE = 0x40000000
"""The first byte that SQLite locks in the database file, such as for its checkpoint on closing (os.h, PENDING_BYTE)."""


@contextmanager
def write_transaction(database: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Run a transaction with the write lock. It is rolled back unless the caller commits it; ctrl+z waits for its end.

    Raises DatabaseBusy if other processes hold the lock for too long, sqlite3.Error.
    """
    watch = Watch(path)
    until = time.monotonic() + connection.BUSY_TIMEOUT
    while True:
        with not_stopped():
            if _begin(database):
                try:
                    yield
                finally:
                    if database.in_transaction:
                        database.execute("ROLLBACK")
                return
        now = time.monotonic()
        if now > until - LONG - _MARGIN:
            watch.look(now)
        if now > until:
            raise DatabaseBusy(busy_words(path, watch.holder))
        time.sleep(_AGAIN)


def _begin(database: sqlite3.Connection) -> bool:
    try:
        database.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


@dataclass(frozen=True, slots=True)
class LongHolder:
    """The process that has held the write lock for more than two seconds."""

    pid: int
    name: str
    stopped: bool

    @property
    def words(self) -> str:
        """One or two sentences that name the process and say what to do."""
        who = f"Process {self.pid} ({self.name}) has held the write lock for more than {LONG:.0f} s"
        if self.stopped:
            return f"{who} and is stopped: nobody else can write. Continue it with kill -CONT {self.pid}, or end it."
        return f"{who}: nobody else can write."


class Watch:
    """Observes which process holds the write lock of one database, over several checks."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._pid: int | None = None
        self._since = self._looked = 0.0

    def look(self, now: float) -> int | None:
        """Check, unless the last check was less than `_LOOK` seconds ago. Return the holder's pid, or None."""
        if now - self._looked >= _LOOK:
            self._looked = now
            pid = _holder(self._database)
            if pid != self._pid:
                self._pid, self._since = pid, now
        return self._pid

    @property
    def holder(self) -> LongHolder | None:
        """The process that was the holder in all checks of the last two seconds; None if there is none."""
        if self._pid is None or self._looked - self._since < LONG:
            return None
        return LongHolder(self._pid, process_name(self._pid), is_stopped(self._pid))


def long_holder(database: Path) -> LongHolder | None:
    """Wait for two seconds and return the process that held the write lock all the time.

    Return None as soon as the holder changes, at once if there is none.
    """
    watch = Watch(database)
    first = watch.look(time.monotonic())
    while first is not None and watch.look(time.monotonic()) == first:
        if (holder := watch.holder) is not None:
            return holder
        time.sleep(_LOOK)
    return None


def busy_words(database: Path, holder: LongHolder | None) -> str:
    """The message that says why a write was refused."""
    why = (
        f"{holder.words[:1].lower()}{holder.words[1:]}" if holder else "another program holds it. Try again."
    )
    return f"The database {database} is busy: {why}"


def _holder(database: Path) -> int | None:
    """The pid of the process that has locked the database for writing, or as a whole; None if there is none."""
    for lock in locks_on(identity(Path(f"{database}-shm"))):
        if lock.exclusive and lock.covers(_WRITE_BYTE):
            return lock.pid
    for lock in locks_on(identity(database)):
        if lock.exclusive and lock.first >= _FIRST_BYTE:
            return lock.pid
    return None
