"""Measure CPU and memory while idle, memory with a large backlog, and the start of a command."""

import asyncio
import os
import subprocess
import sys
import time

from tests.benchmarks.figures import Figure, print_table
from tests.benchmarks.processes import ROOT, cpu_seconds, resident_mb
from tests.benchmarks.scale import Scale
from tests.benchmarks.scene import Scene, add_webhook, emit, scene

_SETTLED = 3.0
"""Seconds after which a dispatcher has started and finished pruning."""
_STARTS = 4
"""Cold starts per repetition."""


async def run(scale: Scale) -> None:
    """Measure with one database that has one webhook."""
    async with scene() as stage:
        await add_webhook(stage, concurrency=100)
        _start(stage)  # compiles modules that were never imported
        starts = [_start(stage) for _ in range(scale.repetitions * _STARTS)]
        with stage.dispatcher() as dispatcher:
            await asyncio.sleep(_SETTLED)
            used, began = cpu_seconds(dispatcher.process.pid), time.perf_counter()
            await asyncio.sleep(scale.seconds)
            idle = (cpu_seconds(dispatcher.process.pid) - used) / (time.perf_counter() - began) * 100
            resident = resident_mb(dispatcher.process.pid)
        await emit(stage, scale.due)
        with stage.dispatcher() as dispatcher:
            await dispatcher.deliver(scale.due // 5)
            most = resident_mb(dispatcher.process.pid, most=True)
    print_table(
        f"Footprint: idle for {scale.seconds:g} s, then {scale.due:,} deliveries due",
        [
            Figure("dispatcher idle, CPU", [idle], "% of a core", at_most=0.5),
            Figure("dispatcher idle, memory", [resident], "MB", at_most=85),
            Figure(f"memory at most with {scale.due:,} due", [most], "MB"),
            Figure("deliveries list --json, cold start", [ours for ours, _ in starts], "ms"),
            Figure("python -c pass", [bare for _, bare in starts], "ms"),
            Figure("cold start over bare python", [ours - bare for ours, bare in starts], "ms", at_most=300),
        ],
    )


def _start(stage: Scene) -> tuple[float, float]:
    """Return the milliseconds of the command and of an interpreter that does nothing."""
    command = ["-m", "core.cli", "--db", str(stage.path), "deliveries", "list", "--json"]
    return _taken(command), _taken(["-c", "pass"])


def _taken(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=_as_installed(), stdout=subprocess.DEVNULL, check=True
    )
    return (time.perf_counter() - began) * 1000


def _as_installed() -> dict[str, str]:
    """Return the environment with the bytecode cache on. Compiling our own files would be half of each start."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
