"""A change of a webhook reaches any number of its deliveries, one slice at a time, even if a process dies between."""

import asyncio

import pytest

from core.models import Webhook
from core.store import config, history, queue
from core.store.config import changes
from core.store.filter import DeliveryFilter
from core.store.ordering import NEVER
from core.store.sqlite.sqlite_store import SqliteStore
from tests.support.cut_short import cut_short
from tests.support.many import write_many

MANY = 1_000
OF_EACH = MANY // 5
LINES = 10


@pytest.fixture
async def webhook(store: SqliteStore) -> Webhook:
    """One that keeps the order and has 200 deliveries pending in ten lines; the heads are due."""
    await write_many(store, MANY)
    await store.write(
        lambda db: (
            db.execute(
                "UPDATE deliveries SET state = 'pending', lane = 0, last_outcome = NULL, last_status = NULL,"
                f" ordering_key = seq / 5 % {LINES}, due_at = iif(seq / 5 < {LINES}, 0, {NEVER})"
            ).rowcount
        )
    )
    await store.write(lambda db: db.execute("UPDATE webhooks SET in_order = 1").rowcount)
    return (await config.list_webhooks(store))[1].webhook


@pytest.fixture
def _one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice is one delivery, so that there is always something between two."""
    monkeypatch.setattr(changes, "SLICE", 1)


async def _states(store: SqliteStore, webhook: Webhook) -> dict[str, int]:
    sql = (
        "SELECT d.state, count(*) FROM deliveries d JOIN webhooks w ON w.seq = d.webhook WHERE w.id = ?"
        " GROUP BY 1 ORDER BY 1"
    )
    return await store.read(lambda db: dict(db.execute(sql, (webhook.id,)).fetchall()))


async def test_a_deletion_in_slices(
    store: SqliteStore, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many transactions as it takes, and the right number at once."""
    monkeypatch.setattr(changes, "SLICE", 30)
    before = store.writer.commits
    assert await config.delete_webhook(store, webhook.id, actor="ana") == OF_EACH
    assert store.writer.commits - before > OF_EACH // 30
    assert await _states(store, webhook) == {"cancelled": OF_EACH}


@pytest.mark.usefixtures("_one_by_one")
async def test_a_deletion_that_wascut_short(store: SqliteStore, webhook: Webhook) -> None:
    """Nothing of it can be claimed any more; the dispatcher cancels the rest; it all comes back, in order."""
    assert await cut_short(store, config.delete_webhook(store, webhook.id, actor="ana"), 5)
    states = await _states(store, webhook)
    assert 0 < states["pending"] < OF_EACH
    assert 2 not in (await queue.look_out(store)).due
    await config.finish_changes(store)
    assert await _states(store, webhook) == {"cancelled": OF_EACH}
    await config.undo_delete(store, webhook.id, actor="ana")
    assert await _states(store, webhook) == {"pending": OF_EACH}
    heads = f"SELECT count(*) FROM deliveries WHERE webhook = 2 AND due_at < {NEVER}"
    assert await store.read(lambda db: db.execute(heads).fetchone()) == (LINES,)


@pytest.mark.usefixtures("_one_by_one")
async def test_an_undo_of_what_is_not_finished(store: SqliteStore, webhook: Webhook) -> None:
    """Who deletes stops where somebody brings it back; an undo that was cut short is finished, too."""
    assert await cut_short(store, config.delete_webhook(store, webhook.id, actor="ana"), 50)
    assert await cut_short(store, config.undo_delete(store, webhook.id, actor="bob"), 5)
    assert await _states(store, webhook) == {"cancelled": 45, "pending": 155}
    await config.finish_changes(store)
    assert await _states(store, webhook) == {"pending": OF_EACH}
    (note, *_) = await store.read(
        lambda db: db.execute("SELECT details FROM audit WHERE action = 'undeleted'").fetchone()
    )
    assert note == f"{OF_EACH} deliveries held"


@pytest.mark.usefixtures("_one_by_one")
async def test_deleted_and_brought_back_at_once(store: SqliteStore, webhook: Webhook) -> None:
    """Two people at once: the last word counts."""
    deletion = asyncio.create_task(config.delete_webhook(store, webhook.id, actor="ana"))
    async for _ in store.changes(0.001):
        if await config.list_deleted(store):
            break
    await asyncio.gather(deletion, config.undo_delete(store, webhook.id, actor="bob"))
    assert await _states(store, webhook) == {"pending": OF_EACH}


@pytest.mark.usefixtures("_one_by_one")
async def test_an_order_that_is_switched_off(store: SqliteStore, webhook: Webhook) -> None:
    """What is cut short goes on; in the end all are due."""
    options = webhook.options.model_copy(update={"in_order": False})
    save = config.save_webhook(store, webhook.id, options, version=webhook.version, actor="ana")
    assert await cut_short(store, save, 5)
    waiting = f"SELECT count(*) FROM deliveries WHERE webhook = 2 AND due_at = {NEVER}"
    (left,) = await store.read(lambda db: db.execute(waiting).fetchone())
    assert left > 0
    await config.finish_changes(store)
    assert await store.read(lambda db: db.execute(waiting).fetchone()) == (0,)


@pytest.mark.usefixtures("_one_by_one")
async def test_what_is_held_is_cancelled_before_anything_is_released(
    store: SqliteStore, webhook: Webhook
) -> None:
    """Cut short, the webhook stays disabled; what comes meanwhile stays held, and goes out with the rest of its line."""
    await config.set_enabled(store, webhook.id, False, actor="ana")
    enabling = config.set_enabled(store, webhook.id, True, actor="ana", held="cancel")
    assert await cut_short(store, enabling, 5)
    assert not (await config.load_webhook(store, webhook.id)).enabled
    states = await _states(store, webhook)
    assert 0 < states["pending"] < OF_EACH
    await config.set_enabled(store, webhook.id, True, actor="ana", held="cancel")
    assert await _states(store, webhook) == {"cancelled": OF_EACH}
    assert (await config.load_webhook(store, webhook.id)).enabled


async def test_the_clock_moves_many_once(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each retry by the step, whatever its lane, and what has no due time not at all."""
    monkeypatch.setattr(queue.outcomes, "_MOVED_AT_ONCE", 7)
    await write_many(store, MANY)
    await store.write(
        lambda db: (
            db.execute(
                "UPDATE deliveries SET state = 'pending', lane = seq % 3, due_at = iif(seq % 4 = 0, 0, 5000 + seq)"
            ).rowcount
        )
    )
    before = store.writer.commits
    assert await queue.move_due_times(store, 100) == MANY * 3 // 4
    assert store.writer.commits - before == 1 + 108  # 750 of them, 7 at once
    wrong = "SELECT count(*) FROM deliveries WHERE due_at <> iif(seq % 4 = 0, 0, 5100 + seq)"
    assert await store.read(lambda db: db.execute(wrong).fetchone()) == (0,)


async def test_nothing_is_left_to_do(store: SqliteStore, webhook: Webhook) -> None:
    """Where nothing was cut short nothing changes."""
    before = await history.count_deliveries(store, DeliveryFilter(state="pending"))
    commits = store.writer.commits
    await config.finish_changes(store)
    assert store.writer.commits == commits
    assert await history.count_deliveries(store, DeliveryFilter(state="pending")) == before
