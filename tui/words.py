"""The words and symbols for states, outcomes and endpoints on the screens."""

from http import HTTPStatus

from rich.cells import cell_len, set_cell_size

from core.clock import clock_time
from core.ids import tail
from core.models import Delivery, DeliveryState, Outcome
from core.store.config import WebhookSummary
from core.store.paces import PaceWord
from core.text import one_line
from tui.theme import ACCENT, BAD, MUTED, OK, WARN

Mark = tuple[str, str, str]
"""Symbol, word, colour."""

_STATES: dict[DeliveryState, tuple[str, str]] = {
    DeliveryState.PENDING: ("○", MUTED),
    DeliveryState.SENDING: ("»", ACCENT),
    DeliveryState.DELIVERED: ("✓", OK),
    DeliveryState.FAILED: ("✗", BAD),
    DeliveryState.CANCELLED: ("–", MUTED),
}
_OUTCOMES = {
    Outcome.TIMEOUT: "timeout",
    Outcome.CONNECTION: "connection",
    Outcome.DNS: "dns",
    Outcome.TLS: "tls",
    Outcome.ADDRESS_BLOCKED: "blocked",
    Outcome.ANSWER_TOO_LARGE: "too large",
    Outcome.TOKEN_ERROR: "token error",
    Outcome.INTERRUPTED: "interrupted",
    Outcome.SHUTDOWN: "shutdown",
    Outcome.LOCAL_LIMIT: "local limit",
}
_PACES = {PaceWord.OPEN: "breaker open", PaceWord.HALF_OPEN: "half-open", PaceWord.PAUSED: "paused"}
_WAITS = {
    "token": "token",
    "enabling": "held",
    "breaker": "breaker",
    "pause": "pause",
    "order": "order",
    "rate": "rate",
}


def state_mark(delivery: Delivery) -> Mark:
    """Return the mark for the state of a delivery."""
    if delivery.held:
        return "=", "held", MUTED
    symbol, colour = _STATES[delivery.state]
    if delivery.state is DeliveryState.PENDING and delivery.attempts:
        colour = WARN
    return symbol, delivery.state, colour


def answer(outcome: Outcome | None, status: int | None) -> str:
    """Return the endpoint's last answer in short: `204`, `200 unaccepted`, `timeout`; "" for none."""
    match outcome:
        case None:
            return ""
        case Outcome.OK | Outcome.HTTP_STATUS:
            return str(status)
        case Outcome.ANSWER_NOT_ACCEPTED:
            return f"{status} unaccepted"
        case Outcome.REDIRECT:
            return f"{status} redirect"
    return _OUTCOMES[outcome]


def outcome_mark(outcome: Outcome, status: int | None) -> Mark:
    """Return the mark for the outcome of an attempt."""
    if outcome is Outcome.OK:
        return "✓", answer(outcome, status), OK
    if outcome in (Outcome.SHUTDOWN, Outcome.INTERRUPTED, Outcome.LOCAL_LIMIT):
        return "–", answer(outcome, status), MUTED
    return "✗", answer(outcome, status), BAD


def health_mark(summary: WebhookSummary) -> Mark:
    """Return the mark for the health of a webhook."""
    if not summary.webhook.enabled:
        return "=", "disabled", MUTED
    if summary.pace is not None:
        return "!", _PACES[summary.pace.word], WARN
    if summary.last_outcome is None:
        return "○", "no delivery", MUTED
    return outcome_mark(summary.last_outcome, summary.last_status)


def next_word(delivery: Delivery) -> str:
    """Return the time of the next attempt, or what it waits for."""
    if delivery.state is DeliveryState.SENDING:
        return "now"
    if delivery.state is not DeliveryState.PENDING:
        return "–"
    if delivery.waits_for == "time" and delivery.next_attempt_at is not None:
        return clock_time(delivery.next_attempt_at)
    return _WAITS.get(delivery.waits_for or "", "now")


def why(delivery: Delivery) -> tuple[str, str]:
    """Return why a delivery is in its state, and what to do about it."""
    reason = f"{delivery.reason[:1].upper()}{delivery.reason[1:]}." if delivery.reason else ""
    match delivery.state:
        case DeliveryState.DELIVERED:
            return f"Delivered with attempt {delivery.attempts}.", reason
        case DeliveryState.FAILED:
            return (
                f"Gave up after {_attempts(delivery.tries)}.",
                f"{reason} Correct the endpoint, then press r.",
            )
        case DeliveryState.CANCELLED:
            return _why_cancelled(delivery.cancel_reason or "")
        case DeliveryState.SENDING:
            return f"Sending: attempt {delivery.attempts}.", reason
    return _why_pending(delivery, reason)


def _why_cancelled(cause: str) -> tuple[str, str]:
    match cause:
        case "webhook_deleted":
            return (
                "Cancelled: its webhook was deleted.",
                "hookkeeper events deliver sends the event to another webhook.",
            )
        case "held_cancelled":
            return "Cancelled when its webhook was enabled.", "Press r to send it after all."
    return f"{cause[:1].upper()}{cause[1:]}.", "Press r to send it after all."


def _why_pending(delivery: Delivery, reason: str) -> tuple[str, str]:
    at = clock_time(delivery.next_attempt_at) if delivery.next_attempt_at else ""
    match delivery.waits_for:
        case "enabling":
            return "Held: its webhook is disabled.", "x enables it."
        case "token":
            return f"Waiting for the token endpoint, next try {at}.", reason
        case "breaker":
            return f"Its endpoint is down: the breaker is open, next probe {at}.", reason
        case "pause":
            return f"Its endpoint asked for a pause until {at}.", reason
        case "order":
            head = f" ({tail(delivery.head_id)})" if delivery.head_id else ""
            return f"Waits for those before it in its session{head}.", "Press r to send it now."
        case "rate":
            return "Due now, as soon as its webhook's rate allows it.", reason
        case "time":
            return f"Attempt {delivery.attempts + 1} at {at}.", f"{reason} Press r to send it now."
    return "Due now.", reason


def _attempts(number: int) -> str:
    return "1 attempt" if number == 1 else f"{number} attempts"


def count_of_attempts(delivery: Delivery) -> str:
    """Return `3 of 10`; if not all attempts count, as after a resend, `5 in all, 3 of 10 in this run`."""
    run = f"{delivery.tries} of {delivery.most_tries}"
    return run if delivery.attempts == delivery.tries else f"{delivery.attempts} in all, {run} in this run"


def status_line(status: int | None) -> str:
    """Return the status with its phrase, such as `200 OK`."""
    if status is None:
        return "no answer"
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def short_url(url: str, cells: int) -> str:
    """Return the URL in at most `cells` cells. The middle of a longer one is left out, because the URLs of one
    organisation begin alike and end differently.
    """
    words = one_line(url)
    if cell_len(words) > cells:
        words = words.removeprefix("https://")
    if cell_len(words) <= cells:
        return words
    end = cells // 2
    return set_cell_size(words, cells - end - 1) + "…" + set_cell_size(words[::-1], end)[::-1]
