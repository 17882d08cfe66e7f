"""A menu of actions with their keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.events import Key
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.actions import Action
from tui.dialogs.choice import DEAF
from tui.dialogs.dialog import Dialog, button


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One action: its name, its key ("" for none), its words, and the reason why it is refused ("" for none)."""

    name: str
    key: str
    words: str
    reason: str = ""


class MenuDialog(Dialog[str]):
    """Answers with the name of the chosen action, "" for none. The cursor starts on the item `chosen`, or the first."""

    keys = (Action("", "", "Choose", "↑↓"), Action("", "", "Do it", "Enter"), Action("", "", "Close", "Esc"))

    def __init__(self, title: str, items: Sequence[MenuItem], chosen: str = "") -> None:
        super().__init__()
        self.title_words = title
        self._items = items
        self._chosen = chosen
        self._opened = monotonic()

    def compose_fields(self) -> ComposeResult:
        yield OptionList(
            *(Option(_line(item), id=item.name, disabled=bool(item.reason)) for item in self._items)
        )

    def compose_buttons(self) -> ComposeResult:
        yield button("Close", "close")

    def on_mount(self) -> None:
        listed = self.query_one(OptionList)
        names = [item.name for item in self._items]
        if self._chosen in names:
            listed.highlighted = names.index(self._chosen)
        else:
            listed.action_first()
        listed.focus()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        if monotonic() - self._opened >= DEAF:
            self.dismiss(event.option_id or "")

    def on_button_pressed(self) -> None:
        self.dismiss("")

    def on_key(self, event: Key) -> None:
        for item in self._items:
            if item.key and event.key == item.key and not item.reason:
                event.stop()
                self.dismiss(item.name)

    def action_cancel(self) -> None:
        self.dismiss("")


def _line(item: MenuItem) -> Content:
    if item.reason:
        return Content.assemble((f"{item.key:<4}{item.words}  {item.reason}", "$muted"))
    return Content.assemble((f"{item.key:<4}", "bold"), item.words)
