"""The terminal as Textual drives it, where terminals hang, talk of themselves or vanish.

What goes over the line is counted, so that live data can wait until the line has carried what it was given.
"""

import os
import termios
import tty
from contextlib import suppress
from io import TextIOWrapper
from selectors import EVENT_READ, SelectSelector
from time import monotonic
from typing import cast

from textual.app import App
from textual.constants import ESCAPE_DELAY
from textual.drivers.linux_driver import LinuxDriver

from tui.output import Output
from tui.terminal_input import TerminalInput
from tui.terminal_keys import TerminalKeys

_LOOKS_UP = 0.1
"""Seconds after which the thread that reads looks whether the app still runs."""


class TerminalDriver(LinuxDriver):
    """One process has one terminal, so the count is the class's."""

    written = 0
    """Bytes."""

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        if self._file is not None:
            self._file = cast(
                "TextIOWrapper", Output(self._file, self._hang_up)
            )  # as far as Textual makes use of it

    def _sigtstp_application(self, *_: object) -> None:
        """Stop, but not within a transaction: others could not write until this one goes on."""
        # Imported late: the first frame does not wait for the store.
        from core.store.sqlite.suspension import not_stopped

        with not_stopped():
            super()._sigtstp_application()

    def _sigcont_application(self, *_: object) -> None:
        """Go on where ctrl+z has stopped. After a bare SIGSTOP take the terminal back from the shell and draw, no more:
        a terminal that vanishes causes SIGCONT, too, and Textual would start once more, with threads that nobody ends.
        """
        if self._must_signal_resume:
            super()._sigcont_application()
        elif self._key_thread is not None and self._key_thread.is_alive():
            with suppress(termios.error):
                self._take_keys()
            self._loop.call_soon_threadsafe(self._draw_again)

    def _take_keys(self) -> None:
        """As Textual does at the start. Where the shell has the foreground this stops the program once more."""
        modes = termios.tcgetattr(self.fileno)
        modes[tty.LFLAG] = self._patch_lflag(modes[tty.LFLAG])
        modes[tty.IFLAG] = self._patch_iflag(modes[tty.IFLAG])
        termios.tcsetattr(self.fileno, termios.TCSANOW, modes)

    def _draw_again(self) -> None:
        self._enable_bracketed_paste()
        self._app.refresh(layout=True)

    def run_input_thread(self) -> None:
        """Read what a person does for as long as the app runs and there is a terminal."""
        read = TerminalInput(ESCAPE_DELAY)
        keys = TerminalKeys(mouse=self._mouse)
        os.set_blocking(self.fileno, True)  # as for what is written: see Output
        assert self._file is not None
        drawn_on = self._file.fileno()
        with SelectSelector() as selector:
            selector.register(self.fileno, EVENT_READ)
            while not self.exit_event.is_set():
                # Only when there is nothing left to read has nothing arrived: this thread may have been kept waiting.
                if selector.select(_wait_until(read.deadline)):
                    data = self._read()
                    if not data:
                        break
                    units = read.feed(data, monotonic())
                elif not os.isatty(drawn_on):  # which may be another one
                    break
                else:
                    units = read.expire(monotonic())
                for message in keys.messages(units):
                    self.process_message(message)
        if not self.exit_event.is_set():
            self._hang_up()

    def _read(self) -> bytes:
        """What has arrived; nothing where the terminal has gone.

        Where its session has ended, reading gives an end of file or an error, and no signal need come: SIGHUP is for
        the session's first process, which may be a shell or a make that ignores it.
        """
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""

    def _hang_up(self) -> None:
        """Leave, as on SIGHUP."""
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._app.exit)

    def write(self, data: str) -> None:
        TerminalDriver.written += len(data.encode("utf-8", "replace"))
        super().write(data)


def _wait_until(deadline: float | None) -> float:
    """Seconds."""
    return _LOOKS_UP if deadline is None else max(0.0, min(_LOOKS_UP, deadline - monotonic()))
