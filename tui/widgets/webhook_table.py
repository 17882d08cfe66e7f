"""The table of webhooks: columns by width, updated by key."""

from typing import ClassVar, Self

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.theme import Theme
from textual.widgets import DataTable

from core.catalog import shown_type
from core.ids import tail
from core.store.config import WebhookSummary
from core.text import one_line
from tui.theme import MUTED, TEXT, style
from tui.words import health_mark, short_url

NARROW = 74
"""Columns of the screen below which there is no room for what is undelivered."""
WIDE = 110
"""Columns of the screen from which nothing is shortened."""
WIDEST = 140
_RIGHT = ("Undelivered",)


class WebhookTable(DataTable[Text]):
    """Every webhook with its health; the cursor stays on its webhook while others come and go."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
        Binding("g", "scroll_top", show=False),
        Binding("G", "scroll_bottom", show=False),
        Binding("ctrl+d", "page_down", show=False),
        Binding("ctrl+u", "page_up", show=False),
    ]

    _names_its_rows = False

    def __init__(self) -> None:
        super().__init__(cursor_type="row", cell_padding=1, id="table")
        self._summaries: dict[str, WebhookSummary] = {}
        self._shown: dict[str, tuple[Text, ...]] = {}
        self._go_to: str | None = None
        self._url_cells = 0

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, self._draw_anew)

    def _draw_anew(self, theme: Theme) -> None:
        """Cells keep the colours that they were made with."""
        self._take_out(columns=False)
        self.show(self._summaries)

    def _take_out(self, *, columns: bool) -> None:
        """All rows; when they are shown anew, the cursor is on the webhook that it was on."""
        self._go_to = self._go_to or self._chosen_id() or None
        self._shown = {}
        self.clear(columns=columns)

    @property
    def chosen(self) -> WebhookSummary | None:
        """The webhook under the cursor."""
        return self._summaries.get(self._chosen_id())

    def _chosen_id(self) -> str:
        if not self.row_count or not self.is_valid_coordinate(self.cursor_coordinate):
            return ""
        return self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value or ""

    def go_to(self, identity: str) -> None:
        """Put the cursor on this webhook as soon as it is shown."""
        self._go_to = identity

    def lay_out(self, width: int) -> None:
        """Columns for a screen of this width; built again only where the set of them changes."""
        widths = _widths(width)
        self._url_cells = widths["URL"]
        if [key.value for key in self.columns] != list(widths):
            self._take_out(columns=True)
            for name in widths:
                self.add_column(Text(name, justify="right" if name in _RIGHT else "left"), key=name)
        for column in self.columns.values():
            column.auto_width = False
            column.width = widths[column.key.value or ""]
        self.refresh(layout=True)
        self.show(self._summaries)

    def show(self, summaries: dict[str, WebhookSummary]) -> None:
        """Show these webhooks, by ID; only cells that differ are drawn."""
        self._summaries = summaries
        if not self.columns:
            return
        before = self._chosen_id()
        for key in [key for key in self._shown if key not in summaries]:
            self.remove_row(key)
            del self._shown[key]
        for key, summary in summaries.items():
            self._show_row(key, self._cells(summary))
        target = self._go_to if self._go_to in self._shown else before
        if target in self._shown and target != self._chosen_id():
            self.move_cursor(row=self.get_row_index(target))
        if target == self._go_to:
            self._go_to = None

    def _show_row(self, key: str, cells: tuple[Text, ...]) -> None:
        old = self._shown.get(key)
        self._shown[key] = cells
        if old is None:
            self.add_row(*cells, key=key)
            return
        if cells == old:
            return
        self._names_its_rows = True
        for column, now, then in zip(self.ordered_columns, cells, old, strict=True):
            if now != then:
                self.update_cell(key, column.key, now)
        self._names_its_rows = False
        self.refresh_row(self.get_row_index(key))

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        """What gets another size is drawn by its layout: Textual would draw it whole with the next row once more."""
        is_drawn = size != self.outer_size
        changed = super()._size_updated(size, virtual_size, container_size, layout)
        if is_drawn:
            self._exchange_repaint_regions()
        return changed

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Draw again, but for one cell not the whole table, which is what DataTable asks for."""
        if self._names_its_rows:
            return self
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _cells(self, summary: WebhookSummary) -> tuple[Text, ...]:
        webhook = summary.webhook
        kind = shown_type(webhook.type)
        symbol, word, colour = health_mark(summary)
        whole = "Actions" in self.columns
        url = webhook.url if whole else webhook.url.removeprefix("https://")
        number = Text(
            f"{summary.undelivered:,}", justify="right", style=_colour(TEXT if summary.undelivered else MUTED)
        )
        cells = {
            "ID": Text(webhook.id if whole else tail(webhook.id), style=_colour(MUTED)),
            "Type": _fitting(kind.label if whole else kind.short_name),
            "URL": _fitting(short_url(url, self._url_cells)),
            "Options": _fitting(webhook.option_words or "–", MUTED),
            "Health": Text.assemble((symbol, _colour(colour)), f" {word}", no_wrap=True, overflow="ellipsis"),
            "Undelivered": number,
            "Actions": Text("Edit  Delete", style=_colour(MUTED)),
        }
        return tuple(cells[key.value or ""] for key in self.columns)


def _widths(width: int) -> dict[str, int]:
    """The columns of a screen of this width, in cells without their padding; the URL grows."""
    wide, options = width >= WIDE, {"Options": 28} if width >= WIDEST else {}
    widths = {"ID": 22 if wide else 8, "Type": 30 if wide else 17, "URL": 0, **options, "Health": 16}
    widths |= ({"Undelivered": 11} if width >= NARROW else {}) | ({"Actions": 12} if wide else {})
    widths["URL"] = max(11, width - sum(widths.values()) - 2 * len(widths))
    return widths


def _colour(role: str) -> Style:
    """The row's ground is that of the table, or the cursor's."""
    return style(role, "")


def _fitting(words: str, role: str = TEXT) -> Text:
    return Text(one_line(words), style=_colour(role), no_wrap=True, overflow="ellipsis")
