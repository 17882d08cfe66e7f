"""Measure the events/s that are acknowledged after COMMIT, compared with bare sqlite3 writing the same rows."""

import asyncio
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from core.catalog import accept
from core.ids import new_id
from core.store import open_store, queue
from core.store.sqlite.connection import connect
from tests.benchmarks.bodies import TYPE, body_of
from tests.benchmarks.figures import Figure, percentile, print_table, ratios
from tests.benchmarks.processes import ROOT
from tests.benchmarks.scale import Scale
from tests.benchmarks.scene import Scene, add_webhook, scene

_IN_FLIGHT = 100
_PER_COMMIT = 256


async def run(scale: Scale) -> None:
    """Measure all three in each repetition, one after the other, with the same store."""
    batch: list[float] = []
    bare: list[float] = []
    single: list[float] = []
    waits: list[float] = []
    async with scene() as stage:
        await add_webhook(stage)
        for _ in range(scale.repetitions):
            batch.append(_batch(stage, scale.deliveries))
            bare.append(_bare(stage.path, scale.deliveries))
            rate, taken = await _single(stage, scale.deliveries)
            single.append(rate)
            waits.append(percentile(taken, 99))
    print_table(
        f"Ingest: {scale.deliveries:,} events of 1 kB, each with a delivery, acknowledged after COMMIT",
        [
            Figure("emit --batch", batch, "/s", at_least=10_000),
            Figure("bare sqlite3, the same rows", bare, "/s"),
            Figure("against bare sqlite3", ratios(batch, bare), at_least=0.5),
            Figure(f"single emits, {_IN_FLIGHT} at once", single, "/s"),
            Figure("single emits, wait at p99", waits, "ms"),
        ],
    )


def _batch(stage: Scene, number: int) -> float:
    """Measure from the first acknowledgement to the last, because the start is measured elsewhere."""
    lines = stage.path.with_suffix(".jsonl")
    lines.write_bytes(
        b"".join(b'{"type":"%b","data":%b}\n' % (TYPE.encode(), body_of(str(each))) for each in range(number))
    )
    command = [sys.executable, "-m", "core.cli", "--db", str(stage.path), "emit", "--batch", str(lines)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.readline()
        began = time.perf_counter()
        rest = sum(1 for _ in process.stdout)
        taken = time.perf_counter() - began
    if rest != number - 1:
        raise RuntimeError(f"{rest + 1} of {number} events were acknowledged.")
    return rest / taken


def _bare(path: Path, number: int) -> float:
    """Measure SQLite alone with the same rows and tables. The bodies are made beforehand."""
    bodies = [body_of(str(each)) for each in range(number)]
    began = time.perf_counter()
    with closing(connect(path)) as database:
        for first in range(0, number, _PER_COMMIT):
            now = time.time_ns() // 1_000_000
            database.execute("BEGIN IMMEDIATE")
            for body in bodies[first : first + _PER_COMMIT]:
                event = database.execute(
                    "INSERT INTO events (id, type, body, session, is_test, created_at) VALUES (?, ?, ?, ?, 0, ?)",
                    (new_id("evt"), TYPE, body, "66e1", now),
                ).lastrowid
                database.execute(
                    "INSERT INTO deliveries (id, event, webhook, state, lane, due_at, created_at, changed_at)"
                    " VALUES (?, ?, 1, 'pending', 0, 0, ?, ?)",
                    (new_id("dlv"), event, now, now),
                )
            database.execute("COMMIT")
    return number / (time.perf_counter() - began)


async def _single(stage: Scene, number: int) -> tuple[float, list[float]]:
    """Emit events that each wait for their acknowledgement. Return the rate, and each wait in ms."""
    bodies = iter([accept(TYPE, body_of(str(each))) for each in range(number)])
    taken: list[float] = []
    async with open_store(stage.path) as store:

        async def work() -> None:
            for body in bodies:
                began = time.perf_counter()
                await queue.emit(store, TYPE, body)
                taken.append((time.perf_counter() - began) * 1000)

        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(_IN_FLIGHT)))
        return number / (time.perf_counter() - began), taken
