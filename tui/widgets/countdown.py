"""The countdown to the next attempt, which redraws itself once a second."""

from datetime import datetime
from typing import ClassVar

from textual.content import Content

from core.clock import from_ms, full_time, now_ms
from tui.theme import MUTED
from tui.widgets.lines import Line

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


class Countdown(Line):
    """A line that counts down. It redraws only while there is a time to wait for and its screen is active."""

    SECOND: ClassVar[float] = 1.0

    def __init__(self) -> None:
        super().__init__()
        self._until: datetime | None = None

    def on_mount(self) -> None:
        self._timer = self.set_interval(self.SECOND, self._tick, pause=True)
        self.display = False

    def show(self, until: datetime | None) -> None:
        """Count down to this time; None hides the line."""
        self._until = until
        self.display = until is not None
        if until is None:
            self._timer.pause()
        else:
            self._timer.resume()
            self.redraw()

    def _tick(self) -> None:
        if self.screen.is_active:
            self.redraw()

    def content_for(self, width: int) -> Content:
        if self._until is None:
            return Content("")
        left = round((self._until - from_ms(now_ms())).total_seconds())
        when = f"in {duration(left)}" if left > 0 else "due now"
        return Content.assemble(("Next: ", MUTED), full_time(self._until), ", ", (when, "bold"))


def duration(seconds: int) -> str:
    """Return a duration in its two largest units: `12 min 3 s`."""
    parts: list[str] = []
    for size, unit in _UNITS:
        number, seconds = divmod(seconds, size)
        if number or parts:
            parts.append(f"{number:,} {unit}")
    return " ".join(parts[:2])
