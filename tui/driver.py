"""A terminal driver that copes with terminals that stall, send reports or vanish.

It counts the bytes that it writes, so that live data can wait until a slow line has carried them.
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
"""Seconds between two checks of the input thread whether the app still runs."""


class TerminalDriver(LinuxDriver):
    """Textual's Linux driver with our input parser and a byte count."""

    written = 0
    """Bytes written so far. A class attribute, because a process has one terminal."""

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
            )  # has all methods that Textual calls

    def _sigtstp_application(self, *_: object) -> None:
        """Stop the process (ctrl+z), but not within a transaction: its write lock would block all other writers."""
        # Imported late, so that the first frame need not wait for the store.
        from core.store.sqlite.suspension import not_stopped

        with not_stopped():
            super()._sigtstp_application()

    def _sigcont_application(self, *_: object) -> None:
        """Continue after ctrl+z. After a plain SIGSTOP only restore the terminal modes and redraw.

        A vanishing terminal also causes SIGCONT. Textual would then start again, with threads that nobody ends.
        """
        if self._must_signal_resume:
            super()._sigcont_application()
        elif self._key_thread is not None and self._key_thread.is_alive():
            with suppress(termios.error):
                self._take_keys()
            self._loop.call_soon_threadsafe(self._draw_again)

    def _take_keys(self) -> None:
        """Set the terminal modes as Textual does at start. If the shell has the foreground, this stops the process."""
        modes = termios.tcgetattr(self.fileno)
        modes[tty.LFLAG] = self._patch_lflag(modes[tty.LFLAG])
        modes[tty.IFLAG] = self._patch_iflag(modes[tty.IFLAG])
        termios.tcsetattr(self.fileno, termios.TCSANOW, modes)

    def _draw_again(self) -> None:
        self._enable_bracketed_paste()
        self._app.refresh(layout=True)

    def run_input_thread(self) -> None:
        """Read input as long as the app runs and the terminal exists."""
        read = TerminalInput(ESCAPE_DELAY)
        keys = TerminalKeys(mouse=self._mouse)
        os.set_blocking(self.fileno, True)  # for the same reason as in Output
        assert self._file is not None
        drawn_on = self._file.fileno()
        with SelectSelector() as selector:
            selector.register(self.fileno, EVENT_READ)
            while not self.exit_event.is_set():
                # Read before expiring: bytes may have arrived while this thread was kept from running.
                if selector.select(_wait_until(read.deadline)):
                    data = self._read()
                    if not data:
                        break
                    units = read.feed(data, monotonic())
                elif not os.isatty(drawn_on):  # output may go to another terminal than input
                    break
                else:
                    units = read.expire(monotonic())
                for message in keys.messages(units):
                    self.process_message(message)
        if not self.exit_event.is_set():
            self._hang_up()

    def _read(self) -> bytes:
        """Return the bytes that have arrived, or b"" if the terminal has gone.

        When the session has ended, a read returns end of file or an error. There may be no signal: the kernel sends
        SIGHUP to the session leader, which may be a shell or a make that ignores it.
        """
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""

    def _hang_up(self) -> None:
        """Quit, as on SIGHUP."""
        with suppress(RuntimeError):  # the event loop is closed
            self._loop.call_soon_threadsafe(self._app.exit)

    def write(self, data: str) -> None:
        TerminalDriver.written += len(data.encode("utf-8", "replace"))
        super().write(data)


def _wait_until(deadline: float | None) -> float:
    """Return how long to wait for input, in seconds."""
    return _LOOKS_UP if deadline is None else max(0.0, min(_LOOKS_UP, deadline - monotonic()))
