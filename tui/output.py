"""Terminal output that raises no error after the terminal has vanished."""

import os
from collections.abc import Callable
from io import TextIOBase
from typing import TextIO


class Output(TextIOBase):
    """A text stream to the terminal. It calls `vanished` once the terminal has gone, and then discards what is written.

    An error would end Textual's writer thread. The app would then wait forever for room in that thread's queue.
    """

    def __init__(self, terminal: TextIO, vanished: Callable[[], None]) -> None:
        self._terminal = terminal
        self._vanished = vanished
        self._has_vanished = False
        # Another program may have left this terminal non-blocking. A slow line would then look like a vanished one.
        os.set_blocking(terminal.fileno(), True)

    def write(self, text: str) -> int:
        self._try(lambda: self._terminal.write(text))
        return len(text)

    def flush(self) -> None:
        self._try(self._terminal.flush)

    def _try(self, work: Callable[[], object]) -> None:
        if self._has_vanished:
            return
        try:
            work()
        except BlockingIOError:
            os.set_blocking(self._terminal.fileno(), True)
        except OSError:
            self._has_vanished = True
            self._vanished()

    def fileno(self) -> int:
        return self._terminal.fileno()
