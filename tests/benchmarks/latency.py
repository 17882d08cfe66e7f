"""Measure the time from `emit` to the arrival. Emitter, dispatcher and receiver are separate processes."""

import asyncio
import json
import time
from urllib.request import urlopen

from core.catalog import accept
from core.store import queue
from tests.benchmarks.bodies import body_of
from tests.benchmarks.figures import Figure, percentile, print_table
from tests.benchmarks.scale import Scale
from tests.benchmarks.scene import Scene, add_webhook, emit, recorded, scene

_PROBE, _FLOOD = "session-failed", "session-started"
_PAUSE = 0.02
_PATIENCE = 30.0
_SLICE = 0.05
"""Seconds between two batches of the flood."""


async def run(scale: Scale) -> None:
    """Measure while idle, at half of the full rate, and at the full rate. All processes share the cores."""
    number = scale.emits // 5
    async with scene() as stage:
        await add_webhook(stage, "/timed", event_type=_PROBE, concurrency=10)
        await add_webhook(stage, "/hook", event_type=_FLOOD, concurrency=100)
        with stage.dispatcher():
            await latencies(stage, _PROBE, 20)
            idle = await latencies(stage, _PROBE, scale.emits)
            await emit(stage, scale.deliveries * 2, event_type=_FLOOD)
            full_rate, full = await _beside(stage, number)
            await _end(stage)
            flood = asyncio.create_task(_flood(stage, full_rate / 2), name="flood")
            half_rate, half = await _beside(stage, number)
            flood.cancel()
    print_table(
        f"Latency: emit to arrival, {len(idle)} events idle, {number} under load",
        [
            Figure("idle, p50", [percentile(idle, 50)], "ms", at_most=20),
            Figure("idle, p99", [percentile(idle, 99)], "ms", at_most=60),
            Figure("at half of the full rate, p50", [percentile(half, 50)], "ms"),
            Figure("at half of the full rate, p99", [percentile(half, 99)], "ms"),
            Figure("rate meanwhile", [half_rate], "/s"),
            Figure("at the full rate, p50", [percentile(full, 50)], "ms"),
            Figure("at the full rate, p99", [percentile(full, 99)], "ms", at_most=120),
            Figure("rate meanwhile", [full_rate], "/s"),
        ],
    )


async def latencies(stage: Scene, event_type: str, number: int, *, webhooks: int = 1) -> list[float]:
    """Return the milliseconds from the emit call to each arrival at `/timed`, one event after the other."""
    await asyncio.to_thread(_arrivals, stage)
    emitted: dict[str, float] = {}
    for each in range(number):
        name = f"probe {each}"
        body = accept(event_type, body_of(name))
        emitted[name] = time.time()
        await queue.emit(stage.store, event_type, body)
        await asyncio.sleep(_PAUSE)
    arrived: list[tuple[str, float]] = []
    began = time.monotonic()
    while len(arrived) < number * webhooks:
        arrived += await asyncio.to_thread(_arrivals, stage)
        if time.monotonic() - began > _PATIENCE:
            raise RuntimeError(f"{len(arrived)} of {number * webhooks} events arrived.")
        await asyncio.sleep(_PAUSE)
    return [(at - emitted[name]) * 1000 for name, at in arrived if name in emitted]


def _arrivals(stage: Scene) -> list[tuple[str, float]]:
    """Return what arrived since the last call, and when."""
    with urlopen(f"{stage.receiver}/arrivals") as answer:  # a receiver of ours, on loopback
        return [(number, at) for number, at in json.loads(answer.read())]


async def _beside(stage: Scene, number: int) -> tuple[float, list[float]]:
    """Return the deliveries/s while the probes are sent, and the latencies of the probes."""
    began, before = time.perf_counter(), recorded(stage.path)
    taken = await latencies(stage, _PROBE, number)
    return (recorded(stage.path) - before) / (time.perf_counter() - began), taken


async def _flood(stage: Scene, rate: float) -> None:
    while True:
        await emit(stage, max(1, round(rate * _SLICE)), event_type=_FLOOD)
        await asyncio.sleep(_SLICE)


async def _end(stage: Scene) -> None:
    """Wait until the flood is over."""
    seen = -1
    while (now := recorded(stage.path)) != seen:
        seen = now
        await asyncio.sleep(1)
