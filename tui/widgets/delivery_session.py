"""The other events of a delivery's session, in order."""

from textual.content import Content

from core.catalog import shown_type
from core.clock import clock_and_date, clock_time
from core.ids import tail
from core.models import Delivery
from core.store.session import Session, SessionEvent
from core.text import one_line
from tui.theme import ACCENT, MUTED
from tui.widgets.rule import rule
from tui.words import answer, state_mark

Parts = list[Content | str | tuple[str, str]]
ANSWER_FROM, ID_FROM, DATE_FROM = 58, 69, 73
"""Columns from which an answer, an ID, and the time beside the date of another day are shown."""


def session_events(session: Session, width: int) -> Content:
    """Nothing if there are no others."""
    number = len(session.events) + session.earlier + session.later
    if number < 2:
        return Content("")
    parts: Parts = [rule("Session", f"{number:,} events", width)]
    if session.earlier:
        parts.append((f"  {session.earlier:,} earlier\n", MUTED))
    for event in session.events:
        parts += _event(event, width)
    if session.later:
        parts.append((f"  {session.later:,} later\n", MUTED))
    return Content.assemble(*parts)


def _event(event: SessionEvent, width: int) -> Parts:
    at = (
        f"{clock_and_date(event.created_at):<12}"
        if width >= DATE_FROM
        else f"{clock_time(event.created_at):<8}"
    )
    begin = f" {at}  {one_line(shown_type(event.type).short_name):<17}"
    parts: Parts = [("▌" if event.is_this else " ", ACCENT), begin]
    if not event.deliveries:
        return [*parts, ("  – went to nobody\n", MUTED)]
    for index, delivery in enumerate(event.deliveries):
        parts += [" " * (len(begin) + 1) if index else "", *_state(delivery, width)]
    return parts


def _state(delivery: Delivery, width: int) -> Parts:
    symbol, word, colour = state_mark(delivery)
    said = f"  {answer(delivery.outcome, delivery.status_code):<14}" if width >= ANSWER_FROM else ""
    name = f"  {tail(delivery.id)}" if width >= ID_FROM else ""
    return [(f"  {symbol} {word:<9}", colour), said, (f"{name}\n", MUTED)]
