"""A screen is drawn when it is complete: each draft of it would cost as many bytes as what is meant."""

from contextlib import ExitStack
from typing import ClassVar

from textual.screen import Screen
from textual.widget import Widget


class DrawnOnce(Widget):
    """For screens that begin their `compose` with `hold`."""

    # Textual looks for these along the first base of a class, which for these screens is this one.
    COMPONENT_CLASSES: ClassVar[set[str]] = Screen.COMPONENT_CLASSES

    def __init__(self) -> None:
        super().__init__()
        self._drafts = ExitStack()

    def hold(self) -> None:
        """Draw nothing until the screen has its widgets, their sizes and the focus."""
        self._drafts.enter_context(self.app.batch_update())

    def on_screen_resume(self) -> None:
        # Once for sizes and focus, once more for what Textual draws again because of them.
        self.call_after_refresh(self.call_after_refresh, self._complete)

    def _complete(self) -> None:
        self._drafts.close()
        for screen in self.app.screen_stack:
            screen.check_idle()  # what changed meanwhile beneath has waited as well, and nothing else wakes it

    def on_unmount(self) -> None:
        self._drafts.close()
