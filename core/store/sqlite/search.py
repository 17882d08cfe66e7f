"""Searches the deliveries in order of time, in short slices, so that no search occupies a reader for long."""

import json
import time
from collections.abc import Iterator
from itertools import islice

from core.clock import to_ms
from core.store.database import Database, Slice
from core.store.filter import DeliveryFilter
from core.store.filter_sql import condition
from core.store.moments import first_since
from core.store.sqlite.index_choice import Bounds, Source, choose, count_by_place

PATIENCE = 0.05
"""Seconds after which a slice ends."""
_STATEMENT = 0.01
"""Seconds that one statement of a slice should take."""
_FIRST_SPAN = 500
_LARGEST_SPAN = 1_000_000


def search(
    database: Database,
    chosen: DeliveryFilter,
    *,
    before: int | None = None,
    after: int | None = None,
    most: int,
    newest_first: bool = True,
) -> Slice:
    """Search one slice: up to `most` deliveries that match the filter, for at most about `PATIENCE` seconds.

    `before` and `after` are row numbers that bound the search. To continue, pass the slice's `position` as one of them.
    """
    bounds = _bounds(database, chosen, before, after)
    if bounds.high - bounds.low <= 1 or most <= 0:
        return Slice([], None)
    source = choose(database, chosen, bounds)
    look = _Look(database, chosen)
    looked = (
        look.through(bounds, newest_first, most)
        if source is None
        else look.among(source, bounds, newest_first, most)
    )
    until = time.monotonic() + PATIENCE
    found: list[int] = []
    for matches, position in looked:
        found += matches
        if len(found) >= most:
            del found[most:]
            return Slice(found, found[-1])
        if time.monotonic() > until:
            return Slice(found, position)
    return Slice(found, None)


def count(database: Database, chosen: DeliveryFilter) -> int | None:
    """Return how many deliveries match the filter; None if the indexes cannot tell without a search."""
    return count_by_place(database, chosen, _bounds(database, chosen, None, None))


class _Look:
    """Examines deliveries in portions. Each yield gives those that match the filter, and the last row examined."""

    def __init__(self, database: Database, chosen: DeliveryFilter) -> None:
        self._database = database
        where, self._values = condition(chosen)
        joins = ""
        if "w." in where:
            joins += " CROSS JOIN webhooks w ON w.seq = d.webhook"
        if "e." in where:
            joins += " CROSS JOIN events e ON e.seq = d.event"
        self._among = (
            "SELECT d.seq FROM json_each(:wanted) wanted CROSS JOIN deliveries d ON d.seq = wanted.value"
            f"{joins} WHERE {where}"
        )
        self._through = (
            f"SELECT d.seq FROM deliveries d NOT INDEXED{joins}"
            f" WHERE d.seq > :low AND d.seq < :high AND {where} ORDER BY d.seq"
        )

    def among(
        self, source: Source, bounds: Bounds, newest_first: bool, most: int
    ) -> Iterator[tuple[list[int], int]]:
        rows = source.rows(self._database, bounds, newest_first=newest_first)
        span = max(most, _FIRST_SPAN)
        while looked := list(islice(rows, span)):
            values = self._values | {"wanted": json.dumps(looked)}
            matching = {seq for (seq,) in self._database.execute(self._among, values)}
            yield [seq for seq in looked if seq in matching], looked[-1]

    def through(self, bounds: Bounds, newest_first: bool, most: int) -> Iterator[tuple[list[int], int]]:
        sql = f"{self._through} {'DESC' if newest_first else 'ASC'} LIMIT {most}"
        low, high, span = bounds.low, bounds.high, _FIRST_SPAN
        while high - low > 1:
            began = time.monotonic()
            edge = max(low, high - span - 1) if newest_first else min(high, low + span + 1)
            here = {"low": edge, "high": high} if newest_first else {"low": low, "high": edge}
            found = [seq for (seq,) in self._database.execute(sql, self._values | here)]
            if newest_first:
                high = edge + 1
                yield found, high
            else:
                low = edge - 1
                yield found, low
            taken = time.monotonic() - began
            span = int(min(_LARGEST_SPAN, span * min(4.0, max(0.25, _STATEMENT / max(taken, 1e-6))) + 1))


def _bounds(database: Database, chosen: DeliveryFilter, before: int | None, after: int | None) -> Bounds:
    """The bounds of the row numbers that all matching deliveries have."""
    first, last = database.execute(
        "SELECT min(seq), (SELECT max(seq) FROM deliveries) FROM deliveries"
    ).fetchone()
    if last is None:
        return Bounds(0, 0)
    low, high = first - 1, last + 1
    if after is not None:
        low = max(low, after)
    if before is not None:
        high = min(high, before)
    if chosen.up_to is not None:
        high = min(high, chosen.up_to + 1)
    if chosen.since is not None:
        low = max(low, first_since(database, to_ms(chosen.since)) - 1)
    if chosen.until is not None:
        high = min(high, first_since(database, to_ms(chosen.until)))
    return Bounds(low, high)
