"""The field for the statuses that a webhook is sent: all, or chosen ones."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Select, Static
from textual.widgets.option_list import Option

from core.text import one_line
from tui.widgets.field import Bar, Field, choices

_ALL, _CHOSEN = "", "chosen ones…"


class StatusList(OptionList):
    """A list with one row for each status. Space or Enter ticks it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "select", show=False),
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
    ]


class StatusField(Field):
    """A drop-down whose last choice opens the list. A wanted status that the catalogue does not know stays listed."""

    class Changed(Message):
        """A status was ticked or unticked."""

    def __init__(self) -> None:
        select = Select(
            choices([("all", _ALL), (_CHOSEN, _CHOSEN)]), allow_blank=False, id="status_filter", compact=True
        )
        super().__init__("status_filter", "Statuses", select)
        self._select = select
        self._list = StatusList(id="statuses", compact=True)
        self._statuses: tuple[str, ...] = ()
        self._wanted: tuple[str, ...] = ()

    def compose_words(self) -> ComposeResult:
        with Horizontal(classes="own-list"):
            yield Bar(self._list)
            yield Static("", classes="row-label", markup=False)
            yield self._list
        yield from super().compose_words()

    @property
    def is_own(self) -> bool:
        """Whether the list is open to choose single statuses."""
        return self._select.value == _CHOSEN

    @property
    def value(self) -> str:
        """The wanted statuses, one per line; "" for all."""
        return "\n".join(self._wanted) if self.is_own else ""

    @value.setter
    def value(self, value: str) -> None:
        self._wanted = tuple(value.splitlines())
        self._select.value = _CHOSEN if value else _ALL
        self._draw()

    def offer(self, known: Sequence[str]) -> None:
        """List these statuses, and also the wanted ones."""
        self._statuses = tuple(dict.fromkeys((*known, *self._wanted)))
        self._draw()

    def _draw(self) -> None:
        self.query_one(".own-list").set_class(self.is_own, "shown")
        cursor = self._list.highlighted or 0
        self._list.clear_options()
        self._list.add_options(
            Option(Content(f"[{'x' if status in self._wanted else ' '}] {one_line(status)}"))
            for status in self._statuses
        )
        self._list.highlighted = cursor if self._statuses else None

    @on(Select.Changed)
    def _chosen(self) -> None:
        self._draw()
        if self.is_own and self._select.has_focus_within:
            self._list.focus()

    @on(OptionList.OptionSelected)
    def _ticked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        status = self._statuses[event.option_index]
        others = tuple(name for name in self._wanted if name != status)
        wanted = others if status in self._wanted else (*others, status)
        # In the order of the list, so that unticking and ticking again leaves no change.
        self._wanted = tuple(name for name in self._statuses if name in wanted)
        self._draw()
        self.post_message(self.Changed())

    def focus_on(self, field: str) -> None:
        (self._list if self.is_own else self._select).focus()
