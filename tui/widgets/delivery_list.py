"""The list of deliveries. It is drawn line by line, and only changed lines are redrawn."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Blur, Click, Focus, MouseScrollDown, MouseScrollUp
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from core.models import Delivery
from core.store.pages import Row, Sort
from tui.theme import TEXT, style
from tui.widgets.delivery_row import row_strip

_WHEEL = 3


class DeliveryList(Widget, can_focus=True):
    """A window on the loaded rows. While following, it has no cursor and stays at the newest.

    While rows come and go, the cursor stays on its delivery and, if possible, on the same line of the screen.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", show=False),
        Binding("k,up", "move(-1)", show=False),
        Binding("pagedown", "move_pages(1.0)", show=False),
        Binding("pageup", "move_pages(-1.0)", show=False),
        Binding("ctrl+d", "move_pages(0.5)", show=False, priority=True),
        Binding("ctrl+u", "move_pages(-0.5)", show=False, priority=True),
        Binding("g,home", "jump(False)", show=False),
        Binding("G,end", "jump(True)", show=False),
    ]

    class Moved(Message):
        """The cursor was moved. `jump`: "newest" or "oldest" to go to that end, whether or not it is loaded."""

        def __init__(self, jump: str = "") -> None:
            super().__init__()
            self.jump = jump

    def __init__(self) -> None:
        super().__init__(id="deliveries")
        self.rows: Sequence[Row] = []
        self._cursor: int | None = None
        self._top = 0
        self._sort = Sort.TIME

    @property
    def following(self) -> bool:
        """Whether the list stays at the newest."""
        return self._cursor is None

    @property
    def index(self) -> int | None:
        """The index in `rows` of the row under the cursor."""
        return next((line for line, row in enumerate(self.rows) if row.seq == self._cursor), None)

    @property
    def chosen(self) -> Delivery | None:
        """The delivery under the cursor."""
        index = self.index
        return self.rows[index].delivery if index is not None else None

    @property
    def cursor(self) -> int | None:
        """The row number of the delivery under the cursor, None while following."""
        return self._cursor

    @property
    def window(self) -> tuple[int, int]:
        """The range of `rows` on the screen: first index, and end (exclusive)."""
        return self._top, min(len(self.rows), self._top + max(1, self.size.height))

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows, and redraw the lines that differ."""
        before = self._drawn()
        index = self._index_in(rows)
        top = self._top_for(rows, index)
        self.rows, self._top = rows, top
        if self._cursor is not None:
            self._cursor = rows[index].seq if index is not None else None
        self._draw_difference(before)

    def sort_by(self, sort: Sort) -> None:
        """Set the order of the rows, which determines the columns."""
        if sort is not self._sort:
            self._sort = sort
            self.refresh()

    def _index_in(self, rows: Sequence[Row]) -> int | None:
        """Return the index of the cursor's delivery in these rows; if it is gone, the index that it had."""
        if self._cursor is None or not rows:
            return None
        for line, row in enumerate(rows):
            if row.seq == self._cursor:
                return line
        return min(self.index or 0, len(rows) - 1)

    def _top_for(self, rows: Sequence[Row], index: int | None) -> int:
        """Return the first row to show, so that the cursor stays on its line of the screen."""
        if index is None:
            return 0
        return self._bounded(index - ((self.index or 0) - self._top), len(rows))

    def _bounded(self, top: int, length: int) -> int:
        return max(0, min(top, length - max(1, self.size.height)))

    def action_move(self, by: int) -> None:
        self.move(by)

    def action_move_pages(self, pages: float) -> None:
        self.move(round(pages * max(1, self.size.height)))

    def action_jump(self, to_oldest: bool) -> None:
        self.post_message(self.Moved("oldest" if to_oldest else "newest"))

    def move(self, by: int) -> None:
        """Move the cursor by so many rows. This ends following: a move by one then puts it on the first row."""
        if not self.rows:
            return
        index = self.index
        self.put(0 if index is None and abs(by) == 1 else (index or 0) + by)
        self.post_message(self.Moved())

    def put(self, index: int) -> None:
        """Put the cursor on the row with this index, or on the nearest one."""
        if not self.rows:
            return
        before = self._drawn()
        index = max(0, min(index, len(self.rows) - 1))
        self._cursor = self.rows[index].seq
        height = max(1, self.size.height)
        self._top = self._bounded(min(max(self._top, index - height + 1), index), len(self.rows))
        self._draw_difference(before)

    def follow(self) -> None:
        """Remove the cursor and stay at the newest."""
        before = self._drawn()
        self._cursor, self._top = None, 0
        self._draw_difference(before)

    def _drawn(self) -> list[tuple[Row, bool]]:
        """Return what each line of the screen shows: its row, and whether the cursor is on it."""
        return [(row, row.seq == self._cursor) for row in self.rows[slice(*self.window)]]

    def _draw_difference(self, before: list[tuple[Row, bool]]) -> None:
        now = self._drawn()
        for line in range(max(len(before), len(now))):
            if before[line : line + 1] != now[line : line + 1]:
                self.refresh(Region(0, line, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        line, width = self._top + y, self.size.width
        if line >= len(self.rows):
            return Strip.blank(width, style(TEXT))
        row = self.rows[line]
        return row_strip(
            row.delivery,
            width,
            self._sort,
            under_cursor=row.seq == self._cursor,
            focused=self.has_focus,
        )

    def on_resize(self) -> None:
        index = self.index
        if index is not None:
            self.put(index)
        self.refresh()

    def on_focus(self, event: Focus) -> None:
        self._draw_cursor()

    def on_blur(self, event: Blur) -> None:
        self._draw_cursor()

    def _draw_cursor(self) -> None:
        index = self.index
        if index is not None:
            self.refresh(Region(0, index - self._top, self.size.width, 1))

    def on_click(self, event: Click) -> None:
        line = self._top + event.y
        if line < len(self.rows):
            self.put(line)
            self.post_message(self.Moved())

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.move(_WHEEL)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.move(-_WHEEL)
