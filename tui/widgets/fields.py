"""Fields that keep the terminal safe: what they show is sanitized, their value stays as it was typed."""

from rich.text import Text
from textual.widgets import Input, TextArea

from core.text import one_line, sanitize


class TextField(Input):
    """One line. Textual draws an Input's value raw, so pasted or stored control sequences would reach the terminal."""

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
        # Textual's one door for how the value is drawn; each unsafe character becomes one symbol.
        shown = "•" * len(self.value) if self.password else one_line(self.value)
        return Text(shown, no_wrap=True, overflow="ignore", end="")


class LongText(TextArea):
    """Several lines; Tab leaves it."""

    def __init__(self, text: str, *, id: str | None = None) -> None:
        super().__init__(text, soft_wrap=True, tab_behavior="focus", compact=True, id=id)
        self.cursor_blink = False

    def get_line(self, line_index: int) -> Text:
        return Text(sanitize(self.document.get_line(line_index)), end="", no_wrap=True)
