"""What the Monitor calls its views and orders, and what it says where there is nothing to list."""

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
    """`Failing now`."""
    return VIEWS[view].words.partition(":")[0]


def order_words(sort: Sort) -> str:
    """What the list is sorted by; "" for time."""
    return _ORDERS[sort]


def searched_words(back_to: datetime | None) -> str:
    """How far back a search has come; "" for none."""
    if back_to is None:
        return ""
    at = clock_time(back_to)
    return f"searched back to {at[:5] if ':' in at else at}"


def none_listed(view: View, filter_text: str) -> str:
    """What is said in place of rows, and what to do."""
    if filter_text:
        return f"No delivery matches {one_line(filter_text)}. / changes it, Esc clears it."
    return _NONE[view]


def why_in_short(delivery: Delivery) -> Content:
    """Why it is where it is, in one sentence, and what to do about it."""
    symbol, _, colour = state_mark(delivery)
    sentence, advice = why(delivery)
    test = "Test event. " if delivery.is_test else ""
    return Content.assemble((symbol, colour), " ", (test, WARN), (sentence, "bold"), f" {one_line(advice)}")
