"""The status filter: a webhook that does not want an event gets no delivery, and the books say why."""

import pytest

from core.catalog import accept
from core.models import Event, InvalidSetting, Webhook, WebhookOptions
from core.store import Store, config, history, queue

TYPE = "onboarding-status"


async def _webhook(store: Store, *statuses: str) -> Webhook:
    options = WebhookOptions(url="https://a.example/", status_filter=statuses)
    return await config.add_webhook(store, TYPE, options, actor="ana")


async def _emit(store: Store, status: str, *, key: str | None = None) -> queue.Emitted:
    body = b'{"interviewId": "66e1", "onboardingStatus": "%s"}' % status.encode()
    return await queue.emit(store, TYPE, accept(TYPE, body), key=key)


def _skipped(event: Event) -> dict[str, str]:
    return {each.webhook_id: each.reason for each in event.skipped}


async def test_only_wanted_statuses_are_delivered(store: Store) -> None:
    """An empty filter wants every status; of the others each says why it got nothing."""
    every = await _webhook(store)
    ends = await _webhook(store, "EXPIRED", "ONBOARDING_FINISHED")
    emitted = await _emit(store, "EXPIRED")
    assert emitted.deliveries == 2
    emitted = await _emit(store, "EXPIRE", key="k")
    assert emitted.deliveries == 1
    assert (await _emit(store, "EXPIRE", key="k")).deliveries == 1
    event = await history.load_event(store, emitted.id)
    assert _skipped(event) == {ends.id: "status EXPIRE is not in its filter"}
    assert event.unwanted is None
    rows = await history.list_deliveries(store)
    assert [row.delivery.webhook_id for row in rows] == [every.id, ends.id, every.id]


async def test_what_nobody_wants_can_be_delivered_all_the_same(store: Store) -> None:
    """Unwanted with the reason of each webhook, until it is sent by hand."""
    first, second = await _webhook(store, "EXPIRED"), await _webhook(store, "UNKNOWN")
    emitted = await _emit(store, "P" * 70)
    assert emitted.deliveries == 0
    (event,) = await history.list_events(store, unwanted=True)
    cut = "P" * 60
    assert event.unwanted == f"no webhook wants status {cut}"
    reason = f"status {cut} is not in its filter"
    assert _skipped(event) == {first.id: reason, second.id: reason}
    await queue.deliver(store, emitted.id, second.id)
    (row,) = await history.list_deliveries(store)
    assert row.delivery.webhook_id == second.id
    event = await history.load_event(store, emitted.id)
    assert (event.unwanted, _skipped(event)) == (None, {first.id: reason})


async def test_test_events_pass_every_filter(store: Store) -> None:
    """A test is a test of the endpoint."""
    webhook = await _webhook(store, "EXPIRED")
    body = accept(TYPE, b'{"interviewId": "66e1", "onboardingStatus": "UNKNOWN"}')
    identity = await queue.emit_test(store, webhook.id, body)
    (row,) = await history.list_deliveries(store)
    assert (row.delivery.id, row.delivery.is_test) == (identity, True)
    assert row.delivery.event_id.startswith("evt_")


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("session-failed", {"status_filter": ("A",)}, "A session-failed body has no status to filter by."),
        (
            "proof-of-payment",
            {"in_order": True},
            "A proof-of-payment body names no session whose order could be kept.",
        ),
    ],
)
async def test_options_that_a_type_has_no_field_for(
    store: Store, kind: str, options: dict[str, object], words: str
) -> None:
    """They are refused when a webhook is added and when it is changed."""
    plain = WebhookOptions(url="https://a.example/")
    wrong = plain.model_copy(update=options)
    with pytest.raises(InvalidSetting) as refused:
        await config.add_webhook(store, kind, wrong, actor="ana")
    assert (refused.value.field, str(refused.value)) == (next(iter(options)), words)
    webhook = await config.add_webhook(store, kind, plain, actor="ana")
    with pytest.raises(InvalidSetting):
        await config.save_webhook(store, webhook.id, wrong, version=1, actor="ana")
    assert await config.load_webhook(store, webhook.id) == webhook
