"""The Monitor's names for views and orders, and its messages for empty lists."""

from datetime import datetime

from textual.content import Content

from core.clock import clock_time
from core.models import Delivery
from core.store.pages import Sort, View
from core.text import one_line
from tui.dialogs.menu import MenuItem
from tui.theme import WARN
from tui.words import state_mark, why

VIEWS = {
    View.ATTENTION: MenuItem(View.ATTENTION, "a", "Attention: failed, waiting after a failure, or for long"),
    View.FAILING: MenuItem(View.FAILING, "f", "Failing now: waiting after a failure"),
    View.HELD: MenuItem(View.HELD, "h", "Held: their webhook is disabled"),
    View.SLOW: MenuItem(View.SLOW, "s", "Slow: the last attempt took 2 s or more"),
    View.ALL: MenuItem(View.ALL, "v", "All"),
}
SORTS = {
    Sort.TIME: MenuItem(Sort.TIME, "t", "Time, newest first"),
    Sort.DURATION: MenuItem(Sort.DURATION, "d", "Duration of the last attempt, longest first"),
    Sort.ATTEMPTS: MenuItem(Sort.ATTEMPTS, "a", "Attempts, most first"),
    Sort.NEXT: MenuItem(Sort.NEXT, "n", "Next attempt, soonest first"),
}
_ORDERS = {Sort.TIME: "", Sort.DURATION: "duration", Sort.ATTEMPTS: "attempts", Sort.NEXT: "next attempt"}
_NONE = {
    View.ATTENTION: "Nothing needs attention. v All shows what was delivered.",
    View.FAILING: "Nothing is failing now. v All shows what was delivered.",
    View.HELD: "Nothing is held. v All shows what was delivered.",
    View.SLOW: "Nothing was slow. v All shows what was delivered.",
    View.ALL: "No delivery yet. 1 Webhooks, t sends a test event.",
}
PICK = "j or k picks a delivery."


def view_name(view: View) -> str:
    """Return the short name of a view, such as `Failing now`."""
    return VIEWS[view].words.partition(":")[0]


def order_words(sort: Sort) -> str:
    """Return what the list is sorted by; "" for time."""
    return _ORDERS[sort]


def searched_words(back_to: datetime | None) -> str:
    """Return how far back a search has come, in words; "" if there is none."""
    if back_to is None:
        return ""
    at = clock_time(back_to)
    return f"searched back to {at[:5] if ':' in at else at}"


def none_listed(view: View, filter_text: str) -> str:
    """Return the message for an empty list, with the keys that help."""
    if filter_text:
        return f"No delivery matches {one_line(filter_text)}. / changes it, Esc clears it."
    return _NONE[view]


def why_in_short(delivery: Delivery) -> Content:
    """Return one sentence on why the delivery is in its state, and what to do about it."""
    symbol, _, colour = state_mark(delivery)
    sentence, advice = why(delivery)
    test = "Test event. " if delivery.is_test else ""
    return Content.assemble((symbol, colour), " ", (test, WARN), (sentence, "bold"), f" {one_line(advice)}")
