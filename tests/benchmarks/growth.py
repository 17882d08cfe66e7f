"""Repeat measurements with a million deliveries in the store, half of them old failures, and measure the file size."""

import asyncio
import time
from contextlib import AsyncExitStack, suppress

from core.catalog import accept
from core.models import GeneralSettings
from core.store import config, queue, retention
from core.store.database import Database
from core.store.queue import Slots
from tests.benchmarks.bodies import SIZE, body_of
from tests.benchmarks.figures import Figure, percentile, print_table, ratios
from tests.benchmarks.latency import latencies
from tests.benchmarks.scale import Scale
from tests.benchmarks.scene import Pass, Scene, add_webhook, emit, scene
from tests.support.many import TYPES, write_many

_TYPE = "session-started"
_CLAIMED = 100
_YEARS = 3650


async def run(scale: Scale) -> None:
    """Measure an empty database and a full one in turn."""
    async with AsyncExitStack() as stack:
        empty, full = [await stack.enter_async_context(scene()) for _ in range(2)]
        await write_many(full.store, scale.stored)
        passes: list[list[Pass]] = [[], []]
        waits: list[list[float]] = [[], []]
        claims: list[list[float]] = [[], []]
        grown: list[float] = []
        for stage in (empty, full):
            await _keep_all(stage)
            await add_webhook(stage, "/timed", event_type=_TYPE, concurrency=100)
        webhooks = (1, len(TYPES) + 1)
        for _ in range(scale.repetitions):
            for which, stage in enumerate((empty, full)):
                before = await _size(stage)
                claims[which].append(await _claim(stage, webhooks[which]))
                passes[which].append(await _deliver(stage, scale.deliveries))
                grown.append((await _size(stage) - before) / (scale.deliveries + _CLAIMED) - SIZE)
                waits[which].append(await _latency(stage, scale.emits // 5))
        pruned, beside = await _prune(full, scale.seconds / 6)
    rates = [[each.rate for each in of] for of in passes]
    costs = [[each.cpu for each in of] for of in passes]
    print_table(
        f"Growth: {scale.stored:,} deliveries stored, half of them failed, against none",
        [
            Figure("deliveries, empty", rates[0], "/s"),
            Figure("deliveries, full", rates[1], "/s"),
            Figure("rate, full against empty", ratios(rates[1], rates[0]), at_least=0.9),
            Figure("CPU per delivery, full against empty", ratios(costs[1], costs[0]), at_most=1.1),
            Figure("emit to arrival, idle, p50, full", waits[1], "ms"),
            Figure("emit to arrival, full against empty", ratios(waits[1], waits[0]), at_most=1.1),
            Figure(f"claim of {_CLAIMED}, empty", claims[0], "ms"),
            Figure(f"claim of {_CLAIMED}, full", claims[1], "ms"),
            Figure("file per delivered event with its attempt, over its body", grown, "B",
                   at_most=1000),
            Figure("deliveries pruned", [pruned], "/s"),
            Figure("emit beside pruning, p99", [beside], "ms"),
        ],
    )  # fmt: skip


async def _keep_all(stage: Scene) -> None:
    """Turn pruning off. Otherwise the old deliveries would be pruned during the measurement."""
    settings = await config.load_settings(stage.store)
    kept = settings.model_copy(update=dict.fromkeys(("keep_delivered", "keep_failed"), _YEARS))
    await config.save_settings(stage.store, kept, actor="bench")


async def _deliver(stage: Scene, number: int) -> Pass:
    """Deliver new events, together with the deliveries that the claim measurement left."""
    await emit(stage, number, event_type=_TYPE)
    with stage.dispatcher() as dispatcher:
        return await dispatcher.deliver(number + _CLAIMED)


async def _latency(stage: Scene, number: int) -> float:
    with stage.dispatcher():
        await latencies(stage, _TYPE, 20)  # until it has started
        return percentile(await latencies(stage, _TYPE, number), 50)


async def _claim(stage: Scene, webhook: int) -> float:
    """Return the milliseconds to find and claim due deliveries, with the COMMIT. The claim is undone afterwards."""
    await emit(stage, _CLAIMED, event_type=_TYPE)
    epoch = await queue.next_epoch(stage.store)
    began = time.perf_counter()
    due = (await queue.look_out(stage.store)).due
    claims = await queue.claim(stage.store, epoch, [Slots(webhook, 1, _CLAIMED, _CLAIMED)])
    taken = (time.perf_counter() - began) * 1000
    if webhook not in due or len(claims) != _CLAIMED:
        raise RuntimeError(f"{len(claims)} of {_CLAIMED} were claimed.")
    await stage.store.write(_take_back)
    return taken


def _take_back(database: Database) -> None:
    database.execute(
        "UPDATE deliveries SET state = 'pending', epoch = NULL, attempts = 0 WHERE state = 'sending'"
    )


async def _size(stage: Scene) -> int:
    await stage.store.rest(idle=True)
    return stage.path.stat().st_size


async def _prune(stage: Scene, seconds: float) -> tuple[float, float]:
    """Return the deliveries/s that pruning removes, and the p99 in ms of a concurrent emit."""
    before = await stage.store.read(_count)
    pruning = asyncio.create_task(
        retention.prune(stage.store, GeneralSettings(), time.time_ns() // 1_000_000), name="pruning"
    )
    began, waits = time.perf_counter(), []
    while not pruning.done() and time.perf_counter() - began < seconds:
        called = time.perf_counter()
        await queue.emit(
            stage.store, "session-pending-review", accept("session-pending-review", body_of("1"))
        )
        waits.append((time.perf_counter() - called) * 1000)
        await asyncio.sleep(0.01)
    taken = time.perf_counter() - began
    pruning.cancel()
    with suppress(asyncio.CancelledError):
        await pruning
    return (before - await stage.store.read(_count)) / taken, percentile(waits, 99)


def _count(database: Database) -> int:
    return int(database.execute("SELECT count(*) FROM deliveries").fetchone()[0])
