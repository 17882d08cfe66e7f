"""Events stored by an older version: their types keep their names, and bodies that are refused today are still sent."""

from core.catalog import EVENT_TYPES, Body
from core.models import DeliveryState, WebhookOptions
from core.store import Store, config, history, queue

FIRST_TYPES = (
    "onboarding-status",
    "videoselfie-uploaded",
    "third-party-async-retries",
    "watchlist-updated",
    "work-history",
    "proof-of-payment",
    "face-authentication",
    "session-started",
    "session-failed",
    "session-succeeded",
    "session-pending-review",
    "ine-scraping",
    "authentication-1-1",
    "authentication-1-n",
)
REFUSED_TODAY = b'{"event_type":"IDENTITY_ENROLLED","overallStatus":7,"InterviewId":7,"interviewId":7}'


async def test_webhooks_and_events_of_every_first_type(store: Store) -> None:
    """They are listed, shown, edited and sent again."""
    body = Body(REFUSED_TODAY, None, None, None)
    for kind in FIRST_TYPES:
        assert kind in EVENT_TYPES
        webhook = await config.add_webhook(store, kind, WebhookOptions(url="https://a.example/"), actor="ana")
        emitted = await queue.emit(store, kind, body)
        event = await history.load_event(store, emitted.id)
        assert (event.type, event.body) == (kind, REFUSED_TODAY)
        again = await queue.deliver(store, event.id, webhook.id)
        assert (await history.load_delivery(store, again)).state is DeliveryState.PENDING
        options = WebhookOptions(url="https://b.example/")
        saved = await config.save_webhook(store, webhook.id, options, version=1, actor="bob")
        assert (saved.type, saved.url) == (kind, "https://b.example/")
    assert len(await config.list_webhooks(store)) == 14
