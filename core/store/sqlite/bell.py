"""The wake-up of the dispatcher: a named pipe beside the database, called the bell.

A process that emits rings the bell after COMMIT, so that the dispatcher looks for work at once. The bell is only a
hint: nothing is lost if a ring is not heard, because the dispatcher also polls the file four times a second.
"""

import asyncio
import contextlib
import os
import stat
from pathlib import Path

from core.ours import NotOurs
from core.store.sqlite.beside import beside, identity, open_beside

_SUFFIX = ".wake"


def ring(database: Path) -> None:
    """Wake the dispatcher of this database, if one is listening."""
    with contextlib.suppress(OSError, NotOurs):
        file = open_beside(database, _SUFFIX, os.O_WRONLY, kind=stat.S_IFIFO)
        try:
            os.write(file, b"!")
        finally:
            os.close(file)


class Bell:
    """The dispatcher's side of the bell. It sets `rung` whenever another process rings.

    `fault` says why the bell cannot be heard; it is "" while it can.
    """

    def __init__(self, database: Path, rung: asyncio.Event) -> None:
        self._database = database
        self._rung = rung
        self._file: int | None = None
        self.fault = ""
        self.look()

    def look(self) -> None:
        """Check that the pipe is still in its place. Create it again if it was deleted or replaced."""
        if self._file is not None:
            status = os.fstat(self._file)
            if identity(beside(self._database, _SUFFIX)) == (status.st_dev, status.st_ino):
                return
        self.close()
        try:
            self._file = self._hang()
            self.fault = ""
        except NotOurs as error:
            self.fault = str(error)
        except OSError as error:
            self.fault = f"{beside(self._database, _SUFFIX)} cannot be used: {error.strerror}."
        if self._file is not None:
            asyncio.get_running_loop().add_reader(self._file, self._heard)

    def _hang(self) -> int:
        with contextlib.suppress(FileExistsError):
            os.mkfifo(beside(self._database, _SUFFIX), 0o600)
        # Also open for writing: otherwise the pipe would report end of file for ever once an emitter has closed it.
        return open_beside(self._database, _SUFFIX, os.O_RDWR, kind=stat.S_IFIFO)

    def _heard(self) -> None:
        if self._file is not None:
            with contextlib.suppress(BlockingIOError):
                os.read(self._file, 65536)
            self._rung.set()

    def close(self) -> None:
        """Stop listening."""
        if self._file is not None:
            asyncio.get_running_loop().remove_reader(self._file)
            os.close(self._file)
            self._file = None
