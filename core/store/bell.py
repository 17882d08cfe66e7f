"""The bell beside the database: who emits rings it after COMMIT, so that the dispatcher looks at once.

A bell is a hint. Nothing is lost when it is not heard: the dispatcher also looks at the file four times a second.
"""

import asyncio
import contextlib
import os
from pathlib import Path


def _fifo(database: Path) -> Path:
    return database.with_name(database.name + ".wake")


def ring(database: Path) -> None:
    """Wake the dispatcher of this database, if one listens."""
    with contextlib.suppress(OSError):
        file = os.open(_fifo(database), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.write(file, b"!")
        finally:
            os.close(file)


class Bell:
    """The dispatcher's side: sets `rung` whenever somebody rings."""

    def __init__(self, database: Path, rung: asyncio.Event) -> None:
        self._rung = rung
        path = _fifo(database)
        with contextlib.suppress(FileExistsError):
            os.mkfifo(path, 0o600)
        # Open for writing, too, or the end of the file would be readable for ever once an emitter has gone.
        self._file = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        asyncio.get_running_loop().add_reader(self._file, self._heard)

    def _heard(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._file, 65536)
        self._rung.set()

    def close(self) -> None:
        """Listen no more."""
        asyncio.get_running_loop().remove_reader(self._file)
        os.close(self._file)
