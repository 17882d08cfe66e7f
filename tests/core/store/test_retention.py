"""Pruning removes what is older than the retention settings, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.catalog import accept
from core.clock import now_ms
from core.models import GeneralSettings, WebhookOptions
from core.store import Store, config, history, queue, retention
from core.store.database import Database
from core.store.retention import Pruned, prune
from core.store.sqlite.sqlite_store import open_file

DAY = 86_400_000
BODY = accept("session-failed", b'{"interviewId": "66e1"}')
SETTINGS = GeneralSettings()
NOTHING = Pruned(0, 0, 0, 0, 0, 0, 0)
STATES = ("delivered", "cancelled", "failed", "pending", "delivered")


async def _write(store: Store, *statements: tuple[str, dict[str, object]]) -> None:
    def write(database: Database) -> None:
        for sql, values in statements:
            database.execute(sql, values)

    await store.write(write)


async def _counts(store: Store) -> dict[str, int]:
    def read(database: Database) -> dict[str, int]:
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        return {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("events", "deliveries", "attempts", "unwanted", "skipped", "event_keys")
        }

    return await store.read(read)


def _many(now: int, number: int) -> Callable[[Database], None]:
    """Events over 100 days, one delivery each, in turn delivered, cancelled, failed, pending, delivered."""
    age = f"({now} - 100 * {DAY} + i * {100 * DAY // number})"
    state = "CASE i % 5 " + " ".join(f"WHEN {i} THEN '{state}'" for i, state in enumerate(STATES)) + " END"
    rows = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {number})"

    def write(database: Database) -> None:
        database.execute(
            f"INSERT INTO events (seq, id, type, body, is_test, created_at)"
            f" {rows} SELECT i + 1, 'evt_' || i, 'session-failed', x'7b7d', 0, {age} FROM n"
        )
        database.execute(
            "INSERT INTO deliveries (seq, id, event, webhook, state, lane, due_at, created_at, changed_at)"
            f" {rows} SELECT i + 1, 'dlv_' || i, i + 1, 1, {state}, 0, 0, {age}, {age} FROM n"
        )
        database.execute(
            "INSERT INTO attempts (id, delivery, number, started_at, outcome, reason, url, total_ms,"
            " response_headers, response_body, response_body_cut)"
            f" {rows} SELECT 'att_' || i, i + 1, 1, {age}, 'ok', '', '', 1, '[[\"a\",\"b\"]]', x'6f6b', 0 FROM n"
        )

    return write


async def test_fifty_thousand_of_mixed_age(database: Path) -> None:
    """Of each kind what is young enough stays; a dry run tells the same figures and removes nothing."""
    number, now = 50_000, now_ms()
    settings = SETTINGS.model_copy(
        update={"keep_delivered": 30, "keep_failed": 50, "keep_evidence": 20, "keep_unwanted": 1}
    )
    async with open_file(database) as store:
        options = WebhookOptions(url="https://a.example/")
        await config.add_webhook(store, "session-failed", options, actor="ana")
        await store.write(_many(now, number), may_fail=False)
        pages = await store.read(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
        # 500 a day: 300 delivered or cancelled, 100 failed, 100 pending.
        expected = Pruned(
            delivered=300 * 70, failed=100 * 50, evidence=300 * 10 + 100 * 30 + 100 * 80,
            unwanted=0, events=300 * 70 + 100 * 50, keys=0, overdue=100 * 10,
        )  # fmt: skip
        before = await _counts(store)
        dry = await prune(store, settings, now, dry_run=True)
        assert await _counts(store) == before
        assert dry == expected
        commits = store.writer.commits
        assert await prune(store, settings, now) == expected
        transactions = store.writer.commits - commits
        assert transactions >= (expected.delivered + expected.failed + expected.events) / retention.BATCH
        stays = number - 26_000
        assert await _counts(store) == {
            "events": stays, "deliveries": stays, "attempts": stays, "unwanted": 0, "skipped": 0, "event_keys": 0,
        }  # fmt: skip
        ages = await store.read(
            lambda db: db.execute(
                f"SELECT state, max(({now} - created_at) / {DAY}) FROM deliveries GROUP BY state"
            ).fetchall()
        )
        # One of those delivered is 30 days old to the millisecond.
        assert dict(ages) == {"cancelled": 29, "delivered": 30, "failed": 49, "pending": 99}
        evidence = "SELECT count(*) FROM attempts WHERE response_body <> x'' AND response_headers <> '[]'"
        assert await store.read(lambda db: db.execute(evidence).fetchone()) == (500 * 20,)
        again = await prune(store, settings, now)
        assert again == Pruned(0, 0, 0, 0, 0, 0, 1_000)
        await store.checkpoint()
        left = await store.read(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
        assert left < pages * 0.8
        assert await store.read(lambda db: db.execute("PRAGMA integrity_check").fetchone()) == ("ok",)


@pytest.mark.parametrize(
    ("state", "days", "changed", "stays"),
    [
        ("delivered", 31, 31, False),
        ("delivered", 31, 29, True),
        ("delivered", 29, 29, True),
        ("cancelled", 31, 31, False),
        ("failed", 31, 31, True),
        ("failed", 91, 91, False),
        ("failed", 91, 89, True),
        ("pending", 3000, 3000, True),
        ("sending", 3000, 3000, True),
    ],
)
async def test_by_state(store: Store, state: str, days: int, changed: int, stays: bool) -> None:
    """A delivery's time counts from its last change; what is undelivered is never removed."""
    options = WebhookOptions(url="https://a.example/")
    await config.add_webhook(store, "session-failed", options, actor="ana")
    await queue.emit(store, "session-failed", BODY)
    now = now_ms()
    values = {"state": state, "at": now - days * DAY, "changed": now - changed * DAY}
    await _write(
        store,
        ("UPDATE deliveries SET state = :state, created_at = :at, changed_at = :changed", values),
        ("UPDATE events SET created_at = :at", values),
    )
    await prune(store, SETTINGS, now)
    counts = await _counts(store)
    assert (counts["deliveries"], counts["events"]) == (int(stays), int(stays))


