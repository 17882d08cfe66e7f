"""Measure the rate and CPU cost of delivering and recording stored events, compared with a bare client."""

from tests.benchmarks.figures import Figure, print_table, ratios
from tests.benchmarks.processes import first_line, running
from tests.benchmarks.scale import Scale
from tests.benchmarks.scene import Pass, Scene, add_webhook, emit, scene

CONCURRENCY = 100


async def run(scale: Scale) -> None:
    """Measure one webhook with 100 requests in flight. Each repetition measures both, one after the other."""
    ours: list[Pass] = []
    bare: list[Pass] = []
    async with scene(fastest=True) as stage:
        await add_webhook(stage, concurrency=CONCURRENCY)
        for _ in range(scale.repetitions):
            ours.append(await deliver(stage, scale.deliveries))
            bare.append(_bare(stage, scale.deliveries))
    rates, costs = _split(ours)
    bare_rates, bare_costs = _split(bare)
    print_table(
        f"Throughput: {scale.deliveries:,} stored events to delivered and recorded, {CONCURRENCY} in flight",
        [
            Figure("deliveries, stored to recorded", rates, "/s"),
            Figure("bare aiohttp", bare_rates, "/s"),
            Figure("against bare aiohttp", ratios(rates, bare_rates), at_least=0.65),
            Figure("CPU per delivery", costs, "µs"),
            Figure("CPU per request, bare aiohttp", bare_costs, "µs"),
            Figure("CPU against bare aiohttp", ratios(costs, bare_costs), at_most=1.7),
        ],
    )


async def deliver(stage: Scene, number: int) -> Pass:
    """Store this many events, then let a dispatcher deliver them."""
    await emit(stage, number)
    with stage.dispatcher() as dispatcher:
        return await dispatcher.deliver(number)


def _bare(stage: Scene, number: int) -> Pass:
    arguments = (f"{stage.receiver}/hook", str(number), str(CONCURRENCY))
    with running("-m", "tests.benchmarks.baseline", *arguments) as process:
        rate, cpu = first_line(process).split()
    return Pass(float(rate), float(cpu))


def _split(passes: list[Pass]) -> tuple[list[float], list[float]]:
    return [each.rate for each in passes], [each.cpu for each in passes]
