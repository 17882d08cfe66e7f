"""One delivery as a page of its own."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from core.models import Delivery
from tui.actions import DETAIL, bindings
from tui.screens.delivery_steps import ask_cancel, resend
from tui.screens.frame import Frame
from tui.widgets.delivery_detail import DeliveryDetail


class DeliveryScreen(Frame):
    """Esc goes back to the list."""

    number = 2
    is_page = True
    actions = DETAIL
    BINDINGS: ClassVar[list[BindingType]] = bindings(DETAIL)

    def __init__(self, delivery_id: str) -> None:
        super().__init__()
        self._delivery_id = delivery_id

    def compose_body(self) -> ComposeResult:
        yield DeliveryDetail()

    def compose_strip(self) -> ComposeResult:
        return iter(())

    @property
    def detail(self) -> DeliveryDetail:
        return self.query_one(DeliveryDetail)

    @property
    def _delivery(self) -> Delivery | None:
        return self.detail.delivery

    async def reload(self) -> None:
        await self.detail.load(self._delivery_id)

    def action_scroll_down(self) -> None:
        self.detail.scroll_lines(1)

    def action_scroll_up(self) -> None:
        self.detail.scroll_lines(-1)

    def action_older(self) -> None:
        self.detail.choose_attempt(1)

    def action_newer(self) -> None:
        self.detail.choose_attempt(-1)

    async def action_unmask(self) -> None:
        await self.detail.unmask()

    def action_back(self) -> None:
        self.app.pop_screen()

    def action_resend(self) -> None:
        if self._delivery is not None:
            self.act(resend(self, self._delivery))

    def action_cancel(self) -> None:
        if self._delivery is not None:
            self.run_worker(
                ask_cancel(self, self._delivery), group="dialog", exclusive=True, exit_on_error=True
            )
