"""Resending one delivery: it is sent again, whatever it was waiting for before."""

from datetime import timedelta

import pytest

from core.catalog import accept
from core.clock import clock_time
from core.models import AttemptResult, DeliveryState, Outcome, WebhookOptions
from core.store import NotPossible, Store, config, history, queue

BODY = accept("session-failed", b'{"interviewId": "66e1"}')
BAD = AttemptResult(Outcome.HTTP_STATUS, "answered 503 Service Unavailable", "https://a.example/", 1, 5, 503)
OK = AttemptResult(Outcome.OK, "answered 204 No Content", "https://a.example/", 1, 5, 204)


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        (BAD, queue.Verdict(DeliveryState.PENDING, 3, 9_999_999_999_999)),
        (BAD, queue.Verdict(DeliveryState.FAILED, 10)),
        (OK, queue.Verdict(DeliveryState.DELIVERED, 1)),
    ],
)
async def test_a_resend_begins_a_fresh_run(
    store: Store, result: AttemptResult, verdict: queue.Verdict
) -> None:
    """A pending, failed or delivered one is due now with the full schedule. It keeps its ID, and attempts add up."""
    await config.add_webhook(store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana")
    await queue.emit(store, "session-failed", BODY)
    epoch = await queue.next_epoch(store)
    (claim,) = await queue.claim(store, epoch, [queue.Slots(1, 1, 1, 1)])
    await queue.record(store, epoch, claim, result, verdict)
    for _ in range(2):  # who asks twice gets it once
        again = await queue.resend(store, claim.id, actor="ana")
        assert (again.state, again.waits_for, again.tries, again.attempts) == ("pending", "now", 0, 1)
    (second,) = await queue.claim(store, epoch, [queue.Slots(1, 1, 5, 5)])
    assert (second.id, second.number, second.step) == (claim.id, 2, 0)
    await queue.record(store, epoch, second, OK, queue.Verdict(DeliveryState.DELIVERED, 1))
    attempts = await history.list_attempts(store, claim.id)
    assert [(each.number, each.outcome) for each in attempts] == [(2, "ok"), (1, result.outcome)]
    assert len(await history.list_deliveries(store)) == 1


async def test_what_somebody_resent_meanwhile_is_not_resent_again(store: Store) -> None:
    """Who acts on what they saw before is told by whom; who has seen it may do so again."""
    await config.add_webhook(store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana")
    await queue.emit(store, "session-failed", BODY)
    await store.write(lambda database: database.execute("UPDATE deliveries SET changed_at = 1").rowcount)
    (row,) = await history.list_deliveries(store)
    seen = row.delivery.changed_at
    resent = await queue.resend(store, row.delivery.id, actor="ana", seen=seen)
    at = clock_time(resent.changed_at)
    with pytest.raises(NotPossible, match=rf"^Already resent by ana at {at}\.$"):
        await queue.resend(store, row.delivery.id, actor="bob", seen=seen)
    # A millisecond may pass between the two rows of one resend.
    await store.write(lambda database: database.execute("UPDATE audit SET at = at + 1").rowcount)
    await queue.resend(store, row.delivery.id, actor="bob", seen=resent.changed_at)


async def test_what_changed_by_itself_meanwhile_is_resent(store: Store) -> None:
    """Nobody has asked for it before, whatever has become of it."""
    await config.add_webhook(store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana")
    await queue.emit(store, "session-failed", BODY)
    (row,) = await history.list_deliveries(store)
    seen = row.delivery.changed_at - timedelta(seconds=1)
    resent = await queue.resend(store, row.delivery.id, actor="ana", seen=seen)
    assert resent.waits_for == "now"
