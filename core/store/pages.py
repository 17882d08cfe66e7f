"""Deliveries page by page, for a list that is scrolled over any number of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.store.errors import NotPossible
from core.store.filter import DeliveryFilter, View
from core.store.history import Row, count_deliveries, list_deliveries, read_rows
from core.store.store import Store

__all__ = ["Page", "Row", "Sort", "View", "count_new", "load_page", "load_page_after", "refresh_rows"]

MOST_SORTED = 10_000
"""So many deliveries can be brought into another order than that of time."""


class Sort(StrEnum):
    """The order of a list: newest first; longest last attempt, most attempts, next attempt first."""

    TIME = "time"
    DURATION = "duration"
    ATTEMPTS = "attempts"
    NEXT = "next"


@dataclass(frozen=True, slots=True)
class Page:
    """`position` is where to go on, None if nothing is left. `searched_to` is set while the search has neither filled
    the page nor ended: how far back it has come.
    """

    rows: list[Row]
    searched_to: datetime | None
    position: int | None


async def load_page(
    store: Store,
    view: View,
    chosen: DeliveryFilter,
    *,
    before: int | None = None,
    limit: int = 100,
    sort: Sort = Sort.TIME,
) -> Page:
    """The next deliveries of a view that the filter lets through; `before` is the position of the page before it.

    Raises NotPossible for another order than that of time over more than 10,000.
    """
    chosen = chosen.model_copy(update={"view": view})
    if sort is Sort.TIME:
        rows = await list_deliveries(store, chosen, before=before, limit=limit)
        return Page(rows, None, rows[-1].seq if len(rows) == limit else None)
    if await count_deliveries(store, chosen) > MOST_SORTED:
        raise NotPossible(
            f"More than {MOST_SORTED:,} deliveries cannot be sorted by {sort}. Filter them first."
        )
    rows = sorted(await list_deliveries(store, chosen, limit=MOST_SORTED), key=lambda row: _rank(row, sort))
    start = before or 0
    end = start + limit
    return Page(rows[start:end], None, end if end < len(rows) else None)


def _rank(row: Row, sort: Sort) -> float:
    match sort:
        case Sort.DURATION:
            return -(row.delivery.took_ms or 0)
        case Sort.ATTEMPTS:
            return -row.delivery.attempts
        case Sort.NEXT:
            next_at = row.delivery.next_attempt_at
            return next_at.timestamp() if next_at else float("inf")
    return -row.seq


async def load_page_after(
    store: Store, view: View, chosen: DeliveryFilter, *, after: int, limit: int
) -> list[Row]:
    """The deliveries that come next towards the present, newest first."""
    chosen = chosen.model_copy(update={"view": view})
    rows = await list_deliveries(store, chosen, limit=MOST_SORTED)
    return [row for row in rows if row.seq > after][-limit:]


async def count_new(store: Store, view: View, chosen: DeliveryFilter, *, after: int, most: int = 1000) -> int:
    """How many deliveries have come since the one of this row number, counted up to `most`."""
    return len(await load_page_after(store, view, chosen, after=after, limit=most))


async def refresh_rows(store: Store, seqs: Sequence[int]) -> list[Row]:
    """These deliveries as they are now, in this order, whether or not a filter still lets them through."""
    return await store.read(lambda database: read_rows(database, seqs))
