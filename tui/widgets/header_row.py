"""One custom header in the form."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button

from core import header
from tui.widgets.field import Bar, FormRow
from tui.widgets.fields import TextField


class HeaderRow(FormRow):
    """A row with the header's key and value, and a Remove button."""

    def __init__(self, name: str = "", value: str = "") -> None:
        super().__init__(classes="header")
        # Created here, because `pair` may be read before the row is composed.
        self.key = TextField(name, classes="name", placeholder="Custom Header Key")
        self.value = TextField(
            value, classes="value", placeholder="Custom Header Value", password=header.holds_secret(name)
        )

    def compose(self) -> ComposeResult:
        with Horizontal(classes="header-row"):
            yield Bar(self.key)
            yield self.key
            yield Bar(self.value)
            yield self.value
            yield Button(Content("Remove"), id="remove", compact=True)
        yield from self.compose_words()

    @property
    def name_words(self) -> str:
        return self.key.value or "Custom Header Key"

    @property
    def pair(self) -> tuple[str, str]:
        """The name and value as typed."""
        return self.key.value, self.value.value

    def focus_on(self, field: str) -> None:
        (self.value if field.endswith(".value") else self.key).focus()

    def is_left_for(self, focused: Widget) -> bool:
        return True  # moving between key and value counts, too

    def on_descendant_focus(self) -> None:
        self._mask()

    def on_descendant_blur(self) -> None:
        self._mask()

    def _mask(self) -> None:
        """Mask a value that may be secret, unless it has the focus."""
        self.value.password = header.holds_secret(self.key.value) and not self.value.has_focus
