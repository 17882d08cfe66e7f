"""Detects a database that has lost its write-ahead log or wal-index while other processes have it open.

SQLite would create the missing file again for the next process that opens the database. From then on, that process and
the others would write without seeing each other's changes or locks.
"""

import os
import time
from pathlib import Path

from core.store.errors import DatabaseReplaced
from core.store.sqlite.beside import identity
from core.store.sqlite.lock_table import locks_on, process_name

_OPEN_BYTE = 128
"""The byte of the wal-index that each connection keeps locked while it is open (os_unix.c, UNIX_SHM_DMS)."""
_PATIENCE = 0.2
"""Seconds to wait for a missing file. Opening or closing the database leaves it missing for a moment."""


def require_whole(database: Path) -> None:
    """Check that neither file is missing while other processes have the database open. Raises DatabaseReplaced."""
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
    """The missing file and the pid of another process that has the database open; None if all is well."""
    log, index = Path(f"{database}-wal"), Path(f"{database}-shm")
    # The wal-index is checked first, because SQLite creates the log first and removes it last.
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
