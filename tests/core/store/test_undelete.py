"""A deleted webhook comes back with exactly what its deletion took away."""

import pytest

from core.catalog import accept
from core.clock import now_ms
from core.models import AttemptResult, DeliveryState, Outcome, Webhook, WebhookOptions
from core.store import Conflict, NotFound, NotPossible, Store, config, history, queue
from core.store.ordering import NEVER

BODY = accept("session-failed", b'{"interviewId": "66e1"}')
BAD = AttemptResult(Outcome.HTTP_STATUS, "answered 503", "https://a.example/", 1, 5, 503)
OK = AttemptResult(Outcome.OK, "answered 204", "https://a.example/", 1, 5, 204)
LATER = queue.Verdict(DeliveryState.PENDING, 3, 9_000_000_000_000)


async def _webhook(store: Store, *, in_order: bool = False) -> Webhook:
    options = WebhookOptions(url="https://a.example/", in_order=in_order)
    return await config.add_webhook(store, "session-failed", options, actor="ana")


async def _rows(store: Store) -> list[tuple[object, ...]]:
    sql = "SELECT state, due_at, step, lane, attempts, requested_action, cancel_reason FROM deliveries ORDER BY seq"
    return await store.read(lambda db: db.execute(sql).fetchall())


async def test_exactly_what_was_cancelled_is_held(store: Store) -> None:
    """Retries keep due time and step; what was cancelled, failed or delivered before stays so."""
    webhook = await _webhook(store)
    for _ in range(5):
        await queue.emit(store, "session-failed", BODY)
    epoch = await queue.next_epoch(store)
    claims = await queue.claim(store, epoch, [queue.Slots(1, 1, 4, 4)])
    failed = queue.Verdict(DeliveryState.FAILED, 10)
    delivered = queue.Verdict(DeliveryState.DELIVERED, 1)
    for claim, result, verdict in zip(claims[:3], (BAD, BAD, OK), (LATER, failed, delivered), strict=True):
        await queue.record(store, epoch, claim, result, verdict)
    await queue.cancel(store, claims[1].id, actor="ana")
    before = await _rows(store)
    assert await config.delete_webhook(store, webhook.id, actor="ana") == 2
    (deleted,) = await config.list_deleted(store)
    assert await config.last_deletion(store) == deleted.deleted_at
    assert (deleted.webhook.id, deleted.deleted_by, deleted.cancelled) == (webhook.id, "ana", 2)
    restored = await config.undo_delete(store, webhook.id[-4:], actor="bob")
    assert (restored.id, restored.enabled, restored.updated_by) == (webhook.id, False, "bob")
    assert await _rows(store) == before
    assert [summary.held for summary in await config.list_webhooks(store)] == [2]
    assert await config.list_deleted(store) == []
    assert await config.last_deletion(store) is None
    assert (await queue.look_out(store)).due == {}
    with pytest.raises(NotFound, match="There is no deleted webhook"):
        await config.undo_delete(store, webhook.id, actor="bob")


@pytest.mark.parametrize("recorded_first", [True, False])
async def test_what_was_in_flight(store: Store, recorded_first: bool) -> None:
    """One that came back unsuccessful waits for its next attempt, whether the undo came before or after it."""
    webhook = await _webhook(store)
    await queue.emit(store, "session-failed", BODY)
    epoch = await queue.next_epoch(store)
    (claim,) = await queue.claim(store, epoch, [queue.Slots(1, 1, 1, 1)])
    await config.delete_webhook(store, webhook.id, actor="ana")
    if recorded_first:
        await queue.record(store, epoch, claim, BAD, LATER)
        assert (await history.load_delivery(store, claim.id)).cancel_reason == "webhook_deleted"
    await config.undo_delete(store, webhook.id, actor="ana")
    if not recorded_first:
        await queue.record(store, epoch, claim, BAD, LATER)
    assert await _rows(store) == [("pending", 9_000_000_000_000, 3, queue.RETRY, 1, None, None)]


async def test_a_line_goes_on(store: Store) -> None:
    """Where the head of a line arrived while the webhook was deleted, the next one is due; others still wait."""
    webhook = await _webhook(store, in_order=True)
    for _ in range(5):
        await queue.emit(store, "session-failed", BODY)
    lines = [
        ("a", "delivered", 0, 1),
        ("a", "pending", NEVER, 2),
        ("a", "pending", NEVER, 3),
        ("b", "pending", 77, 4),
        ("b", "pending", NEVER, 5),
    ]
    sql = "UPDATE deliveries SET ordering_key = ?, state = ?, due_at = ? WHERE seq = ?"
    await store.write(lambda db: db.executemany(sql, lines))
    await config.delete_webhook(store, webhook.id, actor="ana")
    await config.undo_delete(store, webhook.id, actor="ana")
    assert [(row[0], row[1]) for row in await _rows(store)] == [
        ("delivered", 0),
        ("pending", 0),
        ("pending", NEVER),
        ("pending", 77),
        ("pending", NEVER),
    ]


async def test_only_for_a_day(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """After 24 hours a webhook is gone for good; what is deleted cannot be changed meanwhile."""
    webhook = await _webhook(store)
    await config.delete_webhook(store, webhook.id, actor="ana")
    with pytest.raises(Conflict, match="was deleted by ana"):
        await config.rotate_secret(store, webhook.id, actor="bob")
    now = now_ms()
    monkeypatch.setattr(config.deletion, "now_ms", lambda: now + 86_400_000 + 1)
    assert await config.list_deleted(store) == []
    assert await config.last_deletion(store) is None
    with pytest.raises(NotPossible, match="more than 24 hours ago"):
        await config.undo_delete(store, webhook.id, actor="ana")
    monkeypatch.setattr(config.deletion, "now_ms", lambda: now + 86_000_000)
    assert (await config.undo_delete(store, webhook.id, actor="ana")).id == webhook.id
