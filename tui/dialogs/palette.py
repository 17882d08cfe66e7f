"""The command palette, which finds commands by name."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tui.actions import Action
from tui.dialogs.dialog import Dialog, button


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `reason`: why it cannot be run now, "" if it can."""

    words: str
    key: str
    reason: str
    run: Callable[[], Awaitable[object] | None]


class PaletteDialog(Dialog[Command | None]):
    """Answers with the chosen command."""

    title_words = "Commands"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move('cursor_down')", show=False, priority=True),
        Binding("up", "move('cursor_up')", show=False, priority=True),
    ]
    keys = (Action("", "", "Choose", "↑↓"), Action("", "", "Do it", "Enter"), Action("", "", "Close", "Esc"))

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__()
        self._commands = commands

    def compose_fields(self) -> ComposeResult:
        yield Input(placeholder="Part of its name", id="part")
        yield OptionList(id="commands")

    def compose_buttons(self) -> ComposeResult:
        yield button("Close", "close")

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False
        self.query_one(Input).focus()
        self._list("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._list(event.value)

    def _list(self, part: str) -> None:
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options(
            Option(_line(command), id=str(number), disabled=bool(command.reason))
            for number, command in enumerate(self._commands)
            if all(word in command.words.lower() for word in part.lower().split())
        )
        if not listed.option_count:
            listed.add_option(Option("No command has these words in its name.", disabled=True))
        listed.action_first()

    def action_move(self, action: str) -> None:
        getattr(self.query_one(OptionList), f"action_{action}")()

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.query_one(OptionList).action_select()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._commands[int(event.option_id or 0)])

    def on_button_pressed(self) -> None:
        self.dismiss(None)


def _line(command: Command) -> Content:
    """Return the line of a command. Its key is bold but not coloured, to stay readable under the cursor."""
    if command.reason:
        return Content.assemble((f"{command.key:<7}{command.words}  {command.reason}", "$muted"))
    return Content.assemble((f"{command.key:<7}", "bold"), command.words)
