"""Show where the CPU time of a delivery goes."""

import json

from tests.benchmarks.figures import Figure, print_table
from tests.benchmarks.scale import Scale
from tests.benchmarks.scene import add_webhook, emit, scene
from tests.benchmarks.throughput import CONCURRENCY


async def run(scale: Scale) -> None:
    """Let the dispatcher sample itself line by line. The start is left out."""
    async with scene(fastest=True) as stage:
        await add_webhook(stage, concurrency=CONCURRENCY)
        await emit(stage, scale.deliveries)
        told = stage.path.with_name("parts.json")
        with stage.dispatcher("tests.benchmarks.sampled", str(told)) as dispatcher:
            await dispatcher.deliver(scale.deliveries)
            dispatcher.process.terminate()
            dispatcher.process.wait()
        parts: dict[str, float] = json.loads(told.read_text())
    print_table(
        f"Where the CPU time of {scale.deliveries:,} deliveries goes",
        [
            Figure(part, [seconds / scale.deliveries * 1e6], "µs")
            for part, seconds in sorted(parts.items(), key=lambda entry: -entry[1])
        ],
    )
