"""Delays drawing a screen until it is complete, because every partial draw costs as many bytes as the final one."""

from contextlib import ExitStack
from typing import ClassVar

from textual.screen import Screen
from textual.widget import Widget


class DrawnOnce(Widget):
    """A mixin for screens. They call `hold` first in `compose`."""

    # Textual collects these along the first base class only, which is this one for these screens.
    COMPONENT_CLASSES: ClassVar[set[str]] = Screen.COMPONENT_CLASSES

    def __init__(self) -> None:
        super().__init__()
        self._drafts = ExitStack()

    def hold(self) -> None:
        """Suspend drawing until the screen has its widgets, their sizes and the focus."""
        self._drafts.enter_context(self.app.batch_update())

    def on_screen_resume(self) -> None:
        # The first refresh sets sizes and focus; the second is what Textual redraws because of them.
        self.call_after_refresh(self.call_after_refresh, self._complete)

    def _complete(self) -> None:
        self._drafts.close()
        for screen in self.app.screen_stack:
            screen.check_idle()  # screens beneath were suspended too, and nothing else wakes them

    def on_unmount(self) -> None:
        self._drafts.close()
