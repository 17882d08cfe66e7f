"""The page of notices, each listed until somebody acknowledges it."""

import textwrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from core.catalog import shown_type
from core.clock import clock_time
from core.models import Notice, Webhook
from core.store import config, notices
from core.text import one_line
from tui.actions import NOTICES, bindings
from tui.dialogs.choice import Choice, ChoiceDialog
from tui.screens.frame import Frame

_INDENT = 23
"""Width of time and kind, in columns."""
_NOTHING = "Nothing to see to. hookkeeper notices --all shows those that were acknowledged."


class NoticesScreen(Frame):
    """A page over the main screens; Esc goes back."""

    number = -1
    is_page = True
    actions = NOTICES
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(NOTICES),
        Binding("j", "move('cursor_down')", show=False),
        Binding("k", "move('cursor_up')", show=False),
    ]
    AUTO_FOCUS = "OptionList"

    def __init__(self) -> None:
        super().__init__()
        self._shown: list[tuple[Notice, Webhook | None]] | None = None

    def compose_body(self) -> ComposeResult:
        yield Static("", classes="gap")
        yield Static("Notices", classes="title", markup=False)
        yield Static("", classes="gap")
        yield OptionList(id="notices")
        yield Static(_NOTHING, id="empty", markup=False)

    def compose_strip(self) -> ComposeResult:
        return iter(())

    async def reload(self) -> None:
        found = await notices.list_notices(self.store)
        webhooks = {each.webhook.id: each.webhook for each in await config.list_webhooks(self.store)}
        now = [(notice, webhooks.get(notice.webhook or "")) for notice in found]
        if now != self._shown:
            self._shown = now
            self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        now = self._shown or []
        width = self.size.width - 3
        listed = self.query_one(OptionList)
        cursor = listed.highlighted
        listed.clear_options()
        listed.add_options([Option(_words(*each, width), id=each[0].id) for each in now])
        listed.highlighted = min(cursor or 0, len(now) - 1) if now else None
        listed.display = bool(now)
        self.query_one("#empty", Static).display = self._shown == []

    def action_move(self, action: str) -> None:
        getattr(self.query_one(OptionList), f"action_{action}")()

    def action_acknowledge(self) -> None:
        """Acknowledge the notice under the cursor."""
        listed = self.query_one(OptionList)
        if listed.highlighted is not None:
            self.act(self._acknowledge([listed.get_option_at_index(listed.highlighted).id or ""]))

    def action_acknowledge_all(self) -> None:
        if self._shown:
            self.run_worker(self._ask_all(len(self._shown)), group="dialog", exclusive=True)

    async def _ask_all(self, number: int) -> None:
        words = f"{number} notices leave this list. What they tell of stays as it is."
        choices = [Choice("", "Cancel"), Choice("confirm", "Confirm")]
        if await self.app.push_screen_wait(ChoiceDialog("Acknowledge all", [words], choices)) == "confirm":
            self.act(self._acknowledge(None))

    async def _acknowledge(self, ids: list[str] | None) -> str:
        number = await notices.acknowledge(self.store, ids, actor=self.keeper.actor)
        return f"✓ acknowledged: {number}"


def _words(notice: Notice, webhook: Webhook | None, width: int) -> Content:
    """Return the notice's line: its message, with the webhook that it is about below."""
    room = width - _INDENT
    lines = [Content(line) for line in textwrap.wrap(one_line(notice.message), room)]
    if webhook is not None:
        about = one_line(f"{shown_type(webhook.type).short_name}  {webhook.url}")
        lines.append(Content.styled(about, "$muted").truncate(room, ellipsis=True))
    return Content.assemble(
        (f"{clock_time(notice.at):<9}", "$muted"),
        (f"{notice.kind:<{_INDENT - 9}}", "$warning"),
        Content(f"\n{' ' * _INDENT}").join(lines),
    )
