"""Processes that stop or never end while they read or write. Others go on, or say whom they wait for."""

import asyncio
import json
import os
import pty
import shutil
import signal
import sqlite3
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest

from core.catalog import accept
from core.models import GeneralSettings, WebhookOptions
from core.store import DatabaseBusy, Store, config, history, open_store, queue
from core.store.sqlite.sqlite_store import open_file
from core.store.sqlite.write_lock import long_holder
from tests.e2e.conftest import ROOT, Serve, line_with
from tests.support.commands import command, started
from tests.support.receiver import Receiver

BODY = accept("session-failed", b'{"interviewId":"66e1"}')
BIG = accept("session-failed", b'{"interviewId":"66e1","text":"%s"}' % (b"x" * 50_000))
LIMIT = 16 * 1024 * 1024
"""The size in bytes of the write-ahead log above which the dispatcher tries to truncate it once a second."""
_READ_FOR_EVER = """
import sqlite3, sys
reader = sqlite3.connect(sys.argv[1], isolation_level=None)
reader.execute("BEGIN")
print(reader.execute("SELECT count(*) FROM events").fetchone(), flush=True)
sys.stdin.readline()
"""
_WRITE_FOR_EVER = """
import sqlite3, sys
writer = sqlite3.connect(sys.argv[1], isolation_level=None)
writer.execute("BEGIN IMMEDIATE")
print("writes", flush=True)
sys.stdin.readline()
"""


@asynccontextmanager
async def _program(*words: str | Path) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE, cwd=ROOT)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def _reads(pid: int, database: Path) -> bool:
    """Return whether the process has a snapshot open, which locks one of the read marks of the wal-index."""
    inode = database.with_name(f"{database.name}-shm").stat().st_ino
    for line in Path("/proc/locks").read_text().splitlines():
        words = line.split()
        if (
            words[3:5] == ["READ", str(pid)]
            and words[5].endswith(f":{inode}")
            and 123 <= int(words[6]) <= 127
        ):
            return True
    return False


@asynccontextmanager
async def _stopped_in_its_query(database: Path) -> AsyncIterator[Process]:
    """Run `deliveries list` and stop it while it has a snapshot open. Retry until the stop hits that moment."""
    while True:
        process = await started(database, "deliveries", "list", "--limit", "3000")
        try:
            while process.returncode is None:
                if _reads(process.pid, database):
                    process.send_signal(signal.SIGSTOP)
                    await _state(process.pid, "T")
                    if _reads(process.pid, database):
                        yield process
                        return
                    process.send_signal(signal.SIGCONT)
                await asyncio.sleep(0.001)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()


@asynccontextmanager
async def _reader(database: Path, kind: str) -> AsyncIterator[None]:
    match kind:
        case "deliveries list, stopped":
            async with _stopped_in_its_query(database):
                yield
        case "a program that reads for ever":
            async with _program(sys.executable, "-c", _READ_FOR_EVER, database) as process:
                assert process.stdout is not None
                await process.stdout.readline()
                yield
        case _:
            if (sqlite := shutil.which("sqlite3")) is None:
                pytest.skip("the program sqlite3 is not installed")
            async with _program(sqlite, database, ".dump") as process:
                while not _reads(process.pid, database):  # noqa: ASYNC110  # another process's doing
                    await asyncio.sleep(0.01)
                yield


async def _state(pid: int, wanted: str) -> None:
    """Wait until the process is in this state according to the system."""
    async with asyncio.timeout(20):
        while _state_of(pid) != wanted:  # noqa: ASYNC110  # the system rings no bell
            await asyncio.sleep(0.01)


def _state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


