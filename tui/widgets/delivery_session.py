"""The events of a delivery's session, in order. The other deliveries in it can be opened."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, cast

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from core.catalog import shown_type
from core.clock import clock_and_date, clock_time
from core.ids import tail
from core.models import Delivery
from core.store.session import Session, SessionEvent
from core.text import one_line
from tui.theme import ACCENT, MUTED, cursor_words
from tui.widgets.rule import rule
from tui.words import answer, state_mark

ANSWER_FROM, ID_FROM, DATE_FROM = 58, 69, 73
"""Widths from which the answer, the ID, and the date beside the time of another day are shown."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One line. `delivery`: the ID of the delivery that it shows, "" for none."""

    words: Content
    delivery: str = ""


class SessionEvents(Static, can_focus=True):
    """The list of events, hidden if there are no others. While focused, its cursor stays on one delivery."""

    DEFAULT_CSS = "SessionEvents { height: auto; text-wrap: nowrap; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", show=False),
        Binding("k,up", "move(-1)", show=False),
        Binding("enter", "open", show=False),
    ]

    class Opened(Message):
        """A delivery was chosen."""

        def __init__(self, delivery_id: str) -> None:
            super().__init__()
            self.delivery_id = delivery_id

    def __init__(self) -> None:
        super().__init__("", id="detail-session", markup=False)
        self._lines: list[_Line] = []
        self._title = ""
        self._others: list[str] = []
        """The IDs of the deliveries that can be opened, in order."""
        self._cursor = ""
        self._width = 0

    def show(self, session: Session, this: str, width: int) -> None:
        """Show the session of the delivery with the ID `this`. `width` is in columns."""
        number = len(session.events) + session.earlier + session.later
        self._title = f"{number:,} events"
        self._lines = list(_lines(session, width)) if number > 1 else []
        self._others = [line.delivery for line in self._lines if line.delivery not in ("", this)]
        self._width = width
        if self._cursor not in self._others:
            self._cursor = self._others[0] if self._others else ""
        self.display = bool(self._lines)
        self.can_focus = bool(self._others)
        self._draw()

    def _draw(self) -> None:
        keys = ", Enter opens" if self.has_focus else ", Tab chooses" if self._others else ""
        parts = [rule("Session", self._title + keys, self._width)]
        for line in self._lines:
            under_cursor = self.has_focus and line.delivery == self._cursor and line.delivery
            words = line.words.pad_right(self._width - line.words.cell_length)
            parts.append(Content.styled(words.plain, cursor_words()) if under_cursor else line.words)
        self.update(Content("\n").join([parts[0].rstrip(), *parts[1:]]))

    def action_move(self, by: int) -> None:
        place = self._others.index(self._cursor) + by
        self._cursor = self._others[max(0, min(place, len(self._others) - 1))]
        self._draw()
        self._reveal()

    def action_open(self) -> None:
        self.post_message(self.Opened(self._cursor))

    def _reveal(self) -> None:
        """Scroll the parent so that the cursor is visible."""
        line = next((at for at, line in enumerate(self._lines, 1) if line.delivery == self._cursor), 0)
        region = Region(0, self.virtual_region.y + line, self._width, 1)
        cast("Widget", self.parent).scroll_to_region(region, animate=False)

    def on_mount(self) -> None:
        self.watch(self, "has_focus", self._focus_changed, init=False)

    def _focus_changed(self, has_focus: bool) -> None:
        self._draw()
        if has_focus:
            self.call_after_refresh(self._reveal)


def _lines(session: Session, width: int) -> Iterator[_Line]:
    if session.earlier:
        yield _Line(Content.styled(f"  {session.earlier:,} earlier", MUTED))
    for event in session.events:
        yield from _event(event, width)
    if session.later:
        yield _Line(Content.styled(f"  {session.later:,} later", MUTED))


def _event(event: SessionEvent, width: int) -> Iterator[_Line]:
    at = (
        f"{clock_and_date(event.created_at):<12}"
        if width >= DATE_FROM
        else f"{clock_time(event.created_at):<8}"
    )
    words = f" {at}  {one_line(shown_type(event.type).short_name):<17}"
    begin = Content.assemble(("▌" if event.is_this else " ", ACCENT), words)
    if not event.deliveries:
        yield _Line(Content.assemble(begin, ("  – went to nobody", MUTED)))
    for delivery in event.deliveries:
        yield _Line(Content.assemble(begin, _state(delivery, width)), delivery.id)
        begin = Content(" " * begin.cell_length)


def _state(delivery: Delivery, width: int) -> Content:
    symbol, word, colour = state_mark(delivery)
    said = f"  {answer(delivery.outcome, delivery.status_code):<14}" if width >= ANSWER_FROM else ""
    name = f"  {tail(delivery.id)}" if width >= ID_FROM else ""
    return Content.assemble((f"  {symbol} {word:<9}", colour), said, (name, MUTED))
