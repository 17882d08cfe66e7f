"""The writer: many callers, few transactions, nothing lost."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from core.catalog import Body, accept
from core.models import WebhookOptions
from core.store import DatabaseBusy, DatabaseFull, Store, config, history, open_store, queue
from core.store.database import Database
from core.store.opening import file_of
from core.store.sqlite import connection
from core.store.sqlite.sqlite_store import SqliteStore

BODY = accept("session-failed", b'{"interviewId": "66e1",  "amount": 1.10}')


async def test_a_thousand_callers_share_few_commits(store: SqliteStore) -> None:
    """1,000 concurrent emits, one that SQLite refuses: few COMMITs, 999 acknowledged, one refused."""
    before = store.writer.commits
    bad = Body(BODY.raw, "\ud800", None, None)
    answers = await asyncio.gather(
        *(queue.emit(store, "session-failed", bad if number == 500 else BODY) for number in range(1000)),
        return_exceptions=True,
    )
    assert store.writer.commits - before <= 50
    assert sum(isinstance(answer, queue.Emitted) for answer in answers) == 999
    assert isinstance(answers[500], UnicodeEncodeError)
    assert len(await history.list_events(store, limit=2000)) == 999


async def test_cancelled_callers_lose_nothing(database: Path) -> None:
    """Callers cancelled at every await leave no open transaction; what was acknowledged is in the file."""
    acknowledged: list[str] = []

    async def emit(store: Store) -> None:
        acknowledged.append((await queue.emit(store, "session-failed", BODY)).id)

    async with open_store(database) as store:
        for turns in range(30):
            tasks = [asyncio.create_task(emit(store)) for _ in range(5)]
            for _ in range(turns):
                await asyncio.sleep(0)
            for task in tasks[::2]:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        other = sqlite3.connect(database, timeout=20, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
        other.close()
    async with open_store(database) as store:
        stored = {event.id for event in await history.list_events(store, limit=1000)}
    assert set(acknowledged) <= stored
    assert len(acknowledged) >= 60


async def test_full_disk_changes_nothing(store: Store) -> None:
    """A full database refuses the whole batch in words; once there is room, it writes again."""

    def pages(number: int) -> int:
        return number

    size = await store.write(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
    await store.write(lambda db: db.execute(f"PRAGMA max_page_count = {pages(size)}").fetchone())
    big = accept("session-failed", b'{"interviewId": "%s"}' % (b"x" * 100_000))
    with pytest.raises(DatabaseFull, match="disk is full"):
        await queue.emit(store, "session-failed", big)
    assert await history.list_events(store) == []
    await store.write(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone())
    assert (await queue.emit(store, "session-failed", big)).deliveries == 0


async def test_an_error_is_its_callers_alone(store: Store) -> None:
    """A function that raises is undone alone; the others of its transaction are kept."""

    def broken(database: Database) -> None:
        database.execute("DELETE FROM webhooks")
        raise ValueError("mine")

    webhook = config.add_webhook(
        store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana"
    )
    first = asyncio.create_task(webhook)
    with pytest.raises(ValueError, match="mine"):
        await store.write(broken)
    await first
    assert len(await config.list_webhooks(store)) == 1


async def test_the_lock_is_waited_for_but_not_for_ever(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program writes: what is handed in waits for it; after some seconds it is refused, then goes on."""
    other = sqlite3.connect(file_of(store.place), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(queue.emit(store, "session-failed", BODY))
    done, _ = await asyncio.wait([waiting], timeout=0.2)
    assert not done
    other.execute("COMMIT")
    assert (await waiting).deliveries == 0
    monkeypatch.setattr(connection, "BUSY_TIMEOUT", 0.05)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusy, match="another program holds it"):
        await queue.emit(store, "session-failed", BODY)
    other.close()
    await queue.emit(store, "session-failed", BODY)
    assert len(await history.list_events(store)) == 2
