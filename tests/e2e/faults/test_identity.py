"""A database has one identity, regardless of its names and of what happens to the files next to it."""

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from core.catalog import accept
from core.models import GeneralSettings, WebhookOptions
from core.store import Store, config, nodes, open_store, queue
from tests.e2e.conftest import Serve, line_with
from tests.e2e.faults.sums import print_sum
from tests.support.commands import ROOT, command, started
from tests.support.receiver import Receiver

BODY = accept("session-failed", b'{"interviewId":"66e1"}')
EVENTS = 1_500
Second = Callable[[Path], Awaitable[Process]]


@pytest.fixture
async def second() -> AsyncIterator[Second]:
    """Start another `serve`, with any name of the database."""
    processes: list[Process] = []

    async def start(database: Path) -> Process:
        processes.append(await started(database, "serve"))
        return processes[-1]

    yield start
    for process in processes:
        if process.returncode is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        await process.communicate()


async def _webhook(store: Store, receiver: Receiver) -> str:
    await config.save_settings(store, GeneralSettings(allowed_networks=("127.0.0.0/8",)), actor="ana")
    options = WebhookOptions(url=receiver.url)
    return (await config.add_webhook(store, "session-failed", options, actor="ana")).id


async def _emit(store: Store, number: int) -> None:
    await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(number)))


async def _all_delivered(store: Store, webhook: str, number: int) -> None:
    async with asyncio.timeout(60):
        async for _ in store.changes(0.1):
            if (await print_sum(store, Counter({webhook: number})))["delivered"] == number:
                return


def _each_once(receiver: Receiver, number: int) -> None:
    arrived = Counter(seen.headers["webhook-id"] for seen in receiver.received)
    assert len(arrived) == number
    assert arrived.total() == number


async def _delivering(database: Path, pid: int) -> None:
    async with asyncio.timeout(10):
        while nodes.standing_at(database).pid != pid:  # noqa: ASYNC110  # the lock file of another process
            await asyncio.sleep(0.05)


async def test_a_second_hard_link_is_refused_by_a_running_program(database: Path, serve: Serve) -> None:
    """If the link is made while a dispatcher delivers, it goes on, and nobody else opens the file by either name."""
    first = await serve()
    await line_with(first, "delivering")
    link = database.with_name("h.db")
    os.link(database, link)
    for name in (database, link):
        ended = await command(name, "events", "list")
        assert (ended.status, ended.err.split("(")[0]) == (1, f"The database {name} has 2 names ")
    link.unlink()
    assert (await command(database, "events", "list")).status == 0
    assert first.returncode is None


@pytest.mark.parametrize("name", ["link to its folder", "link to a link", "relative, with dots"])
async def test_all_names_by_links_are_one_database(
    database: Path, receiver: Receiver, serve: Serve, second: Second, tmp_path: Path, name: str
) -> None:
    """Lock, bell and status belong to the file: a second one stands by, `status` sees the first, `emit` wakes it."""
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "y.db"
    match name:
        case "link to its folder":
            (tmp_path / "elsewhere" / "folder").symlink_to(database.parent)
            link = tmp_path / "elsewhere" / "folder" / database.name
        case "link to a link":
            (tmp_path / "elsewhere" / "z.db").symlink_to(Path("..") / database.name)
            link.symlink_to("z.db")
        case _:
            link = Path(os.path.relpath(database.parent, ROOT)) / "elsewhere" / ".." / database.name
    async with open_store(database) as store:
        webhook = await _webhook(store, receiver)
        first = await serve()
        await line_with(first, "delivering")
        await line_with(await second(link), "standing by")
        ended = await command(link, "status")
        assert ended.status == 0
        assert f"pid {first.pid}" in ended.out
        event = await command(link, "emit", "session-failed", "--data", '{"interviewId": "1"}')
        assert event.err == ""
        await _all_delivered(store, webhook, 1)
    assert list((tmp_path / "elsewhere").glob("*.dispatcher")) == []
    assert list((tmp_path / "elsewhere").glob("*.wake")) == []


async def test_a_lock_file_deleted_under_serve(
    database: Path, receiver: Receiver, serve: Serve, second: Second
) -> None:
    """It is deleted repeatedly while 1,500 events go out and others stand by. One dispatcher sends each event once."""
    lock = database.with_name("hookkeeper.db.dispatcher")
    async with open_store(database) as store:
        webhook = await _webhook(store, receiver)
        first = await serve()
        await line_with(first, "delivering")
        await _emit(store, EVENTS)
        for number in (1, 400, 800):
            await receiver.wait_for(number)
            lock.unlink(missing_ok=True)  # it may not be there again yet
            await line_with(await second(database), "standing by")
        await _all_delivered(store, webhook, EVENTS)
        await line_with(first, "made anew")
        await _delivering(database, first.pid)
    _each_once(receiver, EVENTS)


