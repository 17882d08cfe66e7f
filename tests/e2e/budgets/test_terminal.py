"""Terminals that disappear, hang, change their size, or put the program into the background."""

import asyncio
import os
import shutil
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from core.store import Store, nodes
from tests.e2e.budgets.conftest import emit, until_all_is_delivered
from tests.support.extent import extent
from tests.support.receiver import Receiver
from tests.support.terminal import Terminal

STALLED_SECONDS = extent(full=60, otherwise=4)
CHANGES = extent(full=10_000, otherwise=2_000)
MEMORY = 60 * 1024 * 1024


@pytest.mark.usefixtures("no_dispatcher_left")
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
async def test_signals_restore_the_terminal(database: Path, number: signal.Signals) -> None:
    """Every terminal mode is turned off again, the cursor is visible, and deliveries go on."""
    terminal = Terminal(environment={"HOOKKEEPER_MOUSE": "on"})
    await terminal.shows("✓ delivering here")
    os.kill(terminal.pid, number)
    assert await terminal.exit_code() == 0
    assert terminal.raw.count(b"\x1b[?1049h") == terminal.raw.count(b"\x1b[?1049l") == 1
    modes: dict[bytes, bytes] = {}
    for part in bytes(terminal.raw).split(b"\x1b[?")[1:]:
        names, sign = part[: _digits(part)], part[_digits(part) : _digits(part) + 1]
        if sign in (b"h", b"l"):
            modes |= dict.fromkeys(names.split(b";"), sign)
    cursor, wrapping = modes.pop(b"25"), modes.pop(b"7")
    assert (cursor, wrapping) == (b"h", b"h")
    assert b"1000" in modes
    assert Counter(modes.values()) == {b"l": len(modes)}
    assert nodes.standing_at(database).running


def _digits(part: bytes) -> int:
    return len(part) - len(part.lstrip(b"0123456789;"))


@pytest.mark.usefixtures("no_dispatcher_left")
@pytest.mark.parametrize("keys", [0, 400], ids=["at rest", "stalled"])
async def test_a_terminal_that_vanishes_ends_the_screens(database: Path, keys: int) -> None:
    """This also holds if it hung before, with more keys typed than the program's wake-up buffer can hold."""
    terminal = Terminal()
    await terminal.shows("✓ delivering here")
    terminal.stall()
    for turn in range(keys):  # one by one, because keys that come together are drawn together
        terminal.keys("123"[turn % 3])
        await asyncio.sleep(0.02)
    terminal.vanish()
    assert await terminal.exit_code() == 0
    assert nodes.standing_at(database).running


@pytest.mark.timeout(180 + STALLED_SECONDS)
async def test_a_stalled_terminal_stops_no_delivery(books: Store, receiver: Receiver) -> None:
    """Once the terminal is read again, the screen catches up."""
    terminal = Terminal()
    await terminal.shows("✓ delivering, pid")
    terminal.keys("3")
    await terminal.shows("Attempts")
    terminal.stall()
    ends = asyncio.get_running_loop().time() + STALLED_SECONDS
    sent = 30
    while asyncio.get_running_loop().time() < ends or sent < 150:
        await emit(books, 30)
        sent += 30
        await until_all_is_delivered(books)
    assert len(receiver.received) == sent
    terminal.go_on()
    terminal.keys("1")
    await terminal.shows("Webhook configurations")
    await _ends(terminal)


@pytest.mark.timeout(300)
async def test_memory_after_many_live_changes(books: Store) -> None:
    """The Monitor stays within 60 MB while it follows ten thousand deliveries."""
    terminal = Terminal()
    await terminal.shows("✓ delivering, pid")
    terminal.keys("3")
    await terminal.shows("Attempts")
    for _ in range(CHANGES // 2 // 500):
        await emit(books, 500)
        await until_all_is_delivered(books)
    await terminal.silent(1)
    pages = int(Path(f"/proc/{terminal.pid}/statm").read_text().split()[1])
    print(f"{pages * os.sysconf('SC_PAGE_SIZE') / 2**20:.1f} MiB")
    assert pages * os.sysconf("SC_PAGE_SIZE") <= MEMORY
    await _ends(terminal)


@pytest.mark.usefixtures("books")
async def test_a_terminal_that_is_too_small_says_so() -> None:
    """Down to 60x18 everything is shown, below that one sentence. The screen returns, even after many fast resizes."""
    terminal = Terminal(60, 18)
    await terminal.shows("✓ delivering, pid")
    terminal.keys("e")
    await terminal.shows("Edit webhook")
    await terminal.shows("Save")
    terminal.keys("\x1b")
    await terminal.hides("Edit webhook")
    terminal.resize(52, 14)
    await terminal.shows("Hookkeeper needs 60x18; this is 52x14. Deliveries go")
    for turn in range(60):
        terminal.resize(40 + 7 * (turn % 13), 10 + 3 * (turn % 11))
        await asyncio.sleep(0.005)
    terminal.resize(80, 24)
    await terminal.shows("Webhook configurations")
    await terminal.hides("Hookkeeper needs")
    await terminal.shows("? Help")
    await _ends(terminal)


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize("stop", ["ctrl+z", "SIGSTOP"])
async def test_into_the_background_and_back(stop: str) -> None:
    """ctrl+z gives the terminal to the shell. fg restores the screen, and keys work.

    The same holds if the shell took the terminal by itself.
    """
    shell = shutil.which("bash") or ""
    if not shell:
        pytest.skip("Needs bash for its jobs.")
    terminal = Terminal(command=(shell, "--norc", "-i"), environment={"PS1": "ready: "})
    await terminal.shows("ready:")
    terminal.keys(f"{sys.executable} -m tui\r")
    await terminal.shows("✓ delivering, pid")
    if stop == "ctrl+z":
        terminal.keys("\x1a")
    else:
        os.kill(_child_of(terminal.pid), signal.SIGSTOP)
    await terminal.shows("Stopped")
    terminal.keys("fg\r")
    await terminal.shows("Webhook configurations")
    terminal.keys("2")
    await terminal.shows("General webhook settings")
    terminal.keys("q")
    await terminal.shows("ready:")
    terminal.keys("exit\r")
    await terminal.exit_code()


def _child_of(pid: int) -> int:
    """Return the PID of a shell's only child."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text())


async def _ends(terminal: Terminal) -> None:
    os.kill(terminal.pid, signal.SIGTERM)
    assert await terminal.exit_code() == 0
