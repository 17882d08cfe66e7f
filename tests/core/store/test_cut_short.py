"""A deletion and its undo, interrupted anywhere. Finishing them later restores everything in order."""

import pytest

from core.catalog import accept
from core.models import AttemptResult, DeliveryState, Outcome, Webhook, WebhookOptions
from core.store import Store, config, queue
from core.store.config import changes
from core.store.ordering import NEVER
from tests.support.cut_short import cut_short

SESSIONS = "aabba"
"""The sessions of the deliveries, oldest first: the heads of the two lines are the first and the third."""
HEADS_ONLY = [0, NEVER, 0, NEVER, NEVER]
RESULT = AttemptResult(Outcome.HTTP_STATUS, "answered 503", "https://a.example/", 1, 5, 503)
LATER = 9_000_000_000_000
DELIVERED = queue.Verdict(DeliveryState.DELIVERED, 1)
RETRIED = queue.Verdict(DeliveryState.PENDING, 1, LATER)


@pytest.fixture(autouse=True)
def _one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the slice to one delivery, so that an interruption can come between any two."""
    monkeypatch.setattr(changes, "SLICE", 1)


@pytest.fixture
async def webhook(store: Store) -> Webhook:
    """One that keeps the order, with a delivery for each of `SESSIONS`."""
    options = WebhookOptions(url="https://a.example/", in_order=True)
    webhook = await config.add_webhook(store, "session-failed", options, actor="ana")
    for session in SESSIONS:
        await _emit(store, session)
    return webhook


async def _emit(store: Store, session: str) -> None:
    body = accept("session-failed", b'{"interviewId": "%s"}' % session.encode())
    await queue.emit(store, "session-failed", body)


async def _claim_heads(store: Store) -> tuple[int, list[queue.Claim]]:
    epoch = await queue.next_epoch(store)
    return epoch, await queue.claim(store, epoch, [queue.Slots(1, 1, 9, 9)])


async def _delete(store: Store, webhook: Webhook, commits: int) -> None:
    await cut_short(store, config.delete_webhook(store, webhook.id, actor="ana"), commits)


async def _undo(store: Store, webhook: Webhook, commits: int) -> None:
    await cut_short(store, config.undo_delete(store, webhook.id, actor="bob"), commits)


async def _rows(store: Store) -> list[tuple[str, int]]:
    """State and due time of each delivery, oldest first."""
    sql = "SELECT state, due_at FROM deliveries ORDER BY seq"
    return await store.read(lambda database: database.execute(sql).fetchall())


@pytest.mark.parametrize("undo", range(1, 8))
@pytest.mark.parametrize("deletion", range(1, 8))
async def test_a_deletion_and_its_undo(store: Store, webhook: Webhook, deletion: int, undo: int) -> None:
    """After how many transactions of each does not matter; 7 are more than it takes."""
    await _delete(store, webhook, deletion)
    await _undo(store, webhook, undo)
    await config.finish_changes(store)
    assert await _rows(store) == [("pending", due_at) for due_at in HEADS_ONLY]


async def test_a_head_that_came_back_in_between(store: Store, webhook: Webhook) -> None:
    """It is the head again: the next of its line does not go out before it."""
    epoch, (first, *_) = await _claim_heads(store)
    await _delete(store, webhook, 1)
    await queue.record(store, epoch, first, RESULT, RETRIED)
    await _undo(store, webhook, 1)
    await config.finish_changes(store)
    assert [due_at for _, due_at in await _rows(store)] == [LATER, NEVER, 0, NEVER, NEVER]


async def test_a_head_that_arrived_in_between(store: Store, webhook: Webhook) -> None:
    """The next of its line is due, once all are back."""
    epoch, (first, _) = await _claim_heads(store)
    await _delete(store, webhook, 2)
    await queue.record(store, epoch, first, RESULT, DELIVERED)
    await _undo(store, webhook, 1)
    await config.finish_changes(store)
    assert [due_at for _, due_at in await _rows(store)] == [0, 0, 0, NEVER, NEVER]


@pytest.mark.parametrize("session", ["a", "b", "c"])
@pytest.mark.parametrize("undo", range(1, 8))
async def test_an_event_that_comes_before_all_are_back(
    store: Store, webhook: Webhook, session: str, undo: int
) -> None:
    """It stands behind those of its session that are still to come back."""
    await _delete(store, webhook, 99)
    await _undo(store, webhook, undo)
    await _emit(store, session)
    await config.finish_changes(store)
    last = 0 if session == "c" else NEVER
    assert [due_at for _, due_at in await _rows(store)] == [*HEADS_ONLY, last]


async def test_the_last_one_to_come_back_is_resent(store: Store, webhook: Webhook) -> None:
    """What waited for it is due."""
    await _delete(store, webhook, 99)
    await _undo(store, webhook, 4)  # and one more: all but the last are back
    await _emit(store, "c")
    sql = "SELECT id FROM deliveries WHERE state = 'cancelled'"
    ((last,),) = await store.read(lambda database: database.execute(sql).fetchall())
    await queue.resend(store, last, actor="ana")
    await config.finish_changes(store)
    *others, resent, new = [due_at for _, due_at in await _rows(store)]
    assert others == HEADS_ONLY[:4]
    assert 0 < resent < NEVER
    assert new == 0
