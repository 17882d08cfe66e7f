"""The field for a retry schedule: a preset, or a typed list of waits."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Select, Static

from core import schedule
from tui.widgets.field import Bar, Field, choices
from tui.widgets.fields import TextField

_OWN = "own list…"


class ScheduleField(Field):
    """A drop-down whose last choice opens a row to type the waits. `general`: adds "as in Settings", value ""."""

    def __init__(self, label: str, *, general: bool = False) -> None:
        presets = [(schedule.describe(name), name) for name in schedule.PRESETS]
        options = choices([*presets, (_OWN, _OWN)], general=general)
        select = Select(options, allow_blank=False, id="retry_schedule", compact=True)
        super().__init__("retry_schedule", label, select)
        self._select = select
        self._waits = TextField(id="waits", placeholder="waits such as 5s 5m 2h")

    def compose_words(self) -> ComposeResult:
        with Horizontal(classes="own-list"):
            yield Bar(self._waits)
            yield Static("", classes="row-label", markup=False)
            yield self._waits
        yield from super().compose_words()

    @property
    def is_own(self) -> bool:
        """Whether the list of waits is chosen."""
        return self._select.value == _OWN

    @property
    def value(self) -> str:
        return self._waits.value if self.is_own else str(self._select.value)

    @value.setter
    def value(self, value: str) -> None:
        is_own = value not in ("", *schedule.PRESETS)
        self._waits.value = value if is_own else ""
        self._select.value = _OWN if is_own else value
        self._show_waits()

    @on(Select.Changed)
    def _chosen(self) -> None:
        self._show_waits()
        if self.is_own and self._select.has_focus_within:
            self._waits.focus()

    def _show_waits(self) -> None:
        self.query_one(".own-list").set_class(self.is_own, "shown")

    def focus_on(self, field: str) -> None:
        (self._waits if self.is_own else self._select).focus()
