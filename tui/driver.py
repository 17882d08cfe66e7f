"""The terminal as Textual drives it, where terminals hang, are noisy or vanish.

What goes over the line is counted, so that live data can wait until the line has carried what it was given.
"""

import termios
import tty
from contextlib import suppress
from io import TextIOWrapper
from typing import cast

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from tui.output import Output


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
            self._file = cast("TextIOWrapper", Output(self._file))  # as far as Textual makes use of it

    def _sigtstp_application(self, *_: object) -> None:
        """Stop, but not within a transaction: others could not write until this one goes on."""
        # Imported late: the first frame does not wait for the store.
        from core.store.suspension import not_stopped

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
        """Read keys for as long as the app runs: what is no UTF-8, as of a line that is noisy, is no key."""
        while not self.exit_event.is_set():
            with suppress(UnicodeDecodeError):
                super().run_input_thread()

    def write(self, data: str) -> None:
        TerminalDriver.written += len(data.encode("utf-8", "replace"))
        super().write(data)
