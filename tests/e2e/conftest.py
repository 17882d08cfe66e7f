"""Shared fixtures of the end-to-end tests: a database per test, and real processes."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path

import pytest

from tests.support.receiver import Receiver

Serve = Callable[..., Coroutine[None, None, asyncio.subprocess.Process]]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a test's database. None of the user's own files are touched."""
    monkeypatch.setenv("HOOKKEEPER_KEY_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("HOOKKEEPER_DB", str(tmp_path / "hookkeeper.db"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "hookkeeper.db"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A real receiver."""
    async with Receiver() as receiver:
        yield receiver


@pytest.fixture
async def serve(database: Path) -> AsyncIterator[Serve]:
    """Start `serve` as a process, limited to `open_files` if given. Processes that still run at the end are drained."""
    started: list[asyncio.subprocess.Process] = []

    async def start(open_files: int | None = None) -> asyncio.subprocess.Process:
        limit = f"ulimit -n {open_files}; " if open_files else ""  # soft and hard
        process = await asyncio.create_subprocess_exec(
            "sh", "-c", f'{limit}exec "$0" "$@"', sys.executable, "-m", "core.cli", "--db", str(database), "serve",
            stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, cwd=ROOT, env=dict(os.environ),
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.terminate()  # a killed process leaves no coverage data
        await process.communicate()


@pytest.fixture
def no_dispatcher_left(database: Path) -> Iterator[None]:
    """End all dispatchers with the test, also standby ones, because dispatchers outlive the screens that start them."""
    yield
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"serve" in (words := file.read_bytes().split(b"\0")) and str(database).encode() in words:
                os.kill(int(file.parent.name), signal.SIGKILL)
        except OSError:
            continue  # it has ended meanwhile


async def line_with(process: asyncio.subprocess.Process, words: str) -> str:
    """Return the first line of a process's log that contains these words."""
    assert process.stderr is not None
    async with asyncio.timeout(30):
        while line := (await process.stderr.readline()).decode():
            if words in line:
                return line
    raise AssertionError(f"the log ended without {words}")
