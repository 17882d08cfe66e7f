"""Who delivers: a lock on `<database>.dispatcher`, free again as soon as its holder is gone, however it went.

The file's first line says who holds it; its modification time is the holder's heartbeat. Neither costs a write to
the database, so a heartbeat wakes nobody.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

_SIZE = 1024
"""Bytes of the holder's line, padded: written in place, it needs no space on a full disk."""


class Holder(msgspec.Struct):
    """What the one who delivers says of itself."""

    pid: int
    epoch: int
    started_by: str
    started_at: int
    user: str
    note: str = ""
    slowed: str = ""


@dataclass(slots=True)
class DispatcherLock:
    """The lock of one database. `take` never waits."""

    path: Path
    _file: int | None = None

    @classmethod
    def of(cls, database: Path) -> "DispatcherLock":
        """The lock that belongs to this database file."""
        return cls(database.with_name(database.name + ".dispatcher"))

    def take(self) -> bool:
        """Take the lock if it is free; whether we hold it now. Raises OSError."""
        if self._file is not None:
            return True
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        if os.fstat(file).st_size:
            os.pwrite(file, b" " * _SIZE, 0)  # what a killed holder said of itself
        return True

    def release(self) -> None:
        """Let the next one have it."""
        if self._file is not None:
            with suppress(OSError):  # what it says is void once the lock is free
                os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None

    def say(self, holder: Holder) -> None:
        """Write down who holds it. Raises OSError."""
        if self._file is None:
            return
        try:
            os.pwrite(self._file, msgspec.json.encode(holder).ljust(_SIZE), 0)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from None

    def beat(self) -> None:
        """The heartbeat. Raises OSError."""
        if self._file is not None:
            os.utime(self._file)

    def holder(self) -> Holder | None:
        """Who holds the lock now; None if it is free, or if its holder has not said so yet."""
        try:
            file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            if _is_free(file):
                return None
            return msgspec.json.decode(os.pread(file, _SIZE, 0), type=Holder)
        except (OSError, msgspec.MsgspecError):
            return None
        finally:
            os.close(file)

    @contextmanager
    def standing_by(self) -> Iterator[None]:
        """Let it be known that somebody waits for the lock. Raises OSError."""
        file = os.open(self._queue, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield
        finally:
            os.close(file)

    def is_awaited(self) -> bool:
        """Whether somebody waits for the lock."""
        try:
            file = os.open(self._queue, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            os.close(file)
        return False

    @property
    def _queue(self) -> Path:
        return self.path.with_name(self.path.name + ".next")

    def last_beat(self) -> float:
        """Seconds since 1970 of the last heartbeat; 0 without one."""
        try:
            return self.path.stat().st_mtime
        except OSError:
            return 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _is_free(file: int) -> bool:
    """Whether nobody holds it: a shared lock does not get in the way of others who only look."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
