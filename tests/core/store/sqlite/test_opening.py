"""A database file that cannot be used gives one sentence, and stays unchanged."""

import errno
import os
import sqlite3
import stat
from pathlib import Path

import pytest

from core.models import GeneralSettings, WebhookOptions
from core.store import (
    DatabaseBusy,
    DatabaseCorrupt,
    DatabaseForeign,
    DatabaseMissing,
    DatabaseNewer,
    KeyMissing,
    StoreError,
    config,
    open_store,
)
from core.store.sqlite import connection
from core.store.sqlite.error_words import in_words
from tests.support.no_files import no_file_can_be_opened


async def _open(path: Path, *, create: bool = True) -> None:
    async with open_store(path, create=create):
        pass


async def test_missing(database: Path) -> None:
    """Whoever only reads is told that there is nothing to read."""
    with pytest.raises(DatabaseMissing, match="There is no database"):
        await _open(database, create=False)
    assert not database.exists()


async def test_new_file_is_ours_alone(database: Path) -> None:
    """Files are 0600 in a 0700 folder, with the pragmas that only work before the first page."""
    await _open(database)
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    assert stat.S_IMODE(database.parent.stat().st_mode) == 0o700
    with sqlite3.connect(database) as file:
        assert file.execute("PRAGMA auto_vacuum").fetchone() == (2,)
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert file.execute("PRAGMA page_size").fetchone() == (4096,)
    file.close()


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("CREATE TABLE theirs (a)", DatabaseForeign),
        ("PRAGMA application_id = 7", DatabaseForeign),
    ],
)
async def test_foreign(database: Path, statement: str, error: type[StoreError]) -> None:
    """A database of another program is left alone."""
    database.parent.mkdir(parents=True)
    file = sqlite3.connect(database)
    file.execute(statement)
    file.close()
    before = database.read_bytes()
    with pytest.raises(error, match="another program"):
        await _open(database)
    assert database.read_bytes() == before


async def test_newer(database: Path) -> None:
    """A file of a newer version is refused."""
    await _open(database)
    file = sqlite3.connect(database)
    file.execute("PRAGMA user_version = 999")
    file.close()
    with pytest.raises(DatabaseNewer, match="newer Hookkeeper"):
        await _open(database)


async def test_no_database_at_all(database: Path) -> None:
    """Any other file is not touched."""
    database.parent.mkdir(parents=True)
    database.write_bytes(b"these are my notes, not a database, and long enough to have a header" * 20)
    with pytest.raises(DatabaseCorrupt, match="not a SQLite database"):
        await _open(database)


@pytest.mark.parametrize("content", [b"x", b"xy", b"x" * 99, b"x" * 600])
async def test_a_few_bytes(database: Path, content: bytes) -> None:
    """However short a file of somebody's is, it is not written over."""
    database.parent.mkdir(parents=True)
    database.write_bytes(content)
    with pytest.raises(DatabaseCorrupt, match="not a SQLite database"):
        await _open(database)
    assert database.read_bytes() == content


async def test_damaged(database: Path) -> None:
    """A damaged file is named as such."""
    await _open(database)
    with database.open("r+b") as file:
        file.seek(100)
        file.write(os.urandom(8000))
    with pytest.raises(DatabaseCorrupt, match="damaged"):
        await _open(database)


async def test_directory(database: Path) -> None:
    """A folder in place of the file."""
    database.mkdir(parents=True)
    with pytest.raises(StoreError, match=r"cannot be (opened|used)"):
        await _open(database)


async def test_locked(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program that holds the file makes it busy, not broken."""
    monkeypatch.setattr(connection, "BUSY_TIMEOUT", 0.05)
    await _open(database)
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DatabaseBusy, match="busy"):
        await _open(database)
    other.close()
    await _open(database)


async def test_lost_key(database: Path) -> None:
    """Without the key of its secrets the database does not open, and no new key is made."""
    async with open_store(database) as store:
        await config.add_webhook(
            store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana"
        )
    keys = Path(os.environ["HOOKKEEPER_KEY_FILE"])
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    kept = keys.read_text()
    keys.unlink()
    with pytest.raises(KeyMissing, match="Put the key file back"):
        await _open(database)
    assert not keys.exists()
    keys.write_text(kept)
    await _open(database)
    keys.write_text("key_1 short\n")
    with pytest.raises(StoreError, match="Line 1 of the key file"):
        await _open(database)


async def test_secrets_are_encrypted(database: Path) -> None:
    """No secret stands in the file or its log; a ciphertext moved elsewhere cannot be opened."""
    async with open_store(database) as store:
        settings = GeneralSettings.model_validate(
            {
                "authentication_url": "https://auth.example/token",
                "client_id": "c",
                "secret_key": "correct horse battery",
                "custom_headers": [
                    {"name": "x-a", "value": "staple-one"},
                    {"name": "x-b", "value": "staple-two"},
                ],
            }
        )
        await config.save_settings(store, settings, actor="ana")
        written = b"".join(
            path.read_bytes()
            for path in database.parent.iterdir()
            if path.is_file() and not path.name.endswith(".wake")
        )
        assert b"correct horse" not in written
        assert b"staple" not in written
        assert (await config.load_settings(store)).secret_key == settings.secret_key
        await store.write(
            lambda db: db.execute(
                "UPDATE custom_headers SET value = (SELECT value FROM custom_headers WHERE position = 1)"
                " WHERE position = 0"
            )
        )
        with pytest.raises(StoreError, match="changed outside Hookkeeper"):
            await config.load_settings(store)


async def test_too_many_open_files(database: Path) -> None:
    """The message does not blame the permissions of the file."""
    await _open(database)
    with no_file_can_be_opened(), pytest.raises(StoreError) as refused:
        await _open(database)
    assert str(refused.value) == f"The database {database} cannot be used now: too many open files."


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENFILE, ""), "cannot be used now: too many open files in all."),
        (OSError(errno.ENOTDIR, "Not a directory"), "cannot be used: Not a directory."),
    ],
    ids=["limit", "path"],
)
def test_what_the_system_says(error: OSError, words: str) -> None:
    """A limit of this machine is named as one."""
    assert str(in_words(error, Path("a.db"))) == f"The database a.db {words}"
