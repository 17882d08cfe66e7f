"""The rows of the delivery list: which columns fit its width, and their colours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.content import Content
from textual.strip import Strip

from core.catalog import shown_type
from core.clock import clock_time
from core.ids import tail
from core.models import Delivery
from core.store.pages import Sort
from core.text import one_line
from tui.theme import FIELD_FOCUS, MUTED, TEXT, cursor_row, style
from tui.widgets.lines import Line
from tui.words import answer, next_word, short_url, state_mark


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list. The answer column takes the width that is left over.

    `least`: the list's width from which the column is shown. `sort`: the order in which it is shown at any width.
    """

    name: str
    width: int
    least: int
    words: Callable[[Delivery], str]
    right: bool = False
    muted: bool = True
    sort: Sort | None = None


_COLUMNS = (
    Column("State", 11, 0, lambda delivery: " ".join(state_mark(delivery)[:2]), muted=False),
    Column("Type", 17, 0, lambda delivery: shown_type(delivery.type).short_name, muted=False),
    Column("Answer", 14, 0, lambda delivery: answer(delivery.outcome, delivery.status_code), muted=False),
    Column("Webhook", 18, 98, lambda delivery: short_url(delivery.url.partition("://")[2], 18)),
    Column("Session", 12, 112, lambda delivery: delivery.session or "–"),
    Column("Event", 9, 131, lambda delivery: tail(delivery.event_id)),
    Column("Took", 6, 120, lambda delivery: seconds(delivery.took_ms), right=True, sort=Sort.DURATION),
    Column(
        "Attempts",
        8,
        68,
        lambda delivery: f"{delivery.tries}/{delivery.most_tries}",
        right=True,
        sort=Sort.ATTEMPTS,
    ),
    Column("Next", 8, 78, next_word, right=True, sort=Sort.NEXT),
    Column("Time", 8, 0, lambda delivery: clock_time(delivery.created_at), right=True, sort=Sort.TIME),
)
_GAP = "  "


def seconds(milliseconds: int | None) -> str:
    """Return a duration in at most 6 cells: `0.21 s`, `15.0 s`, `312 s`."""
    if milliseconds is None:
        return "–"
    number = milliseconds / 1000
    return f"{number:.2f} s" if number < 9.995 else f"{number:.1f} s" if number < 99.95 else f"{number:.0f} s"


@lru_cache(maxsize=16)
def columns(width: int, sort: Sort = Sort.TIME) -> tuple[Column, ...]:
    """Return the columns for this width and order. The column of the order may displace others."""
    shown = [column for column in _COLUMNS if width >= column.least or column.sort is sort]
    while _spare(shown, width) < 0 and (others := [each for each in shown if each.sort not in (None, sort)]):
        # Remove the column with the largest `least`, the last one of equals.
        shown.remove(max(reversed(others), key=lambda column: column.least))
    spare = max(0, _spare(shown, width))
    return tuple(replace(each, width=each.width + spare) if each.name == "Answer" else each for each in shown)


def _spare(shown: Sequence[Column], width: int) -> int:
    return width - 2 - sum(column.width + len(_GAP) for column in shown) + len(_GAP)


class ListHead(Line):
    """The line with the names of the columns."""

    def __init__(self) -> None:
        super().__init__(id="list-head")
        self._sort = Sort.TIME

    def sort_by(self, sort: Sort) -> None:
        """Set the order of the list."""
        self._sort = sort
        self.redraw()

    def content_for(self, width: int) -> Content:
        names = (_fit(column.name, column.width, column.right) for column in columns(width, self._sort))
        return Content.assemble((" " + _GAP.join(names), "$muted"))


def row_strip(delivery: Delivery, width: int, sort: Sort, *, under_cursor: bool, focused: bool) -> Strip:
    """Return a row in at most three colours: the symbol, the plain columns, the muted columns."""
    symbol, _, colour = state_mark(delivery)
    cells = [
        (column.muted, _fit(one_line(column.words(delivery)), column.width, column.right))
        for column in columns(width, sort)
    ]
    state, kind, said = (words for muted, words in cells if not muted)
    if delivery.is_test:
        kind = f"({kind.rstrip()})".ljust(len(kind) + 2)
        plain = f"{state} {kind} {said}"[len(symbol) :]
    else:
        plain = _GAP.join((state, kind, said))[len(symbol) :]
    rest = "".join(_GAP + words for muted, words in cells if muted)
    if under_cursor:
        ground = cursor_row() if focused else style(TEXT, FIELD_FOCUS)
        return Strip([Segment(f" {symbol}{plain}{rest}", ground)]).adjust_cell_length(width, ground)
    runs = [
        Segment(f" {symbol}", style(colour)),
        Segment(plain, style(TEXT)),
        Segment(rest, style(MUTED)),
    ]
    return Strip(runs).adjust_cell_length(width, style(MUTED))


def _fit(words: str, cells: int, right: bool) -> str:
    length = cell_len(words)
    if length > cells:
        return set_cell_size(words, cells - 1) + "…"
    padding = " " * (cells - length)
    return padding + words if right else words + padding
