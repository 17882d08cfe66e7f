"""The screen shown when the database can no longer be used: one sentence, and how to quit."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Static


class OverScreen(Screen[None]):
    """Shows one sentence. Quitting is all that works."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,ctrl+c", "app.leave", show=False)]

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words

    def compose(self) -> ComposeResult:
        with Container(id="over"):
            yield Static(self._words, markup=False)
