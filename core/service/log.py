"""The dispatcher's log, written by a thread of its own, so that no delivery waits for a slow log reader."""

import queue
import sys
import threading
from contextlib import suppress
from typing import TextIO

_MOST_LINES = 10_000
"""Size of the queue of lines. While it is full, further lines are dropped and counted."""
_PATIENCE = 1.0
"""Seconds that `close` waits for the last lines to be written."""


class Log:
    """A file object for structlog that writes to standard error.

    A stalled reader, a full disk or a closed pipe does not block the caller or raise an error.
    """

    def __init__(self, file: TextIO | None = None) -> None:
        self._file = file or sys.stderr
        self._lines: queue.Queue[str | None] = queue.Queue(_MOST_LINES)
        self._dropped = 0
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Queue a line. Never waits and never fails."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._dropped += 1

    def flush(self) -> None:
        """Do nothing: each line is flushed when it is written."""

    def close(self) -> None:
        """Write the queued lines, for at most `_PATIENCE` seconds."""
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
