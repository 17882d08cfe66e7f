"""A database that other processes have open, and that has lost a part meanwhile.

SQLite would make the part anew for whoever opens the database next. From then on the others and this one would write
as if each were alone.
"""

import os
import time
from pathlib import Path

from core.store.errors import DatabaseReplaced
from core.store.sqlite.beside import identity
from core.store.sqlite.lock_table import locks_on, process_name

_OPEN_BYTE = 128
"""The byte of the wal-index that each connection locks as long as it is open (os_unix.c, UNIX_SHM_DMS)."""
_PATIENCE = 0.2
"""Seconds after which nobody is just opening or closing the database: meanwhile a part is missing, too."""


def require_whole(database: Path) -> None:
    """Raises DatabaseReplaced if the write-ahead log or the wal-index is missing while others have the database open."""
    until = time.monotonic() + _PATIENCE
    while (torn := _torn(database)) is not None:
        if time.monotonic() > until:
            part, pid = torn
            raise DatabaseReplaced(
                f"{part} is missing, although process {pid} ({process_name(pid)}) has the database open: it was deleted, "
                "or the database has another name there. End that process, then try again."
            )
        time.sleep(0.01)


def _torn(database: Path) -> tuple[Path, int] | None:
    """The part that is missing, and a process that has the database open."""
    log, index = Path(f"{database}-wal"), Path(f"{database}-shm")
    # In this order: SQLite makes the log first and removes it last.
    seen = identity(index)
    if seen is None:
        others = [lock.pid for lock in locks_on(identity(database))]
        missing = index
    elif identity(log) is None:
        others = [lock.pid for lock in locks_on(seen) if lock.covers(_OPEN_BYTE)]
        missing = log
    else:
        return None
    return next(((missing, pid) for pid in others if pid != os.getpid()), None)
