"""Who may upgrade a file, and what happens before."""

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest

from core.store import DatabaseNewer, DatabaseOlder, Store, bell, migration, open_store
from core.store.lock import DispatcherLock, Holder


async def test_upgrade_keeps_a_copy(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older file is copied before it is upgraded; while an older dispatcher works on it, it is not touched."""
    async with open_store(database):
        pass
    scripts = [*migration._migrations(), "CREATE TABLE later (a INTEGER) STRICT;"]
    monkeypatch.setattr(migration, "_migrations", lambda: scripts)
    newer = migration.VERSION + 1
    monkeypatch.setattr(migration, "VERSION", newer)
    monkeypatch.setattr(migration, "_PATIENCE", 0.1)
    with DispatcherLock.of(database) as lock:
        assert lock.take()
        with pytest.raises(DatabaseOlder, match="hookkeeper stop"):
            await asyncio.to_thread(migration.prepare, database, create=True)
    await asyncio.to_thread(migration.prepare, database, create=True)
    assert migration.check(database) == newer
    copy = sqlite3.connect(database.with_name(f"hookkeeper.db.v{newer - 1}"))
    assert copy.execute("PRAGMA user_version").fetchone() == (newer - 1,)
    copy.close()


async def test_an_open_program_notices_an_upgrade(store: Store) -> None:
    """A running old process stops in words."""
    other = sqlite3.connect(store.path)
    changes = store.changes(0.01)
    asyncio.get_running_loop().call_later(0.05, other.execute, "PRAGMA user_version = 99")
    with pytest.raises(DatabaseNewer, match="can no longer read it"):
        async for _ in changes:
            pass
    other.close()


async def test_a_cancelled_read_is_interrupted(store: Store) -> None:
    """A superseded query ends at once, and the next one works."""
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def count(database: sqlite3.Connection) -> object:
        loop.call_soon_threadsafe(begun.set)
        return database.execute(endless).fetchone()

    query = asyncio.create_task(store.read(count))
    await begun.wait()
    query.cancel()
    with pytest.raises(asyncio.CancelledError):
        await query
    assert await store.read(lambda db: db.execute("SELECT 1").fetchone()) == (1,)


async def test_bell(database: Path) -> None:
    """Who rings is heard; where nobody listens, nothing happens."""
    database.parent.mkdir(parents=True)
    bell.ring(database)
    rung = asyncio.Event()
    listening = bell.Bell(database, rung)
    bell.ring(database)
    async with asyncio.timeout(10):
        await rung.wait()
    listening.close()


def test_lock(database: Path) -> None:
    """One holds it and says who it is; the next one has it when it is let go."""
    database.parent.mkdir(parents=True)
    with DispatcherLock.of(database) as first, DispatcherLock.of(database) as second:
        assert first.holder() is None
        assert first.last_beat() == 0
        assert first.take()
        assert first.take()
        assert second.holder() is None
        first.say(Holder(os.getpid(), 3, "serve", 0, "ana"))
        first.beat()
        assert not second.take()
        holder = second.holder()
        assert holder is not None
        assert (holder.pid, holder.epoch, holder.user) == (os.getpid(), 3, "ana")
        first.release()
        assert second.holder() is None
        assert second.take()


def test_keys_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A systemd credential takes the key file's place."""
    from core.store.key_file import key_file

    monkeypatch.delenv("HOOKKEEPER_KEY_FILE", raising=False)
    credential = tmp_path / "hookkeeper-keys"
    credential.write_text("")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert key_file() == credential
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "nothing"))
    assert key_file().name == "keys"
