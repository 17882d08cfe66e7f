"""Foreign files next to the database, which are never followed, written or waited for."""

import asyncio
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.catalog import accept
from core.models import GeneralSettings, WebhookOptions
from core.service import child
from core.store import Store, config, nodes, open_store, queue
from tests.e2e.conftest import Serve, line_with
from tests.support.commands import command, started
from tests.support.others import OTHERS, put
from tests.support.receiver import Receiver

BODY = accept("session-failed", b'{"interviewId":"66e1"}')
NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act for several users")


async def _webhook(store: Store, receiver: Receiver) -> None:
    await config.save_settings(store, GeneralSettings(allowed_networks=("127.0.0.0/8",)), actor="ana")
    await config.add_webhook(store, "session-failed", WebhookOptions(url=receiver.url), actor="ana")


@pytest.mark.parametrize("other", [each for each in OTHERS if each != "a pipe"])
async def test_something_else_in_place_of_the_bell(
    database: Path, receiver: Receiver, serve: Serve, tmp_path: Path, other: str
) -> None:
    """Deliveries go on by polling. The log says so once, and so does `status`. The file is not written."""
    async with open_store(database) as store:
        await _webhook(store, receiver)
        put(database.with_name("hookkeeper.db.wake"), other, tmp_path / "notes", database)
        process = await serve()
        line = await line_with(process, "cannot be used")
        assert "hookkeeper.db.wake is " in line
        assert "looks four times a second" in line
        await queue.emit(store, "session-failed", BODY)
        await receiver.wait_for(1)
        ended = await command(database, "status")
        assert ended.status == 0
        assert "Nothing wakes the dispatcher, which looks four times a second" in ended.out
        assert await store.read(lambda db: db.execute("PRAGMA integrity_check").fetchone()) == ("ok",)
    process.terminate()
    _, log = await process.communicate()
    assert b"cannot be used" not in log
    assert (tmp_path / "notes").read_text() == "these are my notes"
    assert not (tmp_path / "nothing").exists()


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder of another user, outside the folders that pytest keeps for its own user."""
    folder = Path(tempfile.mkdtemp())
    os.chown(folder, NOBODY, -1)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def theirs(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of that user's database, next to all other files of Hookkeeper."""
    for name in ("HOOKKEEPER_KEY_FILE", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(shared / name.lower()))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    return shared / "x.db"


async def _add_webhook(database: Path, receiver: Receiver) -> None:
    for words in (
        ("settings", "set", "--allow-network", "127.0.0.0/8"),
        ("webhooks", "add", "--type", "session-failed", "--url", receiver.url),
    ):
        ended = await command(database, *words, user=NOBODY)
        assert ended.status == 0, ended.err


async def _delivers(database: Path, receiver: Receiver, number: int) -> str:
    """Let that user's `serve` deliver events that the user emits. Return its log."""
    process = await started(database, "serve", user=NOBODY)
    try:
        await line_with(process, "delivering")
        ended = await command(
            database, "emit", "session-failed", "--data", '{"interviewId": "1"}', user=NOBODY
        )
        assert ended.status == 0, ended.err
        await receiver.wait_for(number)
    finally:
        if process.returncode is None:
            process.terminate()
        _, log = await process.communicate()
    return log.decode()


@needs_root
async def test_what_sudo_leaves_behind_stops_nothing(theirs: Path, receiver: Receiver) -> None:
    """After `sudo hookkeeper serve`, the database's owner also owns the files next to it. Nothing has to be removed."""
    await _add_webhook(theirs, receiver)
    root = await started(theirs, "serve")
    await line_with(root, "delivering")
    ended = await command(theirs, "status", user=NOBODY)
    assert f"pid {root.pid}, started by root" in ended.out
    ended = await command(theirs, "emit", "session-failed", "--data", '{"interviewId": "1"}', user=NOBODY)
    assert ended.err == ""
    await receiver.wait_for(1)
    root.terminate()
    await root.communicate()
    assert {path.stat().st_uid for path in theirs.parent.glob("x.db*")} == {NOBODY}
    log = await _delivers(theirs, receiver, 2)
    assert "cannot be used" not in log


