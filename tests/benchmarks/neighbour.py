"""Measure nine webhooks next to one that hangs until its deadline, compared with the same nine alone."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing

from tests.benchmarks.bodies import TYPE
from tests.benchmarks.figures import Figure, percentile, print_table, ratios
from tests.benchmarks.latency import latencies
from tests.benchmarks.scale import Scale
from tests.benchmarks.scene import Scene, add_webhook, emit, scene

_WEBHOOKS = 9
_CONCURRENCY = 20
_LOOK = 0.05


async def run(scale: Scale) -> None:
    """Measure two databases with a receiver each: the nine alone, and the nine with the tenth."""
    async with AsyncExitStack() as stack:
        stages = [await stack.enter_async_context(_nine(hanging=hanging)) for hanging in (False, True)]
        rates: list[list[float]] = [[], []]
        waits: list[list[float]] = [[], []]
        for _ in range(scale.repetitions):
            for which, stage in enumerate(stages):
                rate, taken = await _measure(stage, scale)
                rates[which].append(rate)
                waits[which].append(percentile(taken, 99))
    print_table(
        f"Neighbour: {_WEBHOOKS} webhooks, {_CONCURRENCY} in flight to each, and one that never answers",
        [
            Figure("the nine alone", rates[0], "/s"),
            Figure("the nine beside it", rates[1], "/s"),
            Figure("rate beside it, against alone", ratios(rates[1], rates[0]), at_least=0.95),
            Figure("emit to arrival alone, p99", waits[0], "ms"),
            Figure("emit to arrival beside it, p99", waits[1], "ms"),
            Figure("p99 beside it, against alone", ratios(waits[1], waits[0]), at_most=1.2),
        ],
    )


@asynccontextmanager
async def _nine(*, hanging: bool) -> AsyncIterator[Scene]:
    async with scene() as stage:
        for _ in range(_WEBHOOKS):
            await add_webhook(stage, "/timed", concurrency=_CONCURRENCY)
        if hanging:
            await add_webhook(stage, "/hang", concurrency=_CONCURRENCY)
        yield stage


async def _measure(stage: Scene, scale: Scale) -> tuple[float, list[float]]:
    """Return the deliveries/s of a backlog, then the milliseconds from emit to arrival of single events."""
    with stage.dispatcher():
        await _deliver(stage, 1)
        rate = await _deliver(stage, scale.deliveries // _WEBHOOKS)
        return rate, await latencies(stage, TYPE, scale.emits // 2, webhooks=_WEBHOOKS)


async def _deliver(stage: Scene, events: int) -> float:
    await emit(stage, events)
    began = time.perf_counter()
    await _settled(stage)
    return events * _WEBHOOKS / (time.perf_counter() - began)


async def _settled(stage: Scene) -> None:
    """Wait until the nine have nothing left to deliver."""
    left = "SELECT sum(open) FROM counts WHERE webhook <= ?"
    with closing(sqlite3.connect(stage.path)) as database:
        while database.execute(left, (_WEBHOOKS,)).fetchone()[0]:  # noqa: ASYNC110  # a file gives no notification
            await asyncio.sleep(_LOOK)
