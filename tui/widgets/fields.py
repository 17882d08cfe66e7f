"""Text fields that sanitize what they show, to protect the terminal. Their values stay as typed."""

from rich.text import Text
from textual.widgets import Input, TextArea

from core.text import one_line, sanitize


class TextField(Input):
    """A field of one line. Textual's Input draws its value raw, so control sequences in it would reach the terminal."""

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        password: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(
            value,
            placeholder=placeholder,
            password=password,
            select_on_focus=False,
            compact=True,
            id=id,
            classes=classes,
        )
        self.cursor_blink = False

    @property
    def _value(self) -> Text:
        # Textual draws the value only through this property. Each unsafe character becomes one symbol.
        shown = "•" * len(self.value) if self.password else one_line(self.value)
        return Text(shown, no_wrap=True, overflow="ignore", end="")


class LongText(TextArea):
    """A field of several lines. Tab leaves it."""

    def __init__(self, text: str, *, id: str | None = None) -> None:
        super().__init__(text, soft_wrap=True, tab_behavior="focus", compact=True, id=id)
        self.cursor_blink = False

    def get_line(self, line_index: int) -> Text:
        return Text(sanitize(self.document.get_line(line_index)), end="", no_wrap=True)
