"""Who delivers: a lock on `<database>.dispatcher`, free again as soon as its holder is gone, however it went.

The file's first line says who holds it; its modification time is the holder's heartbeat. Neither costs a write to
the database, so a heartbeat wakes nobody. A file can be deleted under its holder: the lock on the database itself
(`DatabaseLock`) keeps others out until the holder has made the file anew.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from core.ours import NotOurs, OfAnotherUser
from core.store.sqlite.beside import beside, open_beside, real
from core.store.sqlite.database_lock import DatabaseLock
from core.store.standing import Holder

_SIZE = 1024
"""Bytes of the holder's line, padded: written in place, it needs no space on a full disk."""
_SUFFIX = ".dispatcher"
_QUEUE = ".dispatcher.next"


@dataclass(slots=True)
class DispatcherLock:
    """The lock of one database. `take` never waits."""

    path: Path
    database: Path
    _database_lock: DatabaseLock
    _file: int | None = None
    _said: Holder | None = field(default=None)

    @classmethod
    def of(cls, database: Path) -> "DispatcherLock":
        """The lock that belongs to this database file, by whatever name it is called."""
        database = real(database)
        return cls(beside(database, _SUFFIX), database, DatabaseLock(database))

    def take(self) -> bool:
        """Take the lock if it is free; whether we hold it now.

        Raises NotOurs if something else stands in place of the file, OSError.
        """
        if self._file is not None:
            return True
        if not self._database_lock.take():
            return False
        try:
            self._file = self._lock_file()
        finally:
            if self._file is None:
                self._database_lock.release()
        return self._file is not None

    def _lock_file(self) -> int | None:
        """The lock file, locked; None if another process has locked it."""
        while True:
            try:
                file = open_beside(self.database, _SUFFIX, os.O_RDWR | os.O_CREAT)
            except OfAnotherUser:
                if not self._database_lock.is_held:
                    raise
                self._remove_left_over()
                continue
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _void(file, self.path)
            except BlockingIOError:
                os.close(file)
                return None
            except BaseException:
                os.close(file)
                raise
            if self._stands_there(file):
                return file
            os.close(file)  # it was deleted in between

    def _remove_left_over(self) -> None:
        """Remove the lock file of another user: as we have locked the database, nobody delivers."""
        with suppress(FileNotFoundError):
            self.path.unlink()

    def _stands_there(self, file: int) -> bool:
        try:
            return os.path.samestat(os.lstat(self.path), os.fstat(file))
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Let the next one have it."""
        if self._file is not None:
            with suppress(OSError):  # what it says is void once the lock is free
                os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = self._said = None
        self._database_lock.release()

    def say(self, holder: Holder) -> None:
        """Write down who holds it. Raises OSError."""
        if self._file is None:
            return
        self._said = holder
        _write(self._file, msgspec.json.encode(holder), self.path)

    def beat(self) -> bool:
        """The heartbeat. Whether the file was deleted or replaced, and made anew now. Raises OSError, NotOurs."""
        if self._file is None:
            return False
        os.utime(self._file)
        self._database_lock.take()  # where the database was made after this lock was taken
        return not self._stands_there(self._file) and self._make_anew()

    def _make_anew(self) -> bool:
        file = self._lock_file()
        if file is None or self._file is None:
            return False
        os.close(self._file)
        self._file = file
        if self._said is not None:
            self.say(self._said)
        return True

    def holder(self) -> Holder | None:
        """Who holds the lock now; None if it is free, or if its holder has not said so yet.

        Raises NotOurs if something else stands in place of the file.
        """
        try:
            file = open_beside(self.database, _SUFFIX, os.O_RDONLY)
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
        """Let it be known that somebody waits for the lock, if that can be."""
        try:
            file = open_beside(self.database, _QUEUE, os.O_RDONLY | os.O_CREAT)
        except (OSError, NotOurs):
            yield
            return
        try:
            _lock_shared(file)
            yield
        finally:
            os.close(file)

    def is_awaited(self) -> bool:
        """Whether somebody waits for the lock."""
        try:
            file = open_beside(self.database, _QUEUE, os.O_RDONLY)
        except (OSError, NotOurs):
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

    def last_beat(self) -> float:
        """Seconds since 1970 of the last heartbeat; 0 without one."""
        try:
            return self.path.lstat().st_mtime
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


def _lock_shared(file: int) -> None:
    """Lock it unless somebody holds it for longer than looking at it takes: a process may be stopped while it looks."""
    for _ in range(20):
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.005)
        except OSError:
            return
        else:
            return


def _void(file: int, path: Path) -> None:
    """Remove what a killed holder said of itself. Raises NotOurs if the file says anything else."""
    text = os.pread(file, _SIZE + 1, 0)
    if not text:
        return
    if len(text) > _SIZE or not (text.startswith(b'{"pid":') or not text.strip(b" \0")):
        raise NotOurs(f"{path} is not the lock file of Hookkeeper but has other content: move it elsewhere.")
    _write(file, b"", path)


def _write(file: int, line: bytes, path: Path) -> None:
    try:
        os.pwrite(file, line.ljust(_SIZE), 0)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
