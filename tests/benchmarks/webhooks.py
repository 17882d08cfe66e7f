"""Compare ten thousand webhooks with ten: delivery to ten of them, idling, fan-out to all, lists and keys."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from core.catalog import accept
from core.models import WebhookOptions
from core.store import config, nodes, queue
from tests.benchmarks.bodies import body_of
from tests.benchmarks.figures import Figure, percentile, print_table, ratios
from tests.benchmarks.processes import ROOT, cpu_seconds, first_line
from tests.benchmarks.scale import Scale
from tests.benchmarks.scene import Scene, add_webhook, emit, scene
from tests.support.terminal import Terminal
from tui.state import StateFile

_BUSY = 10
_OTHERS = "session-started"
"""The event type of the webhooks that get nothing while the ten are delivered to."""
_AT_ONCE = 500
_SETTLED = 3.0
_ALL_ROWS = 3.0
"""Seconds after which all rows have been loaded."""


async def run(scale: Scale) -> None:
    """Measure two databases in turn: one with ten webhooks, and one with very many."""
    async with AsyncExitStack() as stack:
        few, many = [await stack.enter_async_context(scene(fastest=True)) for _ in range(2)]
        for stage in (few, many):
            for _ in range(_BUSY):
                await add_webhook(stage, concurrency=_BUSY)
        await _add_others(many, scale.webhooks - _BUSY)
        figures = await _throughput(few, many, scale)
        figures += [await _idle(many, scale), await _list(many, scale)]
        figures += await _screens(few, many, scale)
        figures.append(await _write_lock(many, scale))
    print_table(f"Webhooks: {scale.webhooks:,} in all against {_BUSY}", figures)


async def _add_others(stage: Scene, number: int) -> None:
    for begin in range(0, number, _AT_ONCE):
        options = [
            WebhookOptions(url=f"{stage.receiver}/other/{each}")
            for each in range(begin, min(number, begin + _AT_ONCE))
        ]
        await asyncio.gather(
            *(config.add_webhook(stage.store, _OTHERS, each, actor="bench") for each in options)
        )


async def _throughput(few: Scene, many: Scene, scale: Scale) -> list[Figure]:
    rates: list[list[float]] = [[], []]
    costs: list[list[float]] = [[], []]
    for _ in range(scale.repetitions):
        for which, stage in enumerate((few, many)):
            await emit(stage, scale.deliveries // _BUSY)
            with stage.dispatcher() as dispatcher:
                passed = await dispatcher.deliver(scale.deliveries)
            rates[which].append(passed.rate)
            costs[which].append(passed.cpu)
    return [
        Figure(f"deliveries to {_BUSY} busy ones, {_BUSY} in all", rates[0], "/s"),
        Figure(f"deliveries to {_BUSY} busy ones, very many in all", rates[1], "/s"),
        Figure("rate, very many against ten", ratios(rates[1], rates[0]), at_least=0.9),
        Figure("CPU per delivery, very many against ten", ratios(costs[1], costs[0])),
    ]


async def _idle(stage: Scene, scale: Scale) -> Figure:
    with stage.dispatcher() as dispatcher:
        await asyncio.sleep(_SETTLED)
        used, began = cpu_seconds(dispatcher.process.pid), time.perf_counter()
        await asyncio.sleep(scale.seconds)
        idle = (cpu_seconds(dispatcher.process.pid) - used) / (time.perf_counter() - began) * 100
    return Figure("dispatcher idle, CPU", [idle], "% of a core", at_most=1)


async def _list(stage: Scene, scale: Scale) -> Figure:
    """Measure CPU time, because other work on the machine would distort wall-clock time."""
    command = ["-m", "core.cli", "--db", str(stage.path), "webhooks", "list"]
    _cpu_of(command)  # compiles modules that were never imported
    taken = [_cpu_of(command) - _cpu_of(["-c", "pass"]) for _ in range(scale.repetitions)]
    return Figure("webhooks list over bare python, CPU", taken, "ms", at_most=1000)


def _cpu_of(command: list[str]) -> float:
    """Return the CPU milliseconds of a Python process."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = os.times()
    subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True
    )
    after = os.times()
    return (
        after.children_user + after.children_system - before.children_user - before.children_system
    ) * 1000


