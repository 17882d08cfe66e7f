"""Files that cannot be used: one sentence, and not a byte of them is changed."""

import os
import sqlite3
from contextlib import aclosing
from pathlib import Path

import pytest

from core.catalog import accept
from core.models import WebhookOptions
from core.store import (
    DatabaseCorrupt,
    DatabaseMissing,
    DatabaseOlder,
    DatabaseReadOnly,
    KeyMissing,
    StoreError,
    config,
    history,
    open_store,
    queue,
)
from core.store.sqlite import migration

BODY = accept("session-failed", b'{"interviewId": "66e1"}')
_WRITE_VERSION = 18
"""The byte of the header that says who may write (SQLite's file format, section 1.3.3)."""


async def _write_some(path: Path) -> None:
    async with open_store(path) as store:
        for _ in range(20):
            await queue.emit(store, "session-failed", BODY)
        options = WebhookOptions(url="https://a.example/")
        await config.add_webhook(store, "session-failed", options, actor="ana")


async def _open(path: Path) -> None:
    async with open_store(path):
        pass


async def test_read_only(database: Path) -> None:
    """A file that may only be read is known at once, not at the first write.

    The header's write version says so to SQLite, whoever runs the test; permissions do not bind root.
    """
    await _write_some(database)
    with database.open("r+b") as file:
        file.seek(_WRITE_VERSION)
        file.write(b"\x03")
    before = database.read_bytes()
    with pytest.raises(DatabaseReadOnly, match="cannot be written"):
        await _open(database)
    assert database.read_bytes() == before


async def test_reading_only(database: Path) -> None:
    """A file that may only be read can be read, and a write says why it is refused."""
    await _write_some(database)
    with database.open("r+b") as file:
        file.seek(_WRITE_VERSION)
        file.write(b"\x03")
    before = database.read_bytes()
    async with open_store(database, writes=False) as store:
        assert store.reads_only
        assert len(await config.list_webhooks(store)) == 1
        with pytest.raises(DatabaseReadOnly, match="open for reading only: nothing was changed"):
            await queue.emit(store, "session-failed", BODY)
    assert database.read_bytes() == before


async def test_reading_only_makes_nothing(database: Path) -> None:
    """Neither a file nor a folder."""
    with pytest.raises(DatabaseMissing) as caught:
        async with open_store(database, writes=False):
            pass
    assert (
        str(caught.value) == f"There is no database {database}. hookkeeper opens the screens and makes one."
    )
    assert not database.parent.exists()


async def test_reading_only_upgrades_nothing(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an older program has made is left as it is, and the sentence says who upgrades it."""
    await _write_some(database)
    before = database.read_bytes()
    monkeypatch.setattr(migration, "VERSION", migration.VERSION + 1)
    with pytest.raises(DatabaseOlder) as caught:
        async with open_store(database, writes=False):
            pass
    assert str(caught.value) == f"The database {database} must be upgraded first: hookkeeper serve does so."
    assert database.read_bytes() == before


@pytest.mark.parametrize("writes", [True, False])
async def test_what_is_no_database(database: Path, writes: bool) -> None:
    """The sentence names the file."""
    database.parent.mkdir(parents=True)
    database.write_bytes(b"no database at all" * 100)
    with pytest.raises(DatabaseCorrupt) as caught:
        async with open_store(database, writes=writes):
            pass
    assert str(caught.value) == f"{database} is not a SQLite database. Name another file with --db."


async def test_reading_only_sees_what_others_write(database: Path) -> None:
    """A read-only store is notified of changes like any other."""
    async with open_store(database) as other, open_store(database, writes=False) as store:
        async with aclosing(store.changes(0.01)) as changes:
            await anext(changes)
            await queue.emit(other, "session-failed", BODY)
            await anext(changes)
        assert len(await history.list_events(store)) == 1


async def test_cut_off(database: Path) -> None:
    """A file that lost its end is damaged, and stays as it is for whoever repairs it."""
    await _write_some(database)
    os.truncate(database, 4096 * 3)
    before = database.read_bytes()
    with pytest.raises(DatabaseCorrupt, match="is damaged"):
        await _open(database)
    assert database.read_bytes() == before


async def test_a_damaged_page_is_found_when_it_is_read(database: Path) -> None:
    """Damage inside a table is said by what reads it; the rest of the program goes on."""
    await _write_some(database)
    file = sqlite3.connect(database)
    (page,) = file.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'events'").fetchone()
    file.close()
    with database.open("r+b") as raw:
        raw.seek((page - 1) * 4096)
        raw.write(b"\xff" * 4096)
    async with open_store(database) as store:
        with pytest.raises(DatabaseCorrupt, match="is damaged"):
            await history.list_events(store)
        assert len(await config.list_webhooks(store)) == 1


@pytest.mark.parametrize("content", [b"no", b"SQLite format 3\x00", b"\x00" * 5000])
async def test_hardly_a_file(database: Path, content: bytes) -> None:
    """A few bytes of something are no database, and are not overwritten."""
    database.parent.mkdir(parents=True)
    database.write_bytes(content)
    with pytest.raises(DatabaseCorrupt, match="not a SQLite database"):
        await _open(database)
    assert database.read_bytes() == content


async def test_a_file_where_the_folder_should_be(tmp_path: Path, database: Path) -> None:
    """The message contains the operating system's reason."""
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseMissing, match="cannot be used"):
        await _open(tmp_path / "file" / "hookkeeper.db")


async def test_an_empty_file_becomes_a_database(database: Path) -> None:
    """A file made by `touch` is accepted."""
    database.parent.mkdir(parents=True)
    database.touch()
    await _write_some(database)
    async with open_store(database, create=False) as store:
        assert len(await config.list_webhooks(store)) == 1


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"key_1 AAAA\n", b"key_1\n"])
async def test_a_key_file_that_is_none(database: Path, content: bytes | None) -> None:
    """A damaged key file, or a folder in its place, stops the program in words and is not replaced."""
    await _write_some(database)
    keys = Path(os.environ["HOOKKEEPER_KEY_FILE"])
    keys.unlink()
    if content is None:
        keys.mkdir()
    else:
        keys.write_bytes(content)
    with pytest.raises(StoreError, match="key file") as caught:
        await _open(database)
    assert "AAAA" not in str(caught.value)
    assert keys.is_dir() if content is None else keys.read_bytes() == content


async def test_keys_of_several_databases(database: Path, tmp_path: Path) -> None:
    """The key file's last key encrypts, older ones still open what they sealed; another database's key does not."""
    keys = Path(os.environ["HOOKKEEPER_KEY_FILE"])
    await _write_some(database)
    old = keys.read_text()
    keys.unlink()
    await _write_some(tmp_path / "other" / "hookkeeper.db")
    new = keys.read_text().splitlines()[-1]
    with pytest.raises(KeyMissing, match="is not in"):
        await _open(database)
    keys.write_text(f"{old}{new}\n")
    async with open_store(database) as store:
        ((before,),) = [(summary.webhook,) for summary in await config.list_webhooks(store)]
        assert (await config.signing_secret(store, before.id)).get_secret_value().startswith("whsec_")
        await config.add_webhook(
            store, "session-started", WebhookOptions(url="https://a.example/"), actor="ana"
        )
        sealed = await store.read(
            lambda db: db.execute("SELECT signing_secret FROM webhooks ORDER BY seq").fetchall()
        )
    assert [row[0].split(b"\n")[0].decode() in new for row in sealed] == [False, True]
