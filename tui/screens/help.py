"""The help page, which lists all keys from the registry of actions."""

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui.actions import Action, Place
from tui.widgets.lines import KeyBar


class HelpScreen(Screen[None]):
    """The help page; q and Esc close it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f1,question_mark,ctrl+c", "back", show=False),
        Binding("ctrl+l", "app.redraw", show=False),
        Binding("j", "scroll('down')", show=False),
        Binding("k", "scroll('up')", show=False),
    ]

    def __init__(self, places: Iterable[Place]) -> None:
        super().__init__()
        self._places = places

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Static(_keys(self._places), markup=False)
        yield KeyBar((Action("", "", "Back", "Esc"), Action("", "", "Scroll", "j k")))

    def on_mount(self) -> None:
        self.query_one("#help").focus()

    def action_back(self) -> None:
        """Close the page. Does nothing if it is closed already, since a second key may still reach it."""
        if self.is_active and self.is_mounted:
            self.app.pop_screen()

    def action_scroll(self, direction: str) -> None:
        self.query_one("#help").scroll_relative(y=1 if direction == "down" else -1, animate=False)


def _keys(places: Iterable[Place]) -> Content:
    content = Content("")
    for place, actions in places:
        content = Content.assemble(content, (f"{place}\n", "bold"))
        for action in actions:
            content = Content.assemble(content, (f"  {action.all_keys:<10}", "$primary"), f"{action.words}\n")
        content = Content.assemble(content, "\n")
    return content
