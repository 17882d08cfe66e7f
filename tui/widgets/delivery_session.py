"""The other events of a delivery's session, in order."""

from textual.content import Content

from core.catalog import shown_type
from core.clock import clock_time
from core.ids import tail
from core.models import Delivery
from core.store.session import Session, SessionEvent
from core.text import one_line
from tui.theme import ACCENT, MUTED
from tui.widgets.rule import rule
from tui.words import answer, state_mark

Parts = list[Content | str | tuple[str, str]]


def session_events(session: Session, width: int) -> Content:
    """Nothing if there are no others."""
    number = len(session.events) + session.earlier + session.later
    if number < 2:
        return Content("")
    parts: Parts = [rule("Session", f"{number:,} events", width)]
    if session.earlier:
        parts.append((f"  {session.earlier:,} earlier\n", MUTED))
    for event in session.events:
        parts += _event(event)
    if session.later:
        parts.append((f"  {session.later:,} later\n", MUTED))
    return Content.assemble(*parts)


def _event(event: SessionEvent) -> Parts:
    parts: Parts = [
        ("▌" if event.is_this else " ", ACCENT),
        f" {clock_time(event.created_at):<8}  {one_line(shown_type(event.type).short_name):<17}",
    ]
    if not event.deliveries:
        return [*parts, ("  – went to nobody\n", MUTED)]
    for index, delivery in enumerate(event.deliveries):
        parts += [" " * 29 if index else "", *_state(delivery)]
    return parts


def _state(delivery: Delivery) -> Parts:
    symbol, word, colour = state_mark(delivery)
    said = answer(delivery.outcome, delivery.status_code)
    return [(f"  {symbol} {word:<9}", colour), f"  {said:<15}", (f"{tail(delivery.id)}\n", MUTED)]
