"""How states and outcomes are named on the screens: a symbol, a word, a colour."""

from http import HTTPStatus

from core.clock import clock_time
from core.models import Delivery, DeliveryState, Outcome
from core.store.config import WebhookSummary
from core.store.paces import PaceWord
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
    """The state of a delivery."""
    if delivery.held:
        return "=", "held", MUTED
    symbol, colour = _STATES[delivery.state]
    if delivery.state is DeliveryState.PENDING and delivery.attempts:
        colour = WARN
    return symbol, delivery.state, colour


def answer(outcome: Outcome | None, status: int | None) -> str:
    """What the endpoint said last, short: `204`, `200 unaccepted`, `timeout`."""
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
    """How an attempt ended."""
    if outcome is Outcome.OK:
        return "✓", answer(outcome, status), OK
    if outcome in (Outcome.SHUTDOWN, Outcome.INTERRUPTED):
        return "–", answer(outcome, status), MUTED
    return "✗", answer(outcome, status), BAD


def health_mark(summary: WebhookSummary) -> Mark:
    """The health of a webhook at a glance."""
    if not summary.webhook.enabled:
        return "=", "disabled", MUTED
    if summary.pace is not None:
        return "!", _PACES[summary.pace.word], WARN
    if summary.last_outcome is None:
        return "○", "no delivery", MUTED
    return outcome_mark(summary.last_outcome, summary.last_status)


def next_word(delivery: Delivery) -> str:
    """When the next attempt is, or what it waits for."""
    if delivery.state is DeliveryState.SENDING:
        return "now"
    if delivery.state is not DeliveryState.PENDING:
        return "–"
    if delivery.waits_for == "time" and delivery.next_attempt_at is not None:
        return clock_time(delivery.next_attempt_at)
    return _WAITS.get(delivery.waits_for or "", "now")


def why(delivery: Delivery) -> tuple[str, str]:
    """Why a delivery is where it is, and what to do about it."""
    reason = f"The endpoint: {delivery.reason}." if delivery.reason else ""
    match delivery.state:
        case DeliveryState.DELIVERED:
            return f"Delivered with attempt {delivery.attempts}.", reason
        case DeliveryState.FAILED:
            return f"Gave up after {delivery.tries} attempts.", f"{reason} Correct the endpoint, then r."
        case DeliveryState.CANCELLED:
            words = {"webhook_deleted": "its webhook was deleted", "held_cancelled": "cancelled when enabled"}
            cause = words.get(delivery.cancel_reason or "", delivery.cancel_reason or "")
            return f"Cancelled: {cause}.", "r sends it after all."
        case DeliveryState.SENDING:
            return f"Sending: attempt {delivery.attempts}.", reason
    if delivery.held:
        return "Held: its webhook is disabled.", "Enable it on Webhooks with x."
    if delivery.waits_for == "token" and delivery.next_attempt_at:
        return f"Waiting for token endpoint, next try {clock_time(delivery.next_attempt_at)}.", reason
    if delivery.waits_for == "breaker" and delivery.next_attempt_at:
        probe = clock_time(delivery.next_attempt_at)
        return f"Its endpoint is down: the breaker is open, next probe {probe}.", reason
    if delivery.waits_for == "pause" and delivery.next_attempt_at:
        return f"Its endpoint asked for a pause until {clock_time(delivery.next_attempt_at)}.", reason
    if delivery.waits_for == "rate":
        return "Due now, as soon as the webhook's rate allows it.", reason
    if delivery.waits_for == "time" and delivery.next_attempt_at:
        following = f"Attempt {delivery.attempts + 1} at {clock_time(delivery.next_attempt_at)}."
        return following, f"{reason} r sends it now."
    return "Due now.", "" if not delivery.attempts else reason


def status_line(status: int | None) -> str:
    """`200 OK`."""
    if status is None:
        return "no answer"
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
