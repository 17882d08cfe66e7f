"""The detail of a delivery, beside the list or below it."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size

from tui.widgets.delivery_detail import DeliveryDetail

_WIDE, _TALL = 120, 36
_SHARE, _LEAST, _MOST = 0.42, 50, 80


class DeliveryPane(DeliveryDetail, can_focus=True):
    """Tab goes into it, to scroll; Esc back to the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_down", show=False),
        Binding("k,up", "scroll_up", show=False),
        Binding("ctrl+d", "page_down", show=False),
        Binding("ctrl+u", "page_up", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
        Binding("escape", "screen.back_to_list", show=False),
    ]

    def lay_out(self, size: Size) -> str:
        """Where a screen of this size has room for it: "beside" the list, "below" it, or "" for nowhere."""
        if size.width >= _WIDE:
            self.styles.width = 1 + max(_LEAST, min(_MOST, round(size.width * _SHARE)))
            return "beside"
        self.styles.width = "100%"
        return "below" if size.height >= _TALL else ""
