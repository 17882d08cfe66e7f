"""The terminal's output, which outlives the terminal."""

from io import TextIOBase
from typing import TextIO


class Output(TextIOBase):
    """What is written once the terminal has vanished goes nowhere.

    An error would end the thread that Textual writes with; the app, waiting for room in that thread's queue, would
    wait for ever and never hear of the SIGHUP.
    """

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        self._has_vanished = False

    def write(self, text: str) -> int:
        if not self._has_vanished:
            try:
                self._terminal.write(text)
            except OSError:
                self._has_vanished = True
        return len(text)

    def flush(self) -> None:
        if not self._has_vanished:
            try:
                self._terminal.flush()
            except OSError:
                self._has_vanished = True

    def fileno(self) -> int:
        return self._terminal.fileno()
