"""What live data may cost: 10 deliveries a second, followed in the Monitor, in a real terminal."""

import asyncio
import os
import signal

import pytest

from core.store import Store
from tests.e2e.budgets.conftest import emit
from tests.support.terminal import Terminal

SECONDS = 20


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("columns", "lines", "budget"), [(80, 24, 4_000), (200, 50, 8_000)], ids=["80x24", "200x50"]
)
async def test_following_stays_within_the_line(books: Store, columns: int, lines: int, budget: int) -> None:
    """Following all that comes slows down rather than taking more of the line, and ends at the newest."""
    terminal = Terminal(columns, lines)
    await terminal.shows("✓ delivering, pid")
    terminal.keys("3")
    await terminal.shows("Nothing needs attention.")
    terminal.keys("v")
    await terminal.shows("Failing now")
    terminal.keys("v")
    await terminal.shows("following")
    before = await terminal.silent(1)
    for _ in range(SECONDS * 10):
        await asyncio.gather(emit(books, 1), asyncio.sleep(0.1))
    written = terminal.written - before
    print(f"{written / SECONDS:,.0f} B/s")
    await terminal.shows("All  230 ")
    assert written <= budget * SECONDS
    os.kill(terminal.pid, signal.SIGTERM)
    assert await terminal.exit_code() == 0
