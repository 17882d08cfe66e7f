"""`make bench`, or `python -m tests.benchmarks [--quick] [NAME…]`: measure, and print tables."""

import argparse
import asyncio
from importlib import import_module

from tests.benchmarks.machine import describe
from tests.benchmarks.scale import QUICK, WHOLE

_ALL = (
    "throughput",
    "parts",
    "ingest",
    "latency",
    "neighbour",
    "growth",
    "footprint",
    "monitor_pages",
    "screens",
    "webhooks",
)


async def _main(names: list[str], *, quick: bool) -> None:
    scale = QUICK if quick else WHOLE
    print(describe())
    for name in names or _ALL:
        await import_module(f"tests.benchmarks.{name}").run(scale)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("names", metavar="NAME", nargs="*", help=", ".join(_ALL))
    parser.add_argument("--quick", action="store_true", help="little of everything: a few minutes")
    given = parser.parse_args()
    if unknown := set(given.names) - set(_ALL):
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(_ALL)}")
    asyncio.run(_main(given.names, quick=given.quick))
