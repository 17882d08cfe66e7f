"""A lock on the database file itself, which keeps out a second dispatcher even if the lock file is deleted.

It is an open file description lock (fcntl(2), Linux) on one byte far beyond those that SQLite locks. Where the system
has no such locks, the lock file alone decides which process delivers.
"""

import fcntl
import os
import struct
from dataclasses import dataclass
from pathlib import Path

_BYTE = 1 << 62
_SET_LOCK: int | None = getattr(fcntl, "F_OFD_SETLK", None)


def _range(kind: int) -> bytes:
    """`struct flock` of fcntl(2): type, whence, start, length, pid."""
    return struct.pack("hhqqi4x", kind, os.SEEK_SET, _BYTE, 1, 0)


@dataclass(slots=True)
class DatabaseLock:
    """The lock of one database file. `is_held` stays false if there is no file yet, or if locks are not supported."""

    database: Path
    is_held: bool = False
    _file: int | None = None

    def take(self) -> bool:
        """Take the lock. Return False if another process holds it, True in all other cases. Raises OSError."""
        if self.is_held or _SET_LOCK is None or not self._open():
            return True
        assert self._file is not None
        try:
            fcntl.fcntl(self._file, _SET_LOCK, _range(fcntl.F_WRLCK))
        except (BlockingIOError, PermissionError):
            return False
        except OSError:  # a file system without locks
            return True
        self.is_held = True
        return True

    def release(self) -> None:
        """Release the lock.

        The file stays open until the process ends: closing it would also release the locks that SQLite holds on it for
        this process (sqlite.org/howtocorrupt.html section 2.2).
        """
        if self.is_held and self._file is not None and _SET_LOCK is not None:
            fcntl.fcntl(self._file, _SET_LOCK, _range(fcntl.F_UNLCK))
            self.is_held = False

    def _open(self) -> bool:
        """Open the file that is at the path now, unless it is open already. Return whether there is one."""
        try:
            status = os.stat(self.database)
        except FileNotFoundError:
            return False
        if self._file is None or not os.path.samestat(os.fstat(self._file), status):
            self._file = os.open(self.database, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        return True
