"""The history page: the audit log of one webhook or of the settings."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from core.store import audit
from core.store.audit import Change
from core.text import one_line
from tui.actions import HISTORY, bindings
from tui.screens.frame import Frame


class HistoryScreen(Frame):
    """A page over the main screens, newest first; Esc goes back."""

    number = -1
    is_page = True
    actions = HISTORY
    BINDINGS: ClassVar[list[BindingType]] = bindings(HISTORY)
    AUTO_FOCUS = "#page"

    def __init__(self, subject: str) -> None:
        super().__init__()
        self._subject = subject

    def compose_body(self) -> ComposeResult:
        yield Static("", classes="gap")
        yield Static(f"History of {self._subject}", classes="title", markup=False)
        yield Static("", classes="gap")
        with VerticalScroll(id="page"):
            yield Static("", id="history", markup=False)

    def compose_strip(self) -> ComposeResult:
        return iter(())

    async def reload(self) -> None:
        changes = await audit.list_changes(self.store, subject=self._subject)
        lines = [_words(change) for change in changes] or [Content("Nothing was changed yet.")]
        self.query_one("#history", Static).update(Content("\n").join(lines))

    def action_scroll_down(self) -> None:
        self.query_one("#page").scroll_relative(y=1, animate=False)

    def action_scroll_up(self) -> None:
        self.query_one("#page").scroll_relative(y=-1, animate=False)


def _words(change: Change) -> Content:
    return Content.assemble(
        (f"{change.at.astimezone():%Y-%m-%d %H:%M:%S}  ", "$muted"),
        f"{one_line(change.actor)}  ",
        (one_line(change.action), "bold"),
        f"  {one_line(change.details)}",
    )
