"""Measure the screens in a terminal: first paint with a million deliveries, keys under load, others' changes."""

import asyncio
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from core.clock import now_ms
from core.store import Store, config
from core.store.sqlite.lock import DispatcherLock
from core.store.sqlite.sqlite_store import open_file
from core.store.standing import Holder
from tests.benchmarks.figures import Figure, percentile, print_table, ratios
from tests.benchmarks.processes import resident_mb
from tests.benchmarks.scale import Scale
from tests.benchmarks.scene import add_webhook, emit, recorded, scene
from tests.support.many import write_many
from tests.support.terminal import HOOKKEEPER, Terminal
from tui.state import StateFile

MINIMAL = (sys.executable, "-m", "tests.benchmarks.minimal_screen")


async def run(scale: Scale) -> None:
    """Measure each program as a separate process, as people start it."""
    with tempfile.TemporaryDirectory(prefix="hookkeeper-bench-") as folder:
        path = Path(folder, "hookkeeper.db")
        os.environ["HOOKKEEPER_KEY_FILE"] = str(Path(folder, "keys"))
        os.environ["XDG_STATE_HOME"] = os.environ["XDG_CONFIG_HOME"] = folder
        os.environ["HOOKKEEPER_DB"] = str(path)
        # Keep the bytecode cache, as an installed program has one.
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder, "compiled"))
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        async with open_file(path) as store:
            await write_many(store, scale.stored)
            await store.checkpoint()
            with DispatcherLock.of(path) as lock:  # keeps the screens from starting a dispatcher
                lock.take()
                lock.say(Holder(os.getpid(), 1, "bench", now_ms(), "bench"))
                print_table(f"Screens: {scale.stored:,} deliveries stored", await _first_paints(scale))
                print_table("Screens: somebody else's change", [await _changes(store, scale)])
        async with scene() as under_load:
            os.environ["HOOKKEEPER_DB"] = str(under_load.path)
            await add_webhook(under_load)
            for _ in range(10):
                await add_webhook(under_load, event_type="session-failed")  # a list to move in
            await emit(under_load, scale.due)
            with under_load.dispatcher():
                await _delivering(under_load.path)
                print_table("Screens: a key, with a dispatcher at full load beside it", await _keys(scale))


async def _delivering(path: Path) -> None:
    """Wait until the dispatcher delivers. Otherwise the screens would start another one."""
    seen = 0
    while not seen:
        await asyncio.sleep(0.1)
        seen = recorded(path)


async def _first_paints(scale: Scale) -> list[Figure]:
    """Measure from the start of the process to the frame, and to the Monitor's first rows."""
    StateFile().keep(screen="monitor")
    minimal, frames, rows, memory = [], [], [], []
    await _paint(MINIMAL, "Nothing else.")  # the first start of each compiles
    await _paint(HOOKKEEPER, "1 Webhooks")
    for _ in range(scale.repetitions):
        minimal.append((await _paint(MINIMAL, "Nothing else."))[0])
        frame, row, resident = await _paint(HOOKKEEPER, "1 Webhooks", "○ pending")
        frames.append(frame)
        rows.append(row)
        memory.append(resident)
    return [
        Figure("a minimal Textual program", minimal, "ms"),
        Figure("our first paint, a frame", frames, "ms"),
        Figure("our first rows", rows, "ms"),
        Figure("first paint against the minimal program", ratios(frames, minimal), at_most=1.6),
        Figure("first rows against the minimal program", ratios(rows, minimal)),
        Figure("memory then", memory, "MB"),
    ]


async def _paint(command: tuple[str, ...], *words: str) -> list[float]:
    began = time.perf_counter()
    terminal = Terminal(command=command)
    taken = []
    for each in words:
        await terminal.shows(each)
        taken.append((time.perf_counter() - began) * 1000)
    taken.append(resident_mb(terminal.pid))
    await _end(terminal)
    return taken


async def _changes(store: Store, scale: Scale) -> Figure:
    """Measure from the answer after COMMIT to the word on the screen, as p95."""
    StateFile().keep(screen="webhooks")
    identity = (await config.list_webhooks(store))[-1].webhook.id  # the one that is disabled
    terminal = Terminal()
    await terminal.shows("Webhook configurations")
    taken = []
    for turn in range(scale.repetitions * 10):
        await terminal.silent(0.3)
        await config.set_enabled(store, identity, turn % 2 == 0, actor="bench")
        began = time.perf_counter()
        await (terminal.shows("= disabled") if turn % 2 else terminal.hides("= disabled"))
        taken.append((time.perf_counter() - began) * 1000)
    await _end(terminal)
    return Figure("until it is on the screen, p95", [percentile(taken, 95)], "ms", at_most=400)


async def _keys(scale: Scale) -> list[Figure]:
    """Measure from a key to the first byte written after it, while moving in the list of webhooks."""
    StateFile().keep(screen="webhooks")
    terminal = Terminal()
    await terminal.shows("Webhook configurations")
    taken = []
    for turn in range(scale.repetitions * 20):
        await asyncio.sleep(0.05)
        before = terminal.written
        began = time.perf_counter()
        terminal.keys("j" if turn % 2 == 0 else "k")
        await terminal.writes(before)
        taken.append((time.perf_counter() - began) * 1000)
    await _end(terminal)
    return [
        Figure("until the first byte, p50", [percentile(taken, 50)], "ms"),
        Figure("until the first byte, p95", [percentile(taken, 95)], "ms", at_most=30),
    ]


async def _end(terminal: Terminal) -> None:
    os.kill(terminal.pid, signal.SIGTERM)
    await terminal.exit_code()