async def _webhook(store: Store, receiver: Receiver) -> None:
    await config.save_settings(store, GeneralSettings(allowed_networks=("127.0.0.0/8",)), actor="ana")
    await config.add_webhook(store, "session-failed", WebhookOptions(url=receiver.url), actor="ana")


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="the system does not tell who reads")
@pytest.mark.parametrize(
    "kind",
    ["deliveries list, stopped", "a program that reads for ever", "sqlite3 .dump into a pipe nobody reads"],
)
async def test_a_reader_that_never_ends(database: Path, receiver: Receiver, serve: Serve, kind: str) -> None:
    """The log grows past 16 MB. Nobody is refused or waits, everything is delivered, then the log is truncated."""
    async with open_file(database) as store:
        await _webhook(store, receiver)
        await line_with(await serve(), "delivering")
        await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(1_500)))
        async with _reader(database, kind):
            number = 1_500
            while store.wal_size() < LIMIT:
                await asyncio.gather(*(queue.emit(store, "session-failed", BIG) for _ in range(20)))
                number += 20
            until = time.monotonic() + 3  # long enough for three attempts to truncate the log
            while time.monotonic() < until:
                async with asyncio.timeout(
                    4.5
                ):  # less than the busy timeout, which a checkpoint used to wait for
                    assert (await queue.emit(store, "session-failed", BODY)).deliveries == 1
                number += 1
                await asyncio.sleep(0.05)
            await receiver.wait_for(number)
            await _all_recorded(store)
            assert store.wal_size() > LIMIT
            await _all_recorded(store)
        async with asyncio.timeout(20):
            while store.wal_size() > 0:  # noqa: ASYNC110  # another process truncates it
                await asyncio.sleep(0.05)


async def _all_recorded(store: Store) -> None:
    async with asyncio.timeout(20):
        while (await history.totals(store)).undelivered:  # noqa: ASYNC110  # another process's doing
            await asyncio.sleep(0.05)


async def test_a_checkpoint_waits_for_no_reader(database: Path) -> None:
    """It waits neither for a reader of an older state nor for one of the newest. It writes back what it may."""
    async with open_file(database) as store:
        for newest in (False, True):
            reader = sqlite3.connect(database, isolation_level=None)
            if newest:
                await queue.emit(store, "session-failed", BIG)
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM events").fetchone()
            if not newest:
                await queue.emit(store, "session-failed", BIG)
            async with asyncio.timeout(4.5):
                await store.checkpoint()
            assert store.wal_size() > 0
            reader.close()
            await store.checkpoint()
            assert store.wal_size() == 0


async def test_a_checkpoint_waits_for_no_writer(database: Path) -> None:
    """It writes back without the write lock, and leaves the truncation to the next checkpoint."""
    async with open_file(database) as store:
        await queue.emit(store, "session-failed", BIG)
        other = sqlite3.connect(database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(4.5):
            await store.checkpoint()
        assert store.wal_size() > 0
        other.execute("ROLLBACK")
        other.close()
        await store.checkpoint()
        assert store.wal_size() == 0


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="the system does not tell who writes")
async def test_who_holds_the_write_lock_is_named(database: Path) -> None:
    """If a process is stopped in a transaction, the refused command and `status` name it and say what to do."""
    async with open_store(database) as store:
        assert long_holder(database) is None
        async with _program(sys.executable, "-c", _WRITE_FOR_EVER, database) as process:
            assert process.stdout is not None
            await process.stdout.readline()
            words = f"rocess {process.pid} ({Path(f'/proc/{process.pid}/comm').read_text().strip()}) has held the write lock for more than 2 s"
            ended = await command(database, "status")
            assert f"Nobody delivers. Start hookkeeper serve. P{words}: nobody else can write." in ended.out
            process.send_signal(signal.SIGSTOP)
            stopped = f"{words} and is stopped: nobody else can write. Continue it with kill -CONT {process.pid}, or end it."
            refused = asyncio.create_task(queue.emit(store, "session-failed", BODY))
            in_shell = asyncio.create_task(
                command(database, "emit", "session-failed", "--data", '{"interviewId": "1"}')
            )
            status = await command(database, "status", "--json")
            assert json.loads(status.out)["write_lock"] == {
                "pid": process.pid,
                "name": words.partition("(")[2].partition(")")[0],
                "stopped": True,
            }
            with pytest.raises(DatabaseBusy) as caught:
                await refused
            assert str(caught.value) == f"The database {database} is busy: p{stopped}"
            ended = await in_shell
            assert (ended.status, ended.err) == (1, f"The database {database} is busy: p{stopped}\n")
            found = await command(database, "doctor", "--json")
            assert {"check": "lock", "wrong": True, "words": f"P{stopped}"} in map(
                json.loads, found.out.splitlines()
            )
        assert (await queue.emit(store, "session-failed", BODY)).deliveries == 0


