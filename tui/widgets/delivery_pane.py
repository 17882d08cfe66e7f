"""The pane with a delivery's detail, beside the list or below it."""

import asyncio
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType
from textual.geometry import Size

from core.models import Delivery
from tui.widgets.delivery_detail import DeliveryDetail

if TYPE_CHECKING:
    from tui.app import HookkeeperApp

_WIDE, _TALL = 120, 36
_SHARE, _LEAST, _MOST = 0.42, 50, 80
_REST = 0.15
"""Seconds that the cursor must rest before another delivery is shown."""


class DeliveryPane(DeliveryDetail, can_focus=True):
    """The pane. Tab focuses it for scrolling; Esc returns to the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_down", show=False),
        Binding("k,up", "scroll_up", show=False),
        Binding("ctrl+d", "page_down", show=False),
        Binding("ctrl+u", "page_up", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
        Binding("escape", "screen.back_to_list", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._kept: str | None = None
        self._waits = False
        """Whether the pane waits for the cursor to rest."""

    async def show(self, chosen: Delivery | None, hint: str) -> None:
        """Show the chosen delivery; None keeps the last one, or shows the hint if there is none. Raises StoreError."""
        if not self.display or self._waits:
            return
        self.hint = hint
        if chosen is not None:
            self._kept = chosen.id
        await self.load(self._kept)

    def wait(self) -> None:
        """Wait with the next delivery until the cursor rests, so that a held key redraws only the list."""
        if self.display:
            self._waits = True
            self.run_worker(self._rest(), group="pane", exclusive=True, exit_on_error=True)

    async def _rest(self) -> None:
        await asyncio.sleep(_REST)
        self._waits = False
        cast("HookkeeperApp", self.app).look()

    def lay_out(self, size: Size) -> str:
        """Set the width, and return where the screen has room for the pane: "beside" the list, "below" it, or ""."""
        if size.width >= _WIDE:
            self.styles.width = 1 + max(_LEAST, min(_MOST, round(size.width * _SHARE)))
            return "beside"
        self.styles.width = "100%"
        return "below" if size.height >= _TALL else ""
