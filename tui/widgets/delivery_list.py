"""The list of deliveries, drawn line by line: only what changed is drawn again."""

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from core.catalog import shown_type
from core.clock import clock_time
from core.models import Delivery
from core.store.history import Row
from core.text import one_line
from core.url import host_of
from tui.theme import MUTED, TEXT, cursor_row, style
from tui.words import answer, next_word, state_mark

_COLUMNS = (
    ("State", 11, 0, False),
    ("Type", 17, 0, False),
    ("Answer", 14, 0, False),
    ("Webhook", 18, 98, False),
    ("Attempts", 8, 68, True),
    ("Next", 8, 78, True),
    ("Time", 8, 0, True),
)
"""Name, width, the list's width from which it is shown, right-aligned."""


class DeliveryList(ScrollView, can_focus=True):
    """Newest first. Follows the newest until the cursor is moved; the cursor holds on to its delivery."""

    class Moved(Message):
        """The cursor stands on another delivery."""

    def __init__(self) -> None:
        super().__init__(id="deliveries")
        self.rows: list[Row] = []
        self.following = True
        self._cursor: int | None = None

    @property
    def chosen(self) -> Delivery | None:
        """The delivery under the cursor."""
        index = self._index()
        return self.rows[index].delivery if index is not None else None

    def _index(self) -> int | None:
        """The cursor's row: that of its delivery, or what stands where it was."""
        if not self.rows:
            return None
        if self._cursor is None or self.following:
            return 0
        for index, row in enumerate(self.rows):
            if row.seq <= self._cursor:
                return index
        return len(self.rows) - 1

    def show(self, rows: list[Row]) -> None:
        """Show these rows; draw those lines that differ."""
        before, index = self.rows, self._index()
        self.rows = rows
        self.virtual_size = Size(self.size.width, len(rows))
        if len(before) != len(rows) or index != self._index():
            self._reveal()
            self.refresh()
        else:
            for line, (old, new) in enumerate(zip(before, rows, strict=True)):
                if old != new:
                    self.refresh(Region(0, line - self.scroll_offset.y, self.size.width, 1))
        self.post_message(self.Moved())

    def move(self, by: int) -> None:
        """Move the cursor; that ends following."""
        index = self._index()
        if index is None:
            return
        self.following = False
        index = min(max(index + by, 0), len(self.rows) - 1)
        self._cursor = self.rows[index].seq
        self._reveal()
        self.refresh()
        self.post_message(self.Moved())

    def follow(self) -> None:
        """Stay at the newest again."""
        self.following, self._cursor = True, None
        self._reveal()
        self.refresh()
        self.post_message(self.Moved())

    def _reveal(self) -> None:
        index = self._index() or 0
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if index < top:
            self.scroll_to(y=index, animate=False, force=True)
        elif index >= top + height:
            self.scroll_to(y=index - height + 1, animate=False, force=True)

    def heading(self, width: int) -> str:
        """The columns' names for this width."""
        return " " + " ".join(_fit(name, cells, right) for name, cells, right in self._columns(width))

    def _columns(self, width: int) -> list[tuple[str, int, bool]]:
        shown = [(name, cells, right) for name, cells, least, right in _COLUMNS if width >= least]
        spare = width - 2 - sum(cells + 1 for _, cells, _ in shown) + 1
        return [
            (name, cells + (max(0, spare) if name == "Answer" else 0), right) for name, cells, right in shown
        ]

    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        width = self.size.width
        if index >= len(self.rows):
            return Strip.blank(width, style(TEXT))
        delivery = self.rows[index].delivery
        symbol, word, colour = state_mark(delivery)
        chosen = index == self._index()
        plain, muted, mark = (cursor_row(),) * 3 if chosen else (style(TEXT), style(MUTED), style(colour))
        cells = _cells(delivery, f"{symbol} {word}")
        texts = [(name, _fit(cells[name], size, right)) for name, size, right in self._columns(width)]
        segments = [Segment(" ", plain)]
        for name, words in texts:
            drawn = mark if name == "State" else plain if name in ("Type", "Answer") else muted
            segments.append(Segment(words + " ", drawn))
        return Strip(Segment.simplify(segments)).adjust_cell_length(width, plain)


def _cells(delivery: Delivery, state: str) -> dict[str, str]:
    return {
        "State": state,
        "Type": shown_type(delivery.type).short_name,
        "Answer": answer(delivery.outcome, delivery.status_code),
        "Webhook": one_line(host_of(delivery.url)),
        "Attempts": f"{delivery.tries}/{delivery.most_tries}",
        "Next": next_word(delivery),
        "Time": clock_time(delivery.created_at),
    }


def _fit(words: str, cells: int, right: bool) -> str:
    if len(words) > cells:
        words = words[: cells - 1] + "…"
    return words.rjust(cells) if right else words.ljust(cells)
