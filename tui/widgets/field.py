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
"""Buttons by which one gives up what stands in the field: on the way there nothing is wrong."""
AS_IN_SETTINGS = "as in Settings"


def choices(labels: Iterable[tuple[str, str]], *, general: bool = False) -> list[tuple[Content, str]]:
    """Labels with their values for a drop-down; `general` puts "as in Settings", "", before them."""
    first = [(Content(AS_IN_SETTINGS), "")] if general else []
    return first + [(Content(label), value) for label, value in labels]


class Tick(Checkbox):
    """A checkbox that tells its state without colour: `[x]`, `[ ]`."""

    def __init__(self, label: str, *, id: str) -> None:
        super().__init__(Content(label), id=id, compact=True)

    @property
    def _button(self) -> Content:
        # Textual draws its sides in the colour of the ground, as half blocks want it: brackets would not be seen.
        return Content("[x]" if self.value else "[ ]")


class Bar(Static):
    """Marks its control while that has the focus, so that it is seen without colour."""

    def __init__(self, control: Widget) -> None:
        super().__init__(" ", classes="bar", markup=False)
        self._control = control

    def draw(self) -> None:
        """Follow the focus."""
        marked = self._control.has_focus_within
        self.update(Content.assemble(("▌", "$primary")) if marked else " ", layout=False)


class FormRow(Vertical):
    """Subclasses compose their controls, each after its Bar, and then `compose_words`."""

    DEFAULT_CSS = "FormRow { height: auto; }"
    error = ""
    """What is wrong with it, as it is shown."""

    @property
    def name_words(self) -> str:
        """What it is called where it is spoken of elsewhere."""
        raise NotImplementedError

    class Left(Message):
        """The focus has gone on to another field."""

        def __init__(self, row: "FormRow") -> None:
            super().__init__()
            self.row = row

    def compose_words(self) -> ComposeResult:
        """The lines under the row."""
        yield Static("", classes="error", markup=False)
        yield Static("", classes="warn", markup=False)

    def focus_on(self, field: str) -> None:
        """Put the cursor where this field of the model is typed."""
        raise NotImplementedError

    def is_left_for(self, focused: Widget) -> bool:
        """Whether the focus has left a field, now that it is here."""
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
        """Show an error at the row; "" takes it away."""
        self.error = words
        self._show(".error", f"✗ {words}" if words else "")

    def warn(self, words: str) -> None:
        """Show a warning at the row; "" takes it away."""
        self._show(".warn", f"! {words}" if words else "")

    def _show(self, line: str, words: str) -> None:
        static = self.query_one(line, Static)
        static.update(one_line(words))
        static.set_class(bool(words), "shown")


class Field(FormRow):
    """One control with its label. `name` is the model's field that it stands for, and the control's id."""

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
        """What stands in it, as it was typed or chosen; "" for nothing. A checkbox is `true` or `false`."""
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
"""What is wrong with which row, the first thing of each."""


def fail_at(rows: Iterable[FormRow], problems: Problems) -> bool:
    """Show every error at its row and put the cursor on the first; whether there is any."""
    for row in rows:
        row.fail(str(problems[row]) if row in problems else "")
    for row in rows:
        if row in problems:
            row.focus_on(problems[row].field)
            return True
    return False


def clear_cured(rows: Iterable[FormRow], problems: Problems) -> None:
    """Take away those errors that no longer hold; others appear when their field is left."""
    for row in rows:
        if row.error and (row not in problems or str(problems[row]) != row.error):
            row.fail("")