async def test_events_without_deliveries(store: Store) -> None:
    """Unwanted events have a time of their own; an event stays as long as a delivery or its key needs it."""
    unwanted = (await queue.emit(store, "session-started", BODY)).id
    options = WebhookOptions(url="https://a.example/")
    for _ in range(2):
        await config.add_webhook(store, "session-failed", options, actor="ana")
    shared = (await queue.emit(store, "session-failed", BODY)).id
    keyed = (await queue.emit(store, "session-failed", BODY, key="k")).id
    skipped = (await queue.emit(store, "session-failed", BODY)).id
    now = now_ms()
    await _write(
        store,
        ("UPDATE events SET created_at = :at", {"at": now - 3 * DAY}),
        (
            "UPDATE deliveries SET state = 'delivered', created_at = :at, changed_at = :at",
            {"at": now - 3 * DAY},
        ),
        ("UPDATE deliveries SET state = 'pending' WHERE seq = 1", {}),
        ("DELETE FROM deliveries WHERE event = 4", {}),
        ("INSERT INTO skipped VALUES (4, 1, 'status'), (4, 2, 'status')", {}),
    )

    async def left(**days: int) -> list[str]:
        settings = SETTINGS.model_copy(update={f"keep_{name}": value for name, value in days.items()})
        counted = await prune(store, settings, now, dry_run=True)
        pruned = await prune(store, settings, now)
        assert counted == pruned
        return [event.id for event in reversed(await history.list_events(store))]

    assert await left() == [unwanted, shared, keyed, skipped]
    assert await left(delivered=2) == [unwanted, shared, keyed, skipped]
    assert len(await history.list_deliveries(store)) == 1
    assert await left(unwanted=2) == [shared, keyed, skipped]
    assert await left(unwanted=2, delivered=2) == [shared, keyed]
    assert (await queue.emit(store, "session-failed", BODY, key="k")).id == keyed
    await _write(store, ("UPDATE event_keys SET expires_at = 1", {}))
    assert await left(delivered=2, keys=2) == [shared]
    assert (await _counts(store))["event_keys"] == 0


async def test_an_ended_secret_is_forgotten(store: Store) -> None:
    """The signing secret before a rotation is kept no longer than it signs."""
    options = WebhookOptions(url="https://a.example/")
    webhook = await config.add_webhook(store, "session-failed", options, actor="ana")
    await config.rotate_secret(store, webhook.id, actor="ana")
    sealed = "SELECT count(*) FROM older_secrets"
    assert await prune(store, SETTINGS, now_ms()) == NOTHING
    assert await store.read(lambda db: db.execute(sealed).fetchone()) == (1,)
    await prune(store, SETTINGS, now_ms() + DAY)
    assert await store.read(lambda db: db.execute(sealed).fetchone()) == (0,)
    assert len(await config.list_with_secrets(store)) == 1


async def test_a_delivery_that_changes_meanwhile_stays(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is sent again after it was found too old is not removed."""
    options = WebhookOptions(url="https://a.example/")
    await config.add_webhook(store, "session-failed", options, actor="ana")
    await queue.emit(store, "session-failed", BODY)
    (row,) = await history.list_deliveries(store)
    await _write(store, ("UPDATE deliveries SET state = 'failed', created_at = 1, changed_at = 1", {}))
    read = store.read

    async def read_then_resend(work: Callable[[Database], object]) -> object:
        found = await read(work)
        if isinstance(found, tuple) and found[0] == [1]:
            monkeypatch.undo()
            await queue.resend(store, row.delivery.id, actor="ana")
        return found

    monkeypatch.setattr(store, "read", read_then_resend)
    assert (await prune(store, SETTINGS, now_ms())).failed == 0
    assert (await history.load_delivery(store, row.delivery.id)).state == "pending"
