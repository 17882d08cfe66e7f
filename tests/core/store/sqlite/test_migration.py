"""Upgrades of a database file: who may do them, and the copy made before."""

import asyncio
import os
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from core.clock import now_ms
from core.models import Outcome
from core.store import DatabaseNewer, DatabaseOlder, Store, config, history, open_store
from core.store.database import Database
from core.store.filter import DeliveryFilter, View
from core.store.key_rotation import rotate_keys
from core.store.keyring import Keyring
from core.store.opening import file_of
from core.store.sqlite import bell, migration
from core.store.sqlite.lock import DispatcherLock
from core.store.standing import Holder


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


async def test_the_holder_of_the_lock_upgrades(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The holder upgrades without waiting for the lock."""
    async with open_store(database):
        pass
    scripts = [*migration._migrations(), "CREATE TABLE later (a INTEGER) STRICT;"]
    monkeypatch.setattr(migration, "_migrations", lambda: scripts)
    monkeypatch.setattr(migration, "VERSION", migration.VERSION + 1)
    monkeypatch.setattr(migration, "_PATIENCE", 0.1)
    with DispatcherLock.of(database) as lock:
        assert lock.take()
        await asyncio.to_thread(migration.prepare, database, create=True, lock=lock)
    assert migration.check(database) == migration.VERSION


async def test_an_upgrade_waits_for_the_lock(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For some seconds: an older dispatcher may be about to end."""
    async with open_store(database):
        pass
    scripts = [*migration._migrations(), "CREATE TABLE later (a INTEGER) STRICT;"]
    monkeypatch.setattr(migration, "_migrations", lambda: scripts)
    monkeypatch.setattr(migration, "VERSION", migration.VERSION + 1)
    now = 1000.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        if now > 1004.9:
            lock.release()

    monkeypatch.setattr(migration, "time", SimpleNamespace(monotonic=lambda: now, sleep=sleep))
    with DispatcherLock.of(database) as lock:
        assert lock.take()
        await asyncio.to_thread(migration.prepare, database, create=True)
    assert migration.check(database) == migration.VERSION


async def test_no_copy_of_nothing(database: Path) -> None:
    """A file that is made, or that stands there empty, has nothing to keep."""
    database.parent.mkdir(parents=True)
    database.touch()
    await asyncio.to_thread(migration.prepare, database, create=True)
    assert migration.check(database) == migration.VERSION
    assert list(database.parent.glob("*.v*")) == []


@pytest.mark.parametrize("version", range(1, migration.VERSION))
async def test_each_older_version_is_upgraded(
    database: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    """From the first one on, with a copy of what it was, which nobody else can read."""
    scripts = migration._migrations()
    with monkeypatch.context() as older:
        older.setattr(migration, "_migrations", lambda: scripts[:version])
        older.setattr(migration, "VERSION", version)
        await asyncio.to_thread(migration.prepare, database, create=True)
    await asyncio.to_thread(migration.prepare, database, create=False)
    assert migration.check(database) == migration.VERSION
    (copy,) = database.parent.glob("*.v*")
    assert copy.name == f"hookkeeper.db.v{version}"
    assert migration.check(copy) == version
    assert copy.stat().st_mode & 0o777 == 0o600


async def test_figures_are_filled_from_older_books(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What version 2 has stored is counted, and found, as if it had come today."""
    scripts = migration._migrations()[:2]
    with monkeypatch.context() as older:
        older.setattr(migration, "_migrations", lambda: scripts)
        older.setattr(migration, "VERSION", 2)
        await asyncio.to_thread(migration.prepare, database, create=True)
    books = sqlite3.connect(database)
    books.executescript(
        "INSERT INTO webhooks (seq, id, type, url, enabled, concurrency, signing_secret, version, created_at, created_by,"
        " updated_at, updated_by) VALUES (1, 'wh_1', 'session-failed', 'https://a.example/', 1, 10, x'00', 1, 0, '', 0, '');"
        "INSERT INTO events VALUES (1, 'evt_1', 'session-failed', x'7b7d', 's1', NULL, 0, 1000);"
        "INSERT INTO deliveries (seq, id, event, webhook, state, lane, due_at, attempts, last_outcome, created_at, changed_at)"
        " VALUES (1, 'dlv_1', 1, 1, 'failed', 1, 0, 2, 'timeout', 0, 0), (2, 'dlv_2', 1, 1, 'pending', 1, 0, 1, 'timeout', 0, 0),"
        " (3, 'dlv_3', 1, 1, 'pending', 0, 0, 0, NULL, 0, 0), (4, 'dlv_4', 1, 1, 'delivered', 1, 0, 1, 'ok', 0, 0);"
        "INSERT INTO attempts VALUES (1, 'att_1', 1, 1, 0, 'timeout', NULL, '', '', NULL, NULL, NULL, 15000, '[]', x'', 0),"
        " (2, 'att_2', 1, 2, 0, 'timeout', NULL, '', '', NULL, NULL, NULL, 7000, '[]', x'', 0),"
        " (3, 'att_3', 4, 1, 0, 'ok', 204, '', '', NULL, NULL, NULL, 20, '[]', x'', 0);"
    )
    books.close()
    await asyncio.to_thread(migration.prepare, database, create=False)
    async with open_store(database, writes=False) as store:  # the webhook's secret is made up
        totals = await history.totals(store)
        assert (totals.attention, totals.undelivered, totals.waiting) == (3, 3, 2)
        rows = await history.list_deliveries(store, DeliveryFilter(view=View.SLOW))
        assert [(row.seq, row.delivery.took_ms) for row in rows] == [(1, 7000)]
        rows = await history.list_deliveries(store, DeliveryFilter(outcome=Outcome.TIMEOUT))
        assert [row.seq for row in rows] == [2, 1]


@pytest.mark.parametrize("version", [1, 2, 3])
async def test_secrets_of_older_books_go_on_signing(
    database: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    """From every earlier version: present secrets, those that a rotation replaced until they end, keys that rotate."""
    scripts = migration._migrations()[:version]
    with monkeypatch.context() as older:
        older.setattr(migration, "_migrations", lambda: scripts)
        older.setattr(migration, "VERSION", version)
        await asyncio.to_thread(migration.prepare, database, create=True)
    ring, books = Keyring.load(), sqlite3.connect(database)
    until = now_ms() + 3_600_000
    for seq, end in ((1, until), (2, 1), (3, None)):
        sealed = ring.encrypt(SecretStr(f"whsec_present{seq}"), f"webhooks/wh_000{seq}/signing_secret")
        books.execute(
            "INSERT INTO webhooks (seq, id, type, url, enabled, concurrency, signing_secret, version, created_at,"
            " created_by, updated_at, updated_by) VALUES (?, ?, 'session-failed', 'https://a.example/', 1, 10, ?, 1, 0,"
            " '', 0, '')",
            (seq, f"wh_000{seq}", sealed),
        )
        if version > 1 and end is not None:
            previous = ring.encrypt(SecretStr(f"whsec_before{seq}"), f"webhooks/wh_000{seq}/previous_secret")
            values = (previous, end, seq)
            books.execute("UPDATE webhooks SET previous_secret = ?, previous_until = ? WHERE seq = ?", values)
    books.commit()
    books.close()
    await asyncio.to_thread(migration.prepare, database, create=False)
    older_ones = [[("whsec_before1", until)] if version > 1 else [], [], []]
    async with open_store(database) as store:
        for _ in range(2):
            found = await config.list_with_secrets(store)
            assert [each.signing_secret.get_secret_value() for each in found] == [
                f"whsec_present{seq}" for seq in (1, 2, 3)
            ]
            assert [
                [(older.secret.get_secret_value(), older.ends_at) for older in each.older_secrets]
                for each in found
            ] == older_ones
            done = await rotate_keys(store, actor="ana", remove_old=True)
            assert done.secrets == (5 if version > 1 else 3)
        await config.rotate_secret(store, "wh_0001", actor="ana")
        (rotated, *_) = await config.list_with_secrets(store)
        assert rotated.older_secrets[0].secret.get_secret_value() == "whsec_present1"
        assert len(rotated.older_secrets) == (2 if version > 1 else 1)


async def test_an_open_program_notices_an_upgrade(store: Store) -> None:
    """A running old process stops in words."""
    other = sqlite3.connect(file_of(store.place))
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

    def count(database: Database) -> object:
        loop.call_soon_threadsafe(begun.set)
        return database.execute(endless).fetchone()

    query = asyncio.create_task(store.read(count))
    await begun.wait()
    query.cancel()
    with pytest.raises(asyncio.CancelledError):
        await query
    assert await store.read(lambda db: db.execute("SELECT 1").fetchone()) == (1,)


async def test_bell(database: Path) -> None:
    """A ring reaches a listener. Without a listener nothing happens."""
    database.parent.mkdir(parents=True)
    bell.ring(database)
    rung = asyncio.Event()
    listening = bell.Bell(database, rung)
    bell.ring(database)
    async with asyncio.timeout(50):
        await rung.wait()
    listening.close()


def test_lock(database: Path) -> None:
    """The holder identifies itself. The next process gets the lock once it is released."""
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
