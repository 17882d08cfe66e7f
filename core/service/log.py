"""The dispatcher's log, written by a thread of its own: no delivery waits for who reads it."""

import queue
import sys
import threading
from contextlib import suppress
from typing import TextIO

_MOST_LINES = 10_000
"""Lines that wait to be written; what comes while there are so many is dropped, and counted."""
_PATIENCE = 1.0
"""Seconds that the last lines have at the end."""


class Log:
    """A file for structlog over standard error. A stalled reader, a full disk or a closed pipe stops nothing."""

    def __init__(self, file: TextIO | None = None) -> None:
        self._file = file or sys.stderr
        self._lines: queue.Queue[str | None] = queue.Queue(_MOST_LINES)
        self._dropped = 0
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Hand a line over; never waits, never fails."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._dropped += 1

    def flush(self) -> None:
        """Each line is flushed when it is written."""

    def close(self) -> None:
        """Let what waits be written, as far as somebody reads it."""
        with suppress(queue.Full):
            self._lines.put_nowait(None)
        self._thread.join(_PATIENCE)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            dropped, self._dropped = self._dropped, 0
            words = f"{dropped} lines were dropped: nobody read them in time\n" if dropped else ""
            with suppress(OSError, ValueError):
                self._file.write(words + line)
                self._file.flush()
