"""The bytes written to the terminal: none while nothing happens, and few for a dialog."""

import asyncio
import os
import signal

import pytest

from core.store import Store, config
from tests.support.extent import extent
from tests.support.terminal import Terminal

IDLE_SECONDS = extent(full=60, otherwise=3)
SCREENS = {"1": "Webhook configurations", "2": "General webhook settings", "3": "Attempts"}


@pytest.mark.usefixtures("books")
@pytest.mark.timeout(180 + 3 * IDLE_SECONDS)
async def test_nothing_is_written_while_nothing_happens() -> None:
    """Each screen writes nothing, although the dispatcher's heartbeats go on."""
    terminal = Terminal()
    await terminal.shows("✓ delivering, pid")
    for key, words in SCREENS.items():
        terminal.keys(key)
        await terminal.shows(words)
        before = await terminal.silent(3)
        await asyncio.sleep(IDLE_SECONDS)
        assert terminal.written == before, bytes(terminal.raw[before:])
    os.kill(terminal.pid, signal.SIGTERM)
    assert await terminal.exit_code() == 0


DIALOGS = {
    "Generate new": "n",
    "Edit webhook": "e",
    "Delete webhook": "d",
    "Send test event": "t",
    "Disable webhook": "x",
    "Actions": " ",
}


@pytest.mark.usefixtures("books")
@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("colours", "budget"), [("truecolor", 27_000), ("", 21_000)], ids=["truecolor", "256"]
)
async def test_a_dialog_is_cheap(colours: str, budget: int) -> None:
    """The budget covers all bytes from the key to the end of the dialog, at 80x24."""
    terminal = Terminal(environment={"COLORTERM": colours})
    await terminal.shows("✓ delivering, pid")
    costs = {}
    for title, key in DIALOGS.items():
        before = await terminal.silent(1)
        terminal.keys(key)
        await terminal.shows(f"─ {title}")
        costs[title] = await terminal.silent(1) - before
        terminal.keys("\x1b")
        await terminal.hides(f"─ {title}")
    print(costs)
    assert {title: cost for title, cost in costs.items() if cost > budget} == {}
    os.kill(terminal.pid, signal.SIGTERM)
    assert await terminal.exit_code() == 0


async def test_somebody_elses_change_draws_its_row(books: Store) -> None:
    """Only that row is drawn, not the whole table."""
    terminal = Terminal()
    await terminal.shows("✓ delivering, pid")
    other = (await config.list_webhooks(books))[-1].webhook.id
    before = await terminal.silent(1)
    await config.set_enabled(books, other, enabled=False, actor="bob")
    await terminal.shows("= disabled")
    assert await terminal.silent(1) - before < 700
    os.kill(terminal.pid, signal.SIGTERM)
    assert await terminal.exit_code() == 0
