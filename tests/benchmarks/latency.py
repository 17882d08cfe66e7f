"""From `emit` in one process to the arrival at the receiver, with the dispatcher in another."""

import asyncio
import os
import tempfile
import time
from pathlib import Path

from core.catalog import accept
from core.models import GeneralSettings, WebhookOptions
from core.service.status import dispatcher_status
from core.store import Store, bell, config, open_store, queue
from tests.benchmarks.bodies import body_of
from tests.benchmarks.figures import Figure, percentile, print_table
from tests.benchmarks.processes import running
from tests.benchmarks.scale import Scale
from tests.support.receiver import Receiver

_PROBE, _FLOOD = "session-failed", "session-started"
_PAUSE = 0.01


async def run(scale: Scale) -> None:
    """Idle, and while the dispatcher delivers at its full rate. Emitter and receiver share the cores with it."""
    with tempfile.TemporaryDirectory(prefix="hookkeeper-bench-") as folder:
        os.environ["HOOKKEEPER_KEY_FILE"] = str(Path(folder) / "keys")
        path = Path(folder) / "hookkeeper.db"
        async with Receiver() as receiver, open_store(path) as store:
            await _prepare(store, receiver)
            with running("-m", "core.cli", "--db", str(path), "serve", log=path.with_suffix(".log")):
                while not dispatcher_status(path).running:  # noqa: ASYNC110  # the lock tells nobody
                    await asyncio.sleep(0.05)
                await _latencies(store, receiver, 20)
                idle = await _latencies(store, receiver, scale.emits)
                rate, loaded = await _under_load(store, receiver, scale)
    print_table(
        f"Latency: emit to arrival, {len(idle)} events idle, {len(loaded)} at full rate",
        [
            Figure("idle, p50", [percentile(idle, 50)], "ms", at_most=20),
            Figure("idle, p99", [percentile(idle, 99)], "ms", at_most=60),
            Figure("at full rate, p50", [percentile(loaded, 50)], "ms"),
            Figure("at full rate, p99", [percentile(loaded, 99)], "ms", at_most=120),
            Figure("full rate meanwhile", [rate], "/s"),
        ],
    )


async def _prepare(store: Store, receiver: Receiver) -> None:
    await config.save_settings(store, GeneralSettings(allowed_networks=("127.0.0.0/8",)), actor="bench")
    await config.add_webhook(store, _PROBE, WebhookOptions(url=receiver.url), actor="bench")
    flood = WebhookOptions(url=f"http://127.0.0.1:{receiver.port}/flood", concurrency=100)
    await config.add_webhook(store, _FLOOD, flood, actor="bench")


async def _latencies(store: Store, receiver: Receiver, number: int) -> list[float]:
    """Milliseconds from the call of emit to the request's arrival, one event at a time."""
    taken: list[float] = []
    for each in range(number):
        body = accept(_PROBE, body_of(f"probe {each}"))
        looked = len(receiver.received)
        began = time.time()
        await queue.emit(store, _PROBE, body)
        bell.ring(store.path)
        while not (arrived := [seen.at for seen in receiver.received[looked:] if seen.path == "/hook"]):
            looked = len(receiver.received)
            await receiver.wait_for(looked + 1)
        taken.append((arrived[0] - began) * 1000)
        await asyncio.sleep(_PAUSE)
    return taken


async def _under_load(store: Store, receiver: Receiver, scale: Scale) -> tuple[float, list[float]]:
    bodies = [accept(_FLOOD, body_of(f"flood {each}")) for each in range(scale.deliveries)]
    await asyncio.gather(*(queue.emit(store, _FLOOD, body) for body in bodies))
    bell.ring(store.path)
    began, before = time.time(), len(receiver.received)
    loaded = await _latencies(store, receiver, scale.emits // 5)
    return (len(receiver.received) - before) / (time.time() - began), loaded
