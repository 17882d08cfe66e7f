"""Everything that is known about one delivery: what was sent, and how each attempt ended."""

from typing import TYPE_CHECKING, NamedTuple

from core.cli.output import print_fields, print_table
from core.text import DOTS, masked_json

if TYPE_CHECKING:
    from core.models import Attempt, Delivery, Event, GeneralSettings
    from core.store import Store


class OneDelivery(NamedTuple):
    """A delivery with its attempts (newest first), its event and the settings."""

    delivery: "Delivery"
    attempts: "list[Attempt]"
    event: "Event"
    settings: "GeneralSettings"


async def load(store: "Store", identity: str) -> OneDelivery:
    """Load the delivery with this ID or the tail of one. Raises NotFound."""
    from core.store import config, history

    delivery = await history.load_delivery(store, identity)
    return OneDelivery(
        delivery,
        await history.list_attempts(store, delivery.id),
        await history.load_event(store, delivery.event_id),
        await config.load_settings(store),
    )


def state_word(delivery: "Delivery") -> str:
    """Return the delivery's state, or `held` if it is held."""
    return "held" if delivery.held else delivery.state.value


def json_fields(shown: OneDelivery) -> dict[str, object]:
    """Return the delivery's own fields, its `body` as text, and its attempts as `attempt_list`.

    Request headers whose values are not stored have null instead.
    """
    from core.delivery.sent import sent_headers

    attempts = [
        attempt.model_dump(mode="json", exclude={"response_body"})
        | {
            "request_headers": sent_headers(shown.delivery, shown.settings, attempt.number),
            "response_body": attempt.response_body.decode("utf-8", "replace"),  # an answer need not be text
        }
        for attempt in shown.attempts
    ]
    fields = shown.delivery.model_dump(mode="json")
    return fields | {"body": shown.event.body.decode(), "attempt_list": attempts}


def print_all(shown: OneDelivery) -> None:
    """Print the delivery for a person: bodies are masked, and only the newest answer is shown."""
    _print_delivery(shown.delivery)
    print("\nBody")
    print(masked_json(shown.event.body, shown.settings.masked_fields))
    if not shown.attempts:
        return
    print()
    print_table(
        ("Attempt", "Started", "Token ms", "Connect ms", "First byte ms", "Total ms", "Outcome", "Reason"),
        (
            (
                each.number,
                each.started_at,
                each.token_ms,
                each.connect_ms,
                each.first_byte_ms,
                each.total_ms,
                each.outcome,
                each.reason,
            )
            for each in shown.attempts
        ),
    )
    _print_answer(shown.attempts[0], shown.settings)


def _print_delivery(delivery: "Delivery") -> None:
    waits_for = delivery.waits_for
    print_fields(
        [
            ("ID", delivery.id),
            ("State", state_word(delivery)),
            ("Reason", delivery.cancel_reason or delivery.reason),
            ("Next attempt", delivery.next_attempt_at),
            ("Waits for", f"{waits_for}, after {delivery.head_id}" if delivery.head_id else waits_for),
            ("Type", delivery.type),
            ("Event", delivery.event_id),
            ("Webhook", delivery.webhook_id),
            ("URL", delivery.url),
            ("Session", delivery.session),
            ("External ID", delivery.external_id),
            ("Test", delivery.is_test),
            ("Attempts", delivery.attempts),
            ("Created", delivery.created_at),
            ("Changed", delivery.changed_at),
        ]
    )


def _print_answer(attempt: "Attempt", settings: "GeneralSettings") -> None:
    from core.header import holds_secret

    if not attempt.response_headers and not attempt.response_body:
        return
    print(f"\nAnswer to attempt {attempt.number}")
    headers = [(name, DOTS if holds_secret(name) else value) for name, value in attempt.response_headers]
    if headers:
        print_fields(headers)
    if attempt.response_body:
        print(masked_json(attempt.response_body, settings.masked_fields))
    if attempt.response_body_cut:
        print("(body cut)")