@needs_root
async def test_left_overs_of_root_stop_nothing(theirs: Path, receiver: Receiver) -> None:
    """If root owns the bell, delivery polls. A lock file of root is replaced, because nobody holds the lock."""
    await _add_webhook(theirs, receiver)
    bell_file, lock = theirs.with_name("x.db.wake"), theirs.with_name("x.db.dispatcher")
    os.mkfifo(bell_file, 0o600)
    lock.unlink(missing_ok=True)
    lock.touch(0o600)
    theirs.with_name("x.db.dispatcher.next").touch(0o600)
    for path in (bell_file, lock, theirs.with_name("x.db.dispatcher.next")):
        os.chown(path, 0, 0)
    ended = await command(theirs, "status", user=NOBODY)
    assert ended.out.startswith(f"Who delivers cannot be told: {lock} belongs to root, and you are nobody")
    log = await _delivers(theirs, receiver, 1)
    assert f"{bell_file} belongs to root" in log
    assert log.count("cannot be used") == 1
    assert lock.stat().st_uid == NOBODY


@needs_root
async def test_a_log_of_root_is_never_replaced(theirs: Path, receiver: Receiver) -> None:
    """Another user's write-ahead log is refused with a message, because it may hold events."""
    await _add_webhook(theirs, receiver)
    log = theirs.with_name("x.db-wal")
    log.touch(0o600)
    os.chown(log, 0, 0)
    for words in (("serve",), ("events", "list")):
        ended = await command(theirs, *words, user=NOBODY)
        assert ended.status == 1
        assert ended.err.startswith(f"{log} belongs to root, and you are nobody")
        assert ended.err.count("\n") == 1


@needs_root
async def test_a_folder_that_cannot_be_written(theirs: Path, receiver: Receiver) -> None:
    """Each command reports it in one sentence."""
    await _add_webhook(theirs, receiver)
    os.chown(theirs.parent, 0, 0)
    theirs.parent.chmod(0o755)
    for path in theirs.parent.glob("x.db*"):
        if path != theirs:
            path.unlink()
    for words in (
        ("serve",),
        ("events", "list"),
        ("emit", "session-failed", "--data", '{"interviewId": "1"}'),
    ):
        ended = await command(theirs, *words, user=NOBODY)
        assert ended.status == 1
        assert "Traceback" not in ended.err
        assert "x.db" in ended.err
    assert (await command(theirs, "status", user=NOBODY)).out == "Nobody delivers. Start hookkeeper serve.\n"


@pytest.mark.parametrize("other", OTHERS)
async def test_something_else_in_place_of_the_log_of_the_screens(
    database: Path, tmp_path: Path, other: str, no_dispatcher_left: None
) -> None:
    """It is moved aside and the dispatcher starts. Nothing is written to it."""
    log = child.log_file()
    log.parent.mkdir(parents=True)
    put(log, other, tmp_path / "notes", database)
    child.start_dispatcher(database)
    async with asyncio.timeout(20):
        while not nodes.standing_at(database).running:  # noqa: ASYNC110  # the lock gives no notification
            await asyncio.sleep(0.05)
    pid = nodes.standing_at(database).pid
    assert pid is not None
    child.stop_dispatcher(pid)
    async with asyncio.timeout(20):
        while child.is_alive(pid):  # noqa: ASYNC110  # the same
            await asyncio.sleep(0.05)
    assert stat.S_ISREG(log.lstat().st_mode)
    assert "delivering" in log.read_text()
    assert (tmp_path / "notes").read_text() == "these are my notes"


async def test_what_is_made_with_an_umask_of_nothing(tmp_path: Path, database: Path) -> None:
    """Created files have mode 0600 and created folders 0700, with a umask of 0."""
    path = tmp_path / "a" / "b" / "x.db"
    before = os.umask(0)
    try:
        ended = await command(path, "emit", "session-failed", "--data", '{"interviewId": "1"}')
        process = await started(path, "serve")
        await line_with(process, "delivering")
        async with asyncio.timeout(10):
            while not path.with_name("x.db.wake").exists():  # noqa: ASYNC110  # another process makes it
                await asyncio.sleep(0.05)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("a/**/*")}
        process.terminate()
        await process.communicate()
    finally:
        os.umask(before)
    assert ended.status == 0
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700
    assert modes == {
        "b": 0o700,
        **dict.fromkeys(("x.db", "x.db-wal", "x.db-shm", "x.db.dispatcher", "x.db.wake"), 0o600),
    }