@pytest.mark.parametrize("other", ["a file", "a folder", "a link", "a pipe"])
async def test_a_lock_file_replaced_under_serve(
    database: Path, receiver: Receiver, serve: Serve, second: Second, other: str, tmp_path: Path
) -> None:
    """The active dispatcher goes on, no other begins, and nothing foreign is written. Later all see the lock again."""
    lock, notes = database.with_name("hookkeeper.db.dispatcher"), tmp_path / "notes"
    notes.write_text("mine")
    async with open_store(database) as store:
        webhook = await _webhook(store, receiver)
        first = await serve()
        await line_with(first, "delivering")
        lock.unlink()
        match other:
            case "a file":
                lock.write_text("mine")
            case "a folder":
                lock.mkdir()
            case "a link":
                lock.symlink_to(notes)
            case "a pipe":
                os.mkfifo(lock)
        await line_with(first, "cannot be used")
        await line_with(await second(database), "standing by")
        await _emit(store, 20)
        await _all_delivered(store, webhook, 20)
        assert notes.read_text() == "mine"
        if other == "a folder":
            lock.rmdir()
        else:
            assert other != "a file" or lock.read_text() == "mine"
            lock.unlink()
        await _delivering(database, first.pid)
    _each_once(receiver, 20)


async def test_a_lock_file_deleted_under_a_stopped_serve(
    database: Path, receiver: Receiver, serve: Serve, second: Second
) -> None:
    """A stopped process cannot notice it, yet nobody takes over. Once it is killed, the next one delivers."""
    receiver.gate.clear()
    async with open_store(database) as store:
        webhook = await _webhook(store, receiver)
        first = await serve()
        await line_with(first, "delivering")
        await _emit(store, 5)
        await receiver.wait_for(5)
        first.send_signal(signal.SIGSTOP)
        database.with_name("hookkeeper.db.dispatcher").unlink()
        other = await second(database)
        await line_with(other, "standing by")
        await asyncio.sleep(1.5)  # three of its checks
        assert len(receiver.received) == 5
        first.kill()
        await first.wait()
        receiver.gate.set()
        await line_with(other, "delivering")
        await _all_delivered(store, webhook, 5)


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
async def test_a_part_of_the_database_deleted_under_serve(
    database: Path, serve: Serve, suffix: str, replaced: bool
) -> None:
    """It is reported within a second. Everything acknowledged before and after is there after the next start."""
    ended = await command(
        database,
        "emit",
        "--batch",
        "-",
        stdin=b'{"type": "session-failed", "data": {"interviewId": "1"}}\n' * 300,
    )
    assert ended.status == 0
    first = await serve()
    await line_with(first, "delivering")
    assert (await command(database, "emit", "session-failed", "--data", '{"interviewId": "2"}')).status == 0
    part = database.with_name(database.name + suffix)
    part.unlink()
    if replaced:
        part.touch(0o600)
    emits = [
        command(database, "emit", "session-failed", "--data", '{"interviewId": "3"}')
        for _ in range(0 if replaced else 3)
    ]
    answers = asyncio.gather(*emits)
    async with asyncio.timeout(10):
        _, log = await first.communicate()
    acknowledged = [answer for answer in await answers if answer.status == 0]
    assert first.returncode == 1
    assert f"{part}, a part of the open database, was deleted or replaced" in log.decode()
    assert "Traceback" not in log.decode()
    again = await serve()
    await line_with(again, "delivering")
    listed = await command(database, "events", "list", "--limit", "1000", "--json")
    assert len(listed.out.splitlines()) == 301 + len(acknowledged)
    assert (await command(database, "doctor")).out.count("The database is whole") == 1


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
async def test_a_part_of_the_database_deleted_under_another_program(database: Path, suffix: str) -> None:
    """Opening the database is refused and names the process to end. Afterwards no acknowledged event is missing."""
    async with open_store(database) as store:
        for _ in range(5):
            await queue.emit(store, "session-failed", BODY)
        part = database.with_name(database.name + suffix)
        part.unlink()
        for words in (
            ("events", "list"),
            ("emit", "session-failed", "--data", '{"interviewId": "3"}'),
            ("serve",),
        ):
            ended = await command(database, *words)
            assert ended.status == 1
            assert ended.err.startswith(f"{part} is missing, although process {os.getpid()} (")
            assert ended.err.count("\n") == 1
        assert not part.exists()
    assert len((await command(database, "events", "list", "--json")).out.splitlines()) == 5


@pytest.mark.parametrize("moved", ["the database", "its folder"])
async def test_a_database_moved_under_serve(
    database: Path, serve: Serve, moved: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is reported within a second."""
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "x.db"
    process = await started(path, "serve")
    try:
        await line_with(process, "delivering")
        if moved == "its folder":
            folder.rename(tmp_path / "other")
        else:
            path.rename(folder / "y.db")
        async with asyncio.timeout(10):
            _, log = await process.communicate()
        assert process.returncode == 1
        assert "was moved, deleted or replaced while it was open" in log.decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def test_a_part_of_the_database_deleted_under_emit(database: Path) -> None:
    """In a long stream of events, the next line is refused instead of being stored in a deleted file."""
    async with open_store(database) as store:
        await queue.emit(store, "session-failed", BODY)
        database.with_name(database.name + "-wal").unlink()
        with pytest.raises(Exception, match="was deleted or replaced"):
            await queue.emit(store, "session-failed", BODY)
    async with open_store(database) as store:
        path = database.rename(database.with_name("y.db"))
        with pytest.raises(Exception, match="was moved, deleted or replaced"):
            await queue.emit(store, "session-failed", BODY)
        path.rename(database)
        await queue.emit(store, "session-failed", BODY)
