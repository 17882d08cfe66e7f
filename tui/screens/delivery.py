"""The page that shows one delivery."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from core.errors import HookkeeperError
from core.models import Delivery
from core.store.filter import DeliveryFilter, View
from core.store.neighbours import Walk
from tui.actions import DETAIL, bindings
from tui.screens.delivery_keys import DeliveryKeys
from tui.widgets.delivery_detail import DeliveryDetail
from tui.widgets.delivery_session import SessionEvents

_ALL = 1_000_000
_SCROLLS = {"pagedown,ctrl+d": 15, "pageup,ctrl+u": -15, "end,G": _ALL, "home,g": -_ALL}


class DeliveryScreen(DeliveryKeys):
    """A delivery's page. Esc closes it. `n` and `p` go through the list that it was opened from, or all deliveries."""

    number = 2
    is_page = True
    actions = DETAIL
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(DETAIL),
        *(Binding(keys, f"scroll({lines})", show=False) for keys, lines in _SCROLLS.items()),
    ]

    def __init__(self, delivery_id: str, walk: Walk | None = None) -> None:
        super().__init__()
        self._delivery_id = delivery_id
        self._along = walk or Walk(View.ALL, DeliveryFilter())

    def compose_body(self) -> ComposeResult:
        yield DeliveryDetail()

    def compose_strip(self) -> ComposeResult:
        return iter(())

    @property
    def detail(self) -> DeliveryDetail:
        return self.query_one(DeliveryDetail)

    async def reload(self) -> None:
        await self.detail.load(self._delivery_id)

    def action_back(self) -> None:
        if self.focused is None:
            super().action_back()
        else:
            self.set_focus(None)

    @on(SessionEvents.Opened)
    def _open(self, event: SessionEvents.Opened) -> None:
        self.app.push_screen(DeliveryScreen(event.delivery_id, self._along))

    def action_scroll(self, lines: int) -> None:
        self.detail.scroll_lines(lines)

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

    def action_next(self) -> None:
        self._go(down=True)

    def action_previous(self) -> None:
        self._go(down=False)

    def _go(self, *, down: bool) -> None:
        self.run_worker(self._walk(down=down), group="walk", exclusive=True, exit_on_error=True)

    async def _walk(self, *, down: bool) -> None:
        step = self._along.next if down else self._along.previous
        try:
            found = await step(self.store, self._delivery_id)
            if found is None:
                self.say(f"It is the {'last' if down else 'first'} one of the list.")
                return
            self._delivery_id = found
            await self.reload()
        except HookkeeperError as error:
            self.say(f"✗ {error}")

    @property
    def acted_on(self) -> Delivery | None:
        return self.detail.delivery

    @property
    def is_unmasked(self) -> bool:
        return self.detail.unmasked