async def test_a_busy_writer_is_not_named(database: Path, tmp_path: Path) -> None:
    """A process that writes all the time still lets others write in between, so it is not reported."""
    lines = tmp_path / "lines"
    lines.write_bytes(b'{"type": "session-failed", "data": {"interviewId": "1"}}\n' * 60_000)
    process = await started(database, "emit", "--batch", str(lines))
    assert process.stdout is not None
    await process.stdout.readline()
    written = asyncio.create_task(process.stdout.read())
    looks = 0
    while process.returncode is None and looks < 20:
        assert await asyncio.to_thread(long_holder, database) is None
        looks += 1
        await asyncio.sleep(0.01)
    process.kill()
    await written
    await process.communicate()
    assert looks > 5


class Shell:
    """An interactive shell on its own terminal, with job control (ctrl+z, fg)."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal

    def type(self, text: str) -> None:
        """Type a text."""
        os.write(self._terminal, text.encode())

    def drain(self) -> None:
        """Read what the shell has written, so that it never blocks."""
        with suppress(BlockingIOError, OSError):
            while os.read(self._terminal, 65536):
                pass


@pytest.fixture
def shell() -> Iterator[Shell]:
    """A bash shell. The test is skipped if bash is missing."""
    if (bash := shutil.which("bash")) is None:
        pytest.skip("bash is not installed")
    with _on_a_terminal(bash, "--norc", "--noediting", "-i") as terminal:
        yield Shell(terminal)


@contextmanager
def _on_a_terminal(*words: str) -> Iterator[int]:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execv(words[0], words)
    os.set_blocking(terminal, False)
    try:
        yield terminal
    finally:
        os.close(terminal)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


async def _pid_in(file: Path) -> int:
    async with asyncio.timeout(20):
        while not file.exists() or not file.read_text().endswith("\n"):  # noqa: ASYNC110  # another process writes it
            await asyncio.sleep(0.02)
    return int(file.read_text())


def _assert_free(database: Path) -> None:
    """Check that the write lock is free."""
    other = sqlite3.connect(database, timeout=0, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("ROLLBACK")
    other.close()


def _command(database: Path, pid: Path, words: str) -> str:
    """Return a command line that writes its PID and runs our command in the foreground."""
    run = f'echo $$ > "{pid}"; exec "{sys.executable}" -m core.cli --db "{database}" {words}'
    return f"sh -c '{run}'\n"


async def test_ctrl_z_on_emit_batch(database: Path, tmp_path: Path, shell: Shell) -> None:
    """Whenever it comes, the transaction ends first, so others can write. After fg, every line is stored once."""
    async with open_store(database):
        pass
    lines, out, pid_file = tmp_path / "lines", tmp_path / "out", tmp_path / "pid"
    number = 40_000
    lines.write_bytes(b'{"type": "session-failed", "data": {"interviewId": "1"}}\n' * number)
    shell.type(_command(database, pid_file, f'emit --batch - < "{lines}" > "{out}"'))
    pid = await _pid_in(pid_file)
    async with asyncio.timeout(30):
        while not out.stat().st_size:  # noqa: ASYNC110  # another process writes it
            await asyncio.sleep(0.01)
    stops = 0
    for pause in range(20):
        if not Path(f"/proc/{pid}").exists():
            break
        shell.type("\x1a")
        await _state(pid, "T")
        stops += 1
        _assert_free(database)
        shell.type("fg\n")
        await _running(pid)
        shell.drain()
        await asyncio.sleep(0.003 * (pause % 7))
    assert stops >= 10
    async with asyncio.timeout(60):
        while Path(f"/proc/{pid}").exists():  # the shell's child
            shell.drain()
            await asyncio.sleep(0.02)
    answers = [json.loads(line) for line in out.read_text().splitlines()]
    assert len({answer["id"] for answer in answers}) == number
    async with open_store(database) as store:
        assert await store.read(lambda db: db.execute("SELECT count(*) FROM events").fetchone()) == (number,)


async def _running(pid: int) -> None:
    async with asyncio.timeout(20):
        while Path(f"/proc/{pid}").exists() and _state_of(pid) == "T":  # noqa: ASYNC110  # the system rings no bell
            await asyncio.sleep(0.002)


async def test_ctrl_z_while_nobody_reads_the_answers(database: Path, tmp_path: Path, shell: Shell) -> None:
    """The command stops even while it is blocked on writing its output."""
    lines, pid_file, pipe = tmp_path / "lines", tmp_path / "pid", tmp_path / "pipe"
    lines.write_bytes(b'{"type": "session-failed", "data": {"interviewId": "1"}}\n' * 10_000)
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    shell.type(_command(database, pid_file, f'emit --batch "{lines}" > "{pipe}"'))
    pid = await _pid_in(pid_file)
    async with asyncio.timeout(30):
        while "pipe_w" not in Path(f"/proc/{pid}/wchan").read_text() and not _is_full(reader):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    shell.type("\x1a")
    await _state(pid, "T")
    _assert_free(database)
    os.kill(pid, signal.SIGKILL)
    os.close(reader)


def _is_full(pipe: int) -> bool:
    """Return whether the pipe is full."""
    import array
    import fcntl
    import termios

    waiting = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, waiting)
    return waiting[0] > 60_000


async def test_ctrl_z_on_serve(database: Path, receiver: Receiver, tmp_path: Path, shell: Shell) -> None:
    """A dispatcher in the foreground also ends its transaction first, and later goes on where it was."""
    pid_file, log = tmp_path / "pid", tmp_path / "log"
    async with open_store(database) as store:
        await _webhook(store, receiver)
        await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(1_500)))
        shell.type(_command(database, pid_file, f'serve 2> "{log}"'))
        pid = await _pid_in(pid_file)
        await receiver.wait_for(20)
        for pause in range(8):
            shell.type("\x1a")
            await _state(pid, "T")
            _assert_free(database)
            shell.type("fg\n")
            await _running(pid)
            shell.drain()
            await asyncio.sleep(0.01 * pause)
        await receiver.wait_for(1_500)
        await _all_recorded(store)
        os.kill(pid, signal.SIGTERM)
        async with asyncio.timeout(20):
            while Path(f"/proc/{pid}").exists():  # the shell's child
                shell.drain()
                await asyncio.sleep(0.02)
    assert len(receiver.received) == 1_500


async def test_ctrl_z_on_the_screens(
    database: Path, tmp_path: Path, shell: Shell, no_dispatcher_left: None
) -> None:
    """The screens stop without blocking anybody, and are shown again afterwards."""
    async with open_store(database) as store:
        pid_file = tmp_path / "pid"
        typed = f'echo $$ > "{pid_file}"; exec "{sys.executable}" -m tui --db "{database}"'
        shell.type(f"sh -c '{typed}'\n")
        pid = await _pid_in(pid_file)
        async with asyncio.timeout(20):
            while not _has_open(pid, database):
                shell.drain()
                await asyncio.sleep(0.02)
        os.kill(pid, signal.SIGTSTP)
        await _state(pid, "T")
        _assert_free(database)
        await queue.emit(store, "session-failed", BODY)
        shell.type("fg\n")
        await _running(pid)
        os.kill(pid, signal.SIGTERM)
        async with asyncio.timeout(20):
            while Path(f"/proc/{pid}").exists():
                shell.drain()
                await asyncio.sleep(0.02)


def _has_open(pid: int, database: Path) -> bool:
    """Return whether the process has a connection, that is, has the database and its log open."""
    links = []
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            links.append(os.readlink(file))
    return f"{database}-wal" in links
