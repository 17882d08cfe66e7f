"""Measure the Monitor with a million deliveries, half of them old failures: first pages, figures and full searches."""

import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from core.store import Store, config, history, pages, stats
from core.store.filter import DeliveryFilter, View
from core.store.filter_words import parse_filter
from core.store.sqlite.sqlite_store import open_file
from tests.benchmarks.figures import Figure, print_table
from tests.benchmarks.scale import Scale
from tests.support.many import write_many

_VIEWS = tuple(View)
_WORDS = (
    "state:failed",
    "state:pending",
    "state:cancelled",
    "type:session-failed",
    "code:503",
    "code:418",
    "class:timeout",
    "class:ok",
    "session:66e100001000",
    "since:2026-09-21",
    "dlv_0000000012",
    "customer-4320",
)
_SEARCHED = ("8642", "!class:ok !class:timeout !class:http_status", "code:299")
_FIRST_PAGE = 100.0
"""Limit for a first page, in milliseconds."""


async def run(scale: Scale) -> None:
    """Measure with one process that reads, while nothing is delivered."""
    with tempfile.TemporaryDirectory(prefix="hookkeeper-bench-") as folder:
        os.environ["HOOKKEEPER_KEY_FILE"] = str(Path(folder, "keys"))
        async with open_file(Path(folder, "hookkeeper.db")) as store:
            await write_many(store, scale.stored)
            await store.checkpoint()
            print_table(
                f"Monitor: first page of {scale.stored:,} deliveries", await _first_pages(store, scale)
            )
            print_table("Monitor: figures", await _figures(store, scale))
            print_table("Monitor: searches through all of them", await _searches(store, scale))


async def _first_pages(store: Store, scale: Scale) -> list[Figure]:
    asked = [(f"view {view}", view, DeliveryFilter()) for view in _VIEWS]
    asked += [(words, View.ALL, await parse_filter(store, words)) for words in _WORDS]
    return [
        Figure(
            name,
            await _times(scale, partial(pages.load_page, store, view, chosen)),
            "ms",
            at_most=_FIRST_PAGE,
        )
        for name, view, chosen in asked
    ]


async def _figures(store: Store, scale: Scale) -> list[Figure]:
    return [
        Figure("head (load_stats)", await _times(scale, lambda: stats.load_stats(store)), "ms"),
        Figure("webhooks with their health", await _times(scale, lambda: config.list_webhooks(store)), "ms"),
        Figure(
            "count of state:failed",
            await _times(scale, lambda: history.count_deliveries(store, DeliveryFilter(state="failed"))),
            "ms",
        ),
    ]


async def _searches(store: Store, scale: Scale) -> list[Figure]:
    figures = []
    for words in _SEARCHED:
        chosen = await parse_filter(store, words)
        slices: list[float] = []
        wholes = []
        for _ in range(scale.repetitions):
            taken = await _search(store, chosen)
            slices += taken
            wholes.append(sum(taken))
        figures.append(Figure(f"{words}, each slice", slices, "ms", at_most=_FIRST_PAGE))
        figures.append(Figure(f"{words}, all of it", wholes, "ms"))
    return figures


async def _search(store: Store, chosen: DeliveryFilter) -> list[float]:
    """Return the milliseconds of each slice of a search up to its end."""
    position: int | None = None
    taken = []
    while True:
        began = time.perf_counter()
        page = await pages.load_page(store, View.ALL, chosen, before=position)
        taken.append((time.perf_counter() - began) * 1000)
        position = page.position
        if position is None:
            return taken


async def _times(scale: Scale, work: Callable[[], Awaitable[object]]) -> list[float]:
    """Return the milliseconds of each repetition."""
    taken = []
    for _ in range(scale.repetitions):
        began = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - began) * 1000)
    return taken
