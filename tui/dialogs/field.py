"""One field of a form: label, input, and the rows for its error and its warning."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from core.text import one_line


class Field(Vertical):
    """`name` is the model's field that it stands for."""

    DEFAULT_CSS = "Field { height: auto; }"

    def __init__(self, name: str, label: str, control: Widget, *, hint: str = "") -> None:
        super().__init__(id=f"field-{name}")
        self.field_name = name
        self.control = control
        self._label = label
        self._hint = hint

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Static(" ", classes="bar", markup=False)
            label = Content.assemble(self._label, (f" {self._hint}" if self._hint else "", "$muted"))
            yield Static(label, classes="row-label", markup=False)
            yield self.control
        yield Static("", classes="error", markup=False)
        yield Static("", classes="warn", markup=False)

    def on_descendant_focus(self) -> None:
        self.query_one(".bar", Static).update(Content.assemble(("▌", "$primary")), layout=False)

    def on_descendant_blur(self) -> None:
        self.query_one(".bar", Static).update(" ", layout=False)

    def fail(self, words: str) -> None:
        """Show an error at the field; "" takes it away."""
        error = self.query_one(".error", Static)
        error.update(f"✗ {one_line(words)}" if words else "")
        error.set_class(bool(words), "shown")

    def warn(self, words: str) -> None:
        """Show a warning at the field; "" takes it away."""
        warning = self.query_one(".warn", Static)
        warning.update(one_line(words))
        warning.set_class(bool(words), "shown")
