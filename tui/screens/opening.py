"""The screen shown while the program imports its modules and opens the database."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Key, Paste
from textual.screen import Screen
from textual.widgets import Static

from tui.widgets.lines import TopBar


class OpeningScreen(Screen[None]):
    """Collects keys and pastes for the screen that follows. `number`: that screen's tab in the top bar."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "app.leave", show=False, priority=True)]

    def __init__(self, number: int) -> None:
        super().__init__()
        self.keys: list[Key | Paste] = []
        self._number = number

    def compose(self) -> ComposeResult:
        yield TopBar(self._number)
        yield Static("", classes="gap")
        yield Static("Opening the database …", classes="title", markup=False)

    def on_key(self, event: Key) -> None:
        event.stop()
        self.keys.append(event.copy())

    def on_paste(self, event: Paste) -> None:
        event.stop()
        self.keys.append(Paste(event.text))
