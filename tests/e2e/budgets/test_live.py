"""The budget of live data: 10 deliveries a second, followed in the Monitor in a real terminal."""

import asyncio
import os
import signal

import pytest

from core.store import Store
from tests.e2e.budgets.conftest import emit
from tests.support.extent import extent
from tests.support.terminal import Terminal

SECONDS = extent(full=20, otherwise=10)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("key", ["f", "j"], ids=["following", "with a cursor"])
@pytest.mark.parametrize(
    ("columns", "lines", "budget"), [(80, 24, 4_000), (200, 50, 8_000)], ids=["80x24", "200x50"]
)
async def test_live_data_stays_within_the_line(
    books: Store, columns: int, lines: int, budget: int, key: str
) -> None:
    """The list updates less often rather than exceed the byte budget, and in the end shows everything."""
    terminal = Terminal(columns, lines)
    await terminal.shows("✓ delivering, pid")
    terminal.keys("3")
    await terminal.shows("Nothing needs attention.")
    terminal.keys("v")
    await terminal.shows("Failing now")
    terminal.keys("v")
    await terminal.shows("All  30 ")
    terminal.keys(key)
    before = await terminal.silent(1)
    began = asyncio.get_running_loop().time()
    for _ in range(SECONDS * 10):
        await asyncio.gather(emit(books, 1), asyncio.sleep(0.1))
    written, taken = terminal.written - before, asyncio.get_running_loop().time() - began
    print(f"{written / taken:,.0f} B/s")
    await terminal.shows(f"All  {30 + 10 * SECONDS} " if key == "f" else f" of {30 + 10 * SECONDS}")
    assert written <= budget * taken
    os.kill(terminal.pid, signal.SIGTERM)
    assert await terminal.exit_code() == 0