async def _screens(few: Scene, many: Scene, scale: Scale) -> list[Figure]:
    """Measure the screens next to a running dispatcher. Otherwise they would start one."""
    folder = str(many.path.parent)
    os.environ["XDG_STATE_HOME"] = os.environ["XDG_CONFIG_HOME"] = folder
    os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder, "compiled"))
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    StateFile().keep(screen="webhooks")
    rows: list[list[float]] = [[], []]
    early: list[list[float]] = [[], []]
    late: list[list[float]] = [[], []]
    with few.dispatcher(), many.dispatcher():
        await _running(few, many)
        for repetition in range(scale.repetitions + 1):
            for which, stage in enumerate((few, many)):
                first, while_rows_come, afterwards = await _screen(stage)
                if repetition:  # the first start compiles
                    rows[which].append(first)
                    early[which] += while_rows_come
                    late[which] += afterwards
    return [
        Figure(f"first rows of the Webhooks screen, {_BUSY}", rows[0], "ms"),
        Figure("first rows of the Webhooks screen, very many", rows[1], "ms"),
        Figure("first rows, very many against ten", ratios(rows[1], rows[0]), at_most=1.2),
        Figure(f"a key to the first byte, {_BUSY}, p95", [percentile(late[0], 95)], "ms"),
        Figure("a key, very many, p95", [percentile(late[1], 95)], "ms", at_most=30),
        Figure(f"a key in the first second, {_BUSY}, p95", [percentile(early[0], 95)], "ms"),
        Figure("a key in the first second, very many, p95", [percentile(early[1], 95)], "ms", at_most=30),
    ]


async def _running(*stages: Scene) -> None:
    for stage in stages:
        while not nodes.standing_at(stage.path).running:  # noqa: ASYNC110  # a file gives no notification
            await asyncio.sleep(0.05)


async def _screen(stage: Scene) -> tuple[float, list[float], list[float]]:
    """Return milliseconds: from start to first rows, of each key while rows are loading, and of each key later."""
    os.environ["HOOKKEEPER_DB"] = str(stage.path)
    os.environ["HOOKKEEPER_KEY_FILE"] = str(stage.path.with_name("keys"))
    began = time.perf_counter()
    terminal = Terminal(120, 40)
    await terminal.shows("/hook")
    first = (time.perf_counter() - began) * 1000
    early = await _press(terminal, "jk" * 10)
    await asyncio.sleep(_ALL_ROWS)
    late = await _press(terminal, "jk" * 15)
    os.kill(terminal.pid, signal.SIGTERM)
    await terminal.exit_code()
    return first, early, late


async def _press(terminal: Terminal, keys: str) -> list[float]:
    """Return the milliseconds from each key to the first byte written after it."""
    taken = []
    for key in keys:
        await asyncio.sleep(0.05)
        before = terminal.written
        began = time.perf_counter()
        terminal.keys(key)
        await terminal.writes(before)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


async def _write_lock(stage: Scene, scale: Scale) -> Figure:
    """Measure another process's longest wait for the write lock, during a fan-out to nearly all webhooks."""
    body = accept(_OTHERS, body_of("1"))
    longest: list[float] = []
    for _ in range(scale.repetitions):
        with _asking(stage, longest):
            await queue.emit(stage.store, _OTHERS, body)
    return Figure("the longest wait for the write lock beside it", longest, "ms", at_most=50)


@contextmanager
def _asking(stage: Scene, longest: list[float]) -> Iterator[None]:
    """Let another process ask for the write lock meanwhile. Its longest wait is appended to `longest`."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.write_lock", str(stage.path)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        first_line(process)
        yield
        process.stdin.close()
        longest.append(float(first_line(process)))
