"""The screen shown while the terminal is too small for any other."""

from textual.app import ComposeResult
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static

LEAST = Size(60, 18)


def is_too_small(size: Size) -> bool:
    """Whether a terminal of this size is too small for the screens."""
    return size.width < LEAST.width or size.height < LEAST.height


class TooSmallScreen(Screen[None]):
    """Says how much room is needed, and closes itself once there is enough."""

    _leaving = False

    def compose(self) -> ComposeResult:
        yield Static("", id="too-small", markup=False)

    def on_resize(self, event: Resize) -> None:
        if not is_too_small(event.size):
            # Several resizes may arrive before the screen is closed.
            if self.is_current and not self._leaving:
                self._leaving = True
                self.dismiss()
            return
        size = f"{event.size.width}x{event.size.height}"
        least = f"{LEAST.width}x{LEAST.height}"
        words = f"Hookkeeper needs {least}; this is {size}. Deliveries go on."
        self.query_one("#too-small", Static).update(words)
