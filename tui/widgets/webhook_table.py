"""The table of webhooks. Its columns depend on the width, and its rows are updated by webhook ID.

There may be ten thousand webhooks. So rows are added and removed in slices, between which the event loop runs. The text
of a cell is made only when the cell is drawn, since most cells never are.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.theme import Theme
from textual.widgets import DataTable
from textual.widgets.data_table import Row, RowKey
from textual.worker import Worker

from core.catalog import shown_type
from core.ids import tail
from core.store.config import WebhookSummary
from core.text import one_line
from tui.theme import MUTED, TEXT, style
from tui.words import health_mark, short_url

NARROW = 74
"""Screen width from which the column Undelivered is shown."""
WIDE = 110
"""Screen width from which IDs, types and URLs are not abbreviated, and actions are shown."""
WIDEST = 140
_RIGHT = ("Undelivered",)
_SLICE = 100
"""Rows that are added or changed at once. They take a few milliseconds and are more than a screen has."""
_PAUSE = 0.01
"""Seconds between two slices, in which pressed keys are handled."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, whose text is made when it is drawn."""

    table: "WebhookTable"
    key: str
    column: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.table.words(self.key, self.column)


class WebhookTable(DataTable[Cell]):
    """The table of all webhooks. The cursor stays on its webhook while others come and go."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
        Binding("g", "scroll_top", show=False),
        Binding("G", "scroll_bottom", show=False),
        Binding("ctrl+d", "page_down", show=False),
        Binding("ctrl+u", "page_up", show=False),
    ]

    _names_its_rows = False
    _repaints = True

    def __init__(self) -> None:
        super().__init__(cursor_type="row", cell_padding=1, id="table")
        self._summaries: dict[str, WebhookSummary] = {}
        self._shown: dict[str, WebhookSummary] = {}
        self._changes: Iterator[int] = iter(())
        self._rest: Worker[None] | None = None
        """The worker that makes the remaining changes, including those of a later `show`."""
        self._go_to: str | None = None
        self._go_to_end = False
        self._more_to_come = False
        self._cursor_left_at = 0
        self._url_cells = 0

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, self._draw_anew)

    def _draw_anew(self, theme: Theme) -> None:
        """Render the cells again, since rendered cells keep the colours of the old theme."""
        self.notify_style_update()

    def _take_out(self) -> None:
        """Remove all rows and columns. When they are shown again, the cursor returns to its webhook."""
        target = self._go_to or self._chosen_id()
        self._shown = {}
        self.clear(columns=True)
        self.go_to(target or None)

    @property
    def chosen(self) -> WebhookSummary | None:
        """The webhook under the cursor."""
        return self._summaries.get(self._chosen_id())

    def _chosen_id(self) -> str:
        if not self.row_count or not self.is_valid_coordinate(self.cursor_coordinate):
            return ""
        return self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value or ""

    def go_to(self, identity: str | None) -> None:
        """Put the cursor on this webhook as soon as it is shown, unless the person moves the cursor first."""
        self._go_to = identity
        self._cursor_left_at = self.cursor_row

    def action_scroll_bottom(self) -> None:
        """Move to the last webhook, even if its row is not loaded yet."""
        super().action_scroll_bottom()
        self._go_to_end = self._more_to_come or len(self._shown) < len(self._summaries)
        self._cursor_left_at = self.cursor_row

    def lay_out(self, width: int) -> None:
        """Set the columns for a screen of this width. They are rebuilt only if the set of columns changes."""
        widths = _widths(width)
        self._url_cells = widths["URL"]
        if [key.value for key in self.columns] != list(widths):
            self._take_out()
            for name in widths:
                self.add_column(Text(name, justify="right" if name in _RIGHT else "left"), key=name)
        for column in self.columns.values():
            column.auto_width = False
            column.width = widths[column.key.value or ""]
        self.notify_style_update()
        self.refresh(layout=True)
        self.show(self._summaries, more_to_come=self._more_to_come)

    def show(self, summaries: dict[str, WebhookSummary], *, more_to_come: bool = False) -> None:
        """Show these webhooks, given by ID. The first changed rows are updated at once, the rest in the background.

        `more_to_come`: these are only the first webhooks, and all are about to be read.
        """
        self._summaries, self._more_to_come = summaries, more_to_come
        if not self.columns:
            return
        self._changes = self._change_rows()
        is_done = self._change_some()
        if not is_done and (self._rest is None or self._rest.is_finished):
            self._rest = self.run_worker(self._change_the_rest(), group="rows", exit_on_error=True)

    async def _change_the_rest(self) -> None:
        is_done = False
        while not is_done:
            await self._cursor_rests()
            first_new = self.row_count
            is_done = self._change_some()
            if self._is_in_view(first_new, self.row_count):
                self.refresh()

    async def _cursor_rests(self) -> None:
        """Let the event loop run until the cursor rests, so that drawing the cursor comes first."""
        seen = None
        while seen != self.cursor_row:
            seen = self.cursor_row
            await asyncio.sleep(_PAUSE)

    def _change_some(self) -> bool:
        """Make one slice of the changes. Return whether it was the last."""
        if self.cursor_row != self._cursor_left_at:
            self._go_to, self._go_to_end = None, False
        before = self._chosen_id()
        left = _SLICE
        for cost in self._changes:
            left -= cost
            if left <= 0:
                break
        target = self._go_to if self._go_to in self._shown else before
        if target in self._shown and target != self._chosen_id():
            self.move_cursor(row=self.get_row_index(target))
        if target == self._go_to:
            self._go_to = None
        is_done = left > 0
        if self._go_to_end and is_done and not self._more_to_come:
            self.move_cursor(row=self.row_count - 1)
            self._go_to_end = False
        self._cursor_left_at = self.cursor_row
        return is_done

    def _change_rows(self) -> Iterator[int]:
        """Update the rows to the webhooks. After each change, yield its cost, where adding one row costs 1."""
        summaries = self._summaries
        for key in [key for key in self._shown if key not in summaries]:
            self.remove_row(key)
            del self._shown[key]
            yield 1 + self.row_count // 200  # DataTable renumbers all rows
        for key, summary in summaries.items():
            if self._shown.get(key) is not summary:
                self._show_row(key, summary)
                yield 1

    def _show_row(self, key: str, summary: WebhookSummary) -> None:
        old = self._shown.get(key)
        self._shown[key] = summary
        if old is None:
            self.add_row(*(Cell(self, key, name.value or "") for name in self.columns), key=key)
            return
        index = self.get_row_index(key)
        names = [name.value or "" for name in self.columns]
        if self._is_in_view(index, index + 1) and all(
            self._words(old)[name] == self._words(summary)[name] for name in names
        ):
            return
        self._names_its_rows = True
        self.update_cell(key, names[0], Cell(self, key, names[0]))  # makes DataTable render the row again
        self._names_its_rows = False
        if self._is_in_view(index, index + 1):
            self.refresh_row(index)

    def _is_in_view(self, first: int, end: int) -> bool:
        """Whether any row from `first` to `end` (exclusive) is on the screen."""
        top = self.scroll_offset.y
        return first < end and first < top + self.size.height and end > top

    @property
    def ordered_rows(self) -> list[Row]:
        """The rows as they were added. They are never sorted, and DataTable would look up the number of each."""
        return list(self.rows.values())

    @property
    def _total_row_height(self) -> int:
        """The height including the rows still to be added, so that the table is not laid out again for each."""
        return len(self._summaries)

    def _update_dimensions(self, new_rows: Iterable[RowKey]) -> None:
        """Skip measuring cells, since the column widths are set, and skip drawing new rows that are off the screen."""
        added = sum(key in self.rows for key in new_rows)
        self._repaints = self._is_in_view(self.row_count - added, self.row_count)
        super()._update_dimensions(())
        self._repaints = True

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        """Drop pending repaints after a resize, since the layout draws the table. Textual would draw it twice."""
        is_drawn = size != self.outer_size
        changed = super()._size_updated(size, virtual_size, container_size, layout)
        if is_drawn:
            self._exchange_repaint_regions()
        return changed

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Refresh, but ignore DataTable's request to redraw the whole table for one cell."""
        if self._names_its_rows:
            return self
        return super().refresh(
            *regions, repaint=repaint and self._repaints, layout=layout, recompose=recompose
        )

    def words(self, key: str, column: str) -> Text:
        """Return the text of a cell."""
        return self._words(self._shown[key])[column]

    def _words(self, summary: WebhookSummary) -> dict[str, Text]:
        webhook = summary.webhook
        kind = shown_type(webhook.type)
        symbol, word, colour = health_mark(summary)
        whole = "Actions" in self.columns
        url = webhook.url if whole else webhook.url.removeprefix("https://")
        number = Text(
            f"{summary.undelivered:,}", justify="right", style=_colour(TEXT if summary.undelivered else MUTED)
        )
        return {
            "ID": Text(webhook.id if whole else tail(webhook.id), style=_colour(MUTED)),
            "Type": _fitting(kind.label if whole else kind.short_name),
            "URL": _fitting(short_url(url, self._url_cells)),
            "Options": _fitting(webhook.option_words or "–", MUTED),
            "Health": Text.assemble((symbol, _colour(colour)), f" {word}", no_wrap=True, overflow="ellipsis"),
            "Undelivered": number,
            "Actions": Text("Edit  Delete", style=_colour(MUTED)),
        }


def _widths(width: int) -> dict[str, int]:
    """Return the column widths for a screen of this width, in cells without padding. The URL takes what is left."""
    wide, options = width >= WIDE, {"Options": 28} if width >= WIDEST else {}
    widths = {"ID": 22 if wide else 8, "Type": 30 if wide else 17, "URL": 0, **options, "Health": 16}
    widths |= ({"Undelivered": 11} if width >= NARROW else {}) | ({"Actions": 12} if wide else {})
    widths["URL"] = max(11, width - sum(widths.values()) - 2 * len(widths))
    return widths


def _colour(role: str) -> Style:
    """Return the style of a role. The background stays that of the table or the cursor."""
    return style(role, "")


def _fitting(words: str, role: str = TEXT) -> Text:
    return Text(one_line(words), style=_colour(role), no_wrap=True, overflow="ellipsis")
