"""What goes over the line is counted, so that live data can wait until the line has carried what it was given."""

from contextlib import suppress
from io import TextIOWrapper
from typing import cast

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from tui.output import Output


class MeteredDriver(LinuxDriver):
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

    def run_input_thread(self) -> None:
        """Read keys for as long as the app runs: what is no UTF-8, as of a line that is noisy, is no key."""
        while not self.exit_event.is_set():
            with suppress(UnicodeDecodeError):
                super().run_input_thread()

    def write(self, data: str) -> None:
        MeteredDriver.written += len(data.encode("utf-8", "replace"))
        super().write(data)
