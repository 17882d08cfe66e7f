"""The rows of a form: label, control, and the lines for an error and a warning under it."""

from collections.abc import Iterable, Mapping

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Select, Static

from core.models import InvalidSetting
from core.text import one_line

_WAYS_OUT = ("cancel", "keep", "discard", "remove")
"""Buttons that discard the form's input. Leaving a field for one of them does not validate the field."""
AS_IN_SETTINGS = "as in Settings"


def choices(labels: Iterable[tuple[str, str]], *, general: bool = False) -> list[tuple[Content, str]]:
    """Return labels and values for a drop-down. `general` adds "as in Settings" with the value "" first."""
    first = [(Content(AS_IN_SETTINGS), "")] if general else []
    return first + [(Content(label), value) for label, value in labels]


class Tick(Checkbox):
    """A checkbox that shows its state without colour: `[x]`, `[ ]`."""

    def __init__(self, label: str, *, id: str) -> None:
        super().__init__(Content(label), id=id, compact=True)

    @property
    def _button(self) -> Content:
        # Textual draws the sides, which are half blocks, in the background colour. Brackets would be invisible.
        return Content("[x]" if self.value else "[ ]")


class Bar(Static):
    """A bar beside a control that shows its focus without colour."""

    def __init__(self, control: Widget) -> None:
        super().__init__(" ", classes="bar", markup=False)
        self._control = control

    def draw(self) -> None:
        """Show the bar if the control has the focus, otherwise hide it."""
        marked = self._control.has_focus_within
        self.update(Content.assemble(("▌", "$primary")) if marked else " ", layout=False)


class FormRow(Vertical):
    """The base of all form rows. Subclasses compose each control after its Bar, and then `compose_words`."""

    DEFAULT_CSS = "FormRow { height: auto; }"
    error = ""
    """The error that is shown; "" for none."""

    @property
    def name_words(self) -> str:
        """The row's name for messages elsewhere on the screen."""
        raise NotImplementedError

    class Left(Message):
        """The focus has moved to another field."""

        def __init__(self, row: "FormRow") -> None:
            super().__init__()
            self.row = row

    def compose_words(self) -> ComposeResult:
        """Compose the lines under the row, for an error and a warning."""
        yield Static("", classes="error", markup=False)
        yield Static("", classes="warn", markup=False)

    def focus_on(self, field: str) -> None:
        """Focus the control for this field of the model."""
        raise NotImplementedError

    def is_left_for(self, focused: Widget) -> bool:
        """Whether the focus has left a field of the row by moving to `focused`."""
        return self not in focused.ancestors

    def on_descendant_focus(self) -> None:
        self._draw_bars()

    def on_descendant_blur(self) -> None:
        if not self.is_attached:
            return
        self._draw_bars()
        focused = self.screen.focused
        if focused is not None and focused.id not in _WAYS_OUT and self.is_left_for(focused):
            self.post_message(self.Left(self))

    def _draw_bars(self) -> None:
        for bar in self.query(Bar):
            bar.draw()

    def fail(self, words: str) -> None:
        """Show an error at the row; "" removes it."""
        self.error = words
        self._show(".error", f"✗ {words}" if words else "")

    def warn(self, words: str) -> None:
        """Show a warning at the row; "" removes it."""
        self._show(".warn", f"! {words}" if words else "")

    def _show(self, line: str, words: str) -> None:
        static = self.query_one(line, Static)
        static.update(one_line(words))
        static.set_class(bool(words), "shown")


class Field(FormRow):
    """One control with its label. `name`: the field of the model, which is also the control's id."""

    def __init__(
        self, name: str, label: str, control: Input | Select[str] | Checkbox, *, hint: str = ""
    ) -> None:
        super().__init__(id=f"field-{name}")
        self.field_name = name
        self.label = label
        self.control = control
        self._hint = hint

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Bar(self.control)
            label = Content.assemble(self.label, (f" {self._hint}" if self._hint else "", "$muted"))
            yield Static(label, classes="row-label", markup=False)
            yield self.control
        yield from self.compose_words()

    @property
    def name_words(self) -> str:
        return self.label

    @property
    def value(self) -> str:
        """The value as typed or chosen; "" for none. A checkbox has `true` or `false`."""
        if isinstance(self.control, Checkbox):
            return "true" if self.control.value else "false"
        return str(self.control.value) if self.control.value is not Select.NULL else ""

    @value.setter
    def value(self, value: str) -> None:
        if isinstance(self.control, Checkbox):
            self.control.value = value == "true"
        else:
            self.control.value = value

    def focus_on(self, field: str) -> None:
        self.control.focus()


Problems = Mapping[FormRow, InvalidSetting]
"""The first problem of each invalid row."""


def fail_at(rows: Iterable[FormRow], problems: Problems) -> bool:
    """Show each error at its row and focus the first. Return whether there are any."""
    for row in rows:
        row.fail(str(problems[row]) if row in problems else "")
    for row in rows:
        if row in problems:
            row.focus_on(problems[row].field)
            return True
    return False


def clear_cured(rows: Iterable[FormRow], problems: Problems) -> None:
    """Remove errors that no longer apply. New errors appear only when their field is left."""
    for row in rows:
        if row.error and (row not in problems or str(problems[row]) != row.error):
            row.fail("")
