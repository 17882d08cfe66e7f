"""Counts for the Monitor's list: all deliveries in it, and those that are new since the person last looked."""

from collections.abc import Sequence
from time import monotonic

from core.store import Store, history
from core.store.pages import Row, View
from core.store.stats import Stats
from tui.listing import Listing

_REST = 5.0
"""Least seconds between two counts."""
_COST = 50
"""The pause after a count is longer by this many times the duration of the count."""


class ListCounts:
    """The counts for the current question of one listing. `new` stops at a thousand."""

    def __init__(self, store: Store, listing: Listing) -> None:
        self._store = store
        self._listing = listing
        self.forget()

    def forget(self) -> None:
        """Reset the counts, because the listing has a new question."""
        self.new = 0
        self._seen = 0
        self.counted: int | None = None
        """The total at the last count; None before the first."""
        self.is_old = True
        """Whether anything has changed since the last count."""
        self._again_at = 0.0

    def see(self, rows: Sequence[Row]) -> None:
        """Note that these rows are on the screen."""
        self._seen = max(self._seen, *(row.seq for row in rows), 0)

    async def count_new(self, *, following: bool) -> None:
        """Count the rows newer than those seen; 0 while `following`. Raises StoreError."""
        self.new = await self._listing.count_since(self._seen) if self._seen and not following else 0

    def known(self, stats: Stats | None, *, filtered: bool) -> int | None:
        """Return the total if it is known without counting, otherwise None."""
        listing = self._listing
        if listing.position is None and listing.above is not None:
            return listing.above + len(listing.rows)
        if stats is None or filtered:
            return None
        return {View.ATTENTION: stats.attention, View.HELD: stats.held}.get(listing.question.view)

    @property
    def rest(self) -> float:
        """Seconds until the next count is due, always more than 0."""
        return max(0.001, self._again_at - monotonic())

    async def count(self) -> None:
        """Count all. The longer it takes, the later the next count is due. Raises StoreError."""
        began, question, self.is_old = monotonic(), self._listing.question, False
        try:
            number = await history.count_deliveries(self._store, question.matching)
        finally:
            if question is self._listing.question:
                self._again_at = monotonic() + _REST + _COST * (monotonic() - began)
        if question is self._listing.question:
            self.counted = number
