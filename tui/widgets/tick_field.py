"""Something that is so or not."""

from textual.content import Content
from textual.widgets import Checkbox

from tui.widgets.field import Field

TICKED = "yes"


class Tick(Checkbox):
    """A checkbox that tells its state without colour: `[x]`, `[ ]`."""

    @property
    def _button(self) -> Content:
        # Textual draws its sides in the colour of the ground, as half blocks want it: brackets would not be seen.
        return Content("[x]" if self.value else "[ ]")


class TickField(Field):
    """A checkbox with words beside it. Its value is `TICKED`, or ""."""

    def __init__(self, name: str, label: str, words: str) -> None:
        self._tick = Tick(Content(words), id=name, compact=True)
        super().__init__(name, label, self._tick)

    @property
    def value(self) -> str:
        return TICKED if self._tick.value else ""

    @value.setter
    def value(self, value: str) -> None:
        self._tick.value = value == TICKED
