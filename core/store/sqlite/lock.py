"""The dispatcher lock, on the file `<database>.dispatcher`. It is free as soon as the process that holds it has ended.

The file's first line names the holder; its modification time is the holder's heartbeat. Neither is a write to the
database, so a heartbeat does not wake the processes that watch it for changes. If the file is deleted, the lock on the
database itself (`DatabaseLock`) keeps others out until the holder has created the file again.
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
"""Bytes of the holder's line with its padding. It is overwritten in place, so it needs no space on a full disk."""
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
        """The lock that belongs to this database file, with links to the file resolved."""
        database = real(database)
        return cls(beside(database, _SUFFIX), database, DatabaseLock(database))

    def take(self) -> bool:
        """Take the lock if it is free. Return whether this process holds it now.

        Raises NotOurs if the lock file is not a file of ours, OSError.
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
        """Open and lock the lock file. Return its descriptor; None if another process has locked it."""
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
        """Remove the lock file of another user. As this process has locked the database, nobody else delivers."""
        with suppress(FileNotFoundError):
            self.path.unlink()

    def _stands_there(self, file: int) -> bool:
        try:
            return os.path.samestat(os.lstat(self.path), os.fstat(file))
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Release the lock."""
        if self._file is not None:
            with suppress(OSError):  # the content no longer counts once the lock is free
                os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = self._said = None
        self._database_lock.release()

    def say(self, holder: Holder) -> None:
        """Write the holder into the file. Raises OSError."""
        if self._file is None:
            return
        self._said = holder
        _write(self._file, msgspec.json.encode(holder), self.path)

    def beat(self) -> bool:
        """Send the heartbeat. Return whether the file had been deleted or replaced and was created again.

        Raises OSError, NotOurs.
        """
        if self._file is None:
            return False
        os.utime(self._file)
        self._database_lock.take()  # in case the database was created after this lock was taken
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
        """The process that holds the lock now; None if it is free, or if the holder has not written its line yet.

        Raises NotOurs if the lock file is not a file of ours.
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
        """Show other processes that this one waits for the lock, if the file for that can be used."""
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
        """Whether another process waits for the lock."""
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
        """The time of the last heartbeat in seconds since 1970; 0 if there is none."""
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
    """Whether nobody holds the lock. A shared lock is used for the test, so that several processes can test at once."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_shared(file: int) -> None:
    """Take a shared lock, trying for 0.1 s, while another process tests the file with `is_awaited`.

    Then give up: that process may have been stopped in the middle of its test.
    """
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
    """Erase the line that a killed holder left. Raises NotOurs if the file has any other content."""
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
