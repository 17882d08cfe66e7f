"""A terminal that disappears without a signal ends the screens just as SIGHUP does."""

import asyncio
import os
import pty
import shlex
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from core.store import nodes
from tests.support.terminal import HOOKKEEPER, Terminal

pytestmark = pytest.mark.usefixtures("no_dispatcher_left", "no_screens_left")
GONE = 2.0
"""Seconds."""
SHELL = "/bin/sh"


@pytest.fixture
def no_screens_left(database: Path) -> Iterator[None]:
    """Kill screens that should have ended, because they would use a full core."""
    yield
    for file in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"HOOKKEEPER_DB={database}\0".encode() in file.read_bytes() and _runs_screens(file.parent):
                os.kill(int(file.parent.name), signal.SIGKILL)


def _runs_screens(process: Path) -> bool:
    return (process / "cmdline").read_bytes().split(b"\0")[:3] == [word.encode() for word in HOOKKEEPER]


def _deaf(folder: Path) -> tuple[str, ...]:
    """Return a session whose leader outlives SIGHUP and writes the exit status of the screens to a file."""
    screens = shlex.join(HOOKKEEPER)
    return (SHELL, "-c", f'trap "" HUP; {screens} 2>&1; echo $? > {shlex.quote(str(folder / "ended"))}')


def _child_of(pid: int) -> int:
    """Return the PID of a process's only child."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text())


async def _until(holds: Callable[[], object], seconds: float = 40) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  # another process gives no notification
            await asyncio.sleep(0.01)


def _has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("keys", [0, 400], ids=["at rest", "stalled"])
async def test_a_session_leader_that_outlives_sighup(database: Path, tmp_path: Path, keys: int) -> None:
    """Its child gets only an end of file. The screens end with status 0, and deliveries go on."""
    terminal = Terminal(command=_deaf(tmp_path))
    await terminal.shows("✓ delivering here")
    screens = _child_of(terminal.pid)
    terminal.stall()
    for turn in range(keys):
        terminal.keys("123"[turn % 3])
        await asyncio.sleep(0.02)
    terminal.vanish()
    await _until(lambda: _has_ended(screens), GONE)
    assert await terminal.exit_code() == 0
    assert (tmp_path / "ended").read_text() == "0\n"
    assert nodes.standing_at(database).running


@pytest.mark.usefixtures("database")
async def test_a_dialog_with_changes_is_no_reason_to_stay(tmp_path: Path) -> None:
    """An unsaved form does not keep the screens open either."""
    terminal = Terminal(command=_deaf(tmp_path))
    await terminal.shows("✓ delivering here")
    terminal.keys("2\thttps://a.example/")
    await terminal.shows("Settings*")
    terminal.keys("\x11")
    await terminal.shows("Discard and quit")
    screens = _child_of(terminal.pid)
    terminal.vanish()
    await _until(lambda: _has_ended(screens), GONE)
    assert await terminal.exit_code() == 0
    assert (tmp_path / "ended").read_text() == "0\n"


async def test_a_terminal_that_goes_while_the_screens_open(database: Path, tmp_path: Path) -> None:
    """This holds at any moment, even before the shell ignores SIGHUP and before the screens check for a terminal."""
    for moment in range(1, 13):
        terminal = Terminal(command=_deaf(tmp_path))
        await asyncio.sleep(moment * 0.08)
        terminal.vanish()
        assert await terminal.exit_code() in (0, -signal.SIGHUP)
    assert (tmp_path / "ended").read_text() == "0\n"
    assert list((tmp_path / "state").rglob("*crash*")) == []
    assert nodes.standing_at(database) is not None


@pytest.mark.usefixtures("database")
async def test_a_terminal_that_goes_while_the_screens_are_stopped(tmp_path: Path) -> None:
    """The screens notice it when they continue."""
    terminal = Terminal(command=_deaf(tmp_path))
    await terminal.shows("✓ delivering here")
    screens = _child_of(terminal.pid)
    terminal.keys("\x1a")
    await _until(lambda: " T " in Path(f"/proc/{screens}/stat").read_text())
    terminal.vanish()
    os.kill(screens, signal.SIGCONT)
    await _until(lambda: _has_ended(screens), GONE)
    assert await terminal.exit_code() == 0
    assert (tmp_path / "ended").read_text() == "0\n"


@pytest.mark.parametrize("side", ["read", "written"])
async def test_either_side_is_enough(database: Path, side: str) -> None:
    """The screens read one terminal and draw on another. Neither belongs to their session, so no signal is sent."""
    (keyboard, reads), (display, draws) = pty.openpty(), pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color"}
    screens = await asyncio.create_subprocess_exec(
        *HOOKKEEPER, stdin=reads, stdout=draws, stderr=draws, env=environment, start_new_session=True
    )
    os.close(reads)
    os.close(draws)
    drawn = bytearray()
    asyncio.get_running_loop().add_reader(display, lambda: drawn.extend(os.read(display, 65536)))
    await _until(lambda: b"delivering" in drawn)
    asyncio.get_running_loop().remove_reader(display)
    gone, other = (keyboard, display) if side == "read" else (display, keyboard)
    os.close(gone)
    async with asyncio.timeout(GONE):
        assert await screens.wait() == 0
    os.close(other)
    assert nodes.standing_at(database).running


@pytest.mark.parametrize("closed", ["< /dev/null", "<&-", "2> /dev/null", "> /dev/null"])
async def test_without_a_terminal_from_the_beginning(database: Path, tmp_path: Path, closed: str) -> None:
    """The command prints one sentence and opens nothing."""
    said = tmp_path / "said"
    screens = f"{shlex.join(HOOKKEEPER)} {closed}"
    terminal = Terminal(command=(SHELL, "-c", f"{screens}; echo ended $? > {said}"))
    assert await terminal.exit_code() == 0
    assert said.read_text() == "ended 1\n"
    assert not database.exists()


@pytest.mark.skipif(not (shutil.which("tmux") and shutil.which("make")), reason="Needs tmux and make.")
async def test_make_run_in_a_tmux_that_is_killed(database: Path, tmp_path: Path) -> None:
    """make leads the session, is the only process to get the SIGHUP, and waits for its child."""
    (tmp_path / "Makefile").write_text(f"run:\n\t@exec {shlex.join(HOOKKEEPER)}\n")
    started = f"PYTHONPATH={shlex.quote(str(Path.cwd()))} exec make -f {tmp_path}/Makefile run"
    await _tmux(tmp_path, "new-session", "-d", "-x", "80", "-y", "24", started)
    while "delivering here" not in await _tmux(tmp_path, "capture-pane", "-p"):  # noqa: ASYNC110  # tmux sends no event
        await asyncio.sleep(0.05)
    make = int(await _tmux(tmp_path, "display", "-p", "#{pane_pid}"))
    screens = _child_of(make)
    await _tmux(tmp_path, "kill-server")
    await _until(lambda: _has_ended(screens), GONE)
    assert nodes.standing_at(database).running


async def _tmux(folder: Path, *words: str) -> str:
    """Run a command in a private tmux server and return its output."""
    process = await asyncio.create_subprocess_exec(
        "tmux", "-S", str(folder / "tmux"), "-f", os.devnull, *words, stdout=asyncio.subprocess.PIPE
    )
    answer, _ = await process.communicate()
    assert process.returncode == 0
    return answer.decode()
