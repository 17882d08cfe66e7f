"""A question with a button for each answer. By default the focus is on the first, which changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Button

from core.text import one_line
from tui.dialogs.dialog import Dialog, button, text

DEAF = 0.3
"""Seconds after opening in which buttons are ignored, so that a held Enter does not confirm."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One button. `name` is the answer; "" for the one that changes nothing."""

    name: str
    label: str


class ChoiceDialog(Dialog[str]):
    """Answers with the name of the chosen button, "" for Cancel. Long text scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_lines(1)", show=False),
        Binding("k,up", "scroll_lines(-1)", show=False),
    ]

    def __init__(
        self, title: str, lines: Sequence[str | Content], choices: Sequence[Choice], focus: int = 0
    ) -> None:
        super().__init__()
        self.title_words = title
        self._lines = lines
        self._choices = choices
        self._focus = focus
        self._opened = monotonic()

    def compose_fields(self) -> ComposeResult:
        for line in self._lines:
            yield text(one_line(line) if isinstance(line, str) else line)

    def compose_buttons(self) -> ComposeResult:
        for number, choice in enumerate(self._choices):
            yield button(choice.label, f"choice-{number}")

    def on_mount(self) -> None:
        self._opened = monotonic()
        self.query(Button)[self._focus].focus()

    @on(Button.Pressed)
    def _chosen(self, event: Button.Pressed) -> None:
        if monotonic() - self._opened >= DEAF:
            number = int((event.button.id or "choice-0").removeprefix("choice-"))
            self.dismiss(self._choices[number].name)

    def action_scroll_lines(self, lines: int) -> None:
        self.query_one("#fields").scroll_relative(y=lines, animate=False)

    def action_cancel(self) -> None:
        self.dismiss("")
