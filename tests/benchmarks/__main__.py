"""`make bench`: from `emit` in one process to the arrival at the receiver, with the dispatcher in another."""

import asyncio
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

from core.catalog import accept
from core.models import GeneralSettings, WebhookOptions
from core.service.status import dispatcher_status
from core.store import Store, bell, config, open_store, queue
from tests.support.receiver import Receiver

EVENTS = 200
LOAD = 4000
BODY = accept("session-failed", b'{"interviewId":"66e1","text":"%s"}' % (b"x" * 900))


async def _latencies(store: Store, receiver: Receiver, number: int) -> list[float]:
    """Milliseconds from the call of emit to the request's arrival, one event at a time."""
    taken = []
    for _ in range(number):
        before = sum(seen.path == "/hook" for seen in receiver.received)
        began = time.time()
        await queue.emit(store, "session-failed", BODY)
        bell.ring(store.path)
        while sum(seen.path == "/hook" for seen in receiver.received) <= before:
            await receiver.wait_for(len(receiver.received) + 1)
        arrived = next(seen.at for seen in reversed(receiver.received) if seen.path == "/hook")
        taken.append((arrived - began) * 1000)
        await asyncio.sleep(0.01)
    return sorted(taken)


def _print(name: str, taken: list[float]) -> None:
    p99 = taken[int(len(taken) * 0.99) - 1]
    print(f"{name:<34} p50 {statistics.median(taken):7.1f} ms   p99 {p99:7.1f} ms   of {len(taken)} events")


async def main() -> None:
    """Measure and print."""
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOOKKEEPER_KEY_FILE"] = str(Path(folder) / "keys")
        path = Path(folder) / "hookkeeper.db"
        async with Receiver() as receiver, open_store(path) as store:
            await config.save_settings(
                store, GeneralSettings(allowed_networks=("127.0.0.0/8",)), actor="bench"
            )
            options = WebhookOptions(url=receiver.url)
            await config.add_webhook(store, "session-failed", options, actor="bench")
            flood = WebhookOptions(url=f"http://127.0.0.1:{receiver.port}/flood", concurrency=100)
            await config.add_webhook(store, "session-started", flood, actor="bench")
            serve = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "core.cli",
                "--db",
                str(path),
                "serve",
                stderr=asyncio.subprocess.DEVNULL,
            )
            while not dispatcher_status(path).running:  # noqa: ASYNC110  # the lock tells nobody
                await asyncio.sleep(0.05)
            await _latencies(store, receiver, 20)
            _print("emit to arrival, idle", await _latencies(store, receiver, EVENTS))
            await asyncio.gather(*(queue.emit(store, "session-started", BODY) for _ in range(LOAD)))
            bell.ring(path)
            began, before = time.time(), len(receiver.received)
            loaded = await _latencies(store, receiver, EVENTS // 4)
            rate = (len(receiver.received) - before) / (time.time() - began)
            _print("emit to arrival, at full rate", loaded)
            print(
                f"full rate beside it: {rate:,.0f} deliveries/s (emitter, receiver and dispatcher share the cores)"
            )
            serve.terminate()
            await serve.wait()


if __name__ == "__main__":
    asyncio.run(main())
