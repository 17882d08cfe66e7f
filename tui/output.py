"""The terminal's output, which outlives the terminal."""

import os
from collections.abc import Callable
from io import TextIOBase
from typing import TextIO


class Output(TextIOBase):
    """What is written once the terminal has vanished goes nowhere; `vanished` is called when that is noticed.

    An error would end the thread that Textual writes with; the app, waiting for room in that thread's queue, would
    wait for ever and never hear of its end.
    """

    def __init__(self, terminal: TextIO, vanished: Callable[[], None]) -> None:
        self._terminal = terminal
        self._vanished = vanished
        self._has_vanished = False
        # Another program on this terminal may have left it otherwise: a slow line would look like one that has gone.
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
