"""How many deliveries are listed in all, and how many have come since one last looked."""

from collections.abc import Sequence
from time import monotonic

from core.store import Store, history
from core.store.pages import Row, View
from core.store.stats import Stats
from tui.listing import Listing

_REST = 5.0
"""Seconds between two counts at least."""
_COST = 50
"""How many times as long as a count has taken it is let be besides."""


class ListCounts:
    """Of one listing, and of what it was asked last. `new` is counted up to a thousand."""

    def __init__(self, store: Store, listing: Listing) -> None:
        self._store = store
        self._listing = listing
        self.forget()

    def forget(self) -> None:
        """The listing was asked something else."""
        self.new = 0
        self._seen = 0
        self.counted: int | None = None
        """How many there were in all when they were counted the last time."""
        self.is_old = True
        """Whether something has changed since they were counted."""
        self._again_at = 0.0

    def see(self, rows: Sequence[Row]) -> None:
        """These are on the screen."""
        self._seen = max(self._seen, *(row.seq for row in rows), 0)

    async def count_new(self, *, following: bool) -> None:
        """Count what has come since; nothing is new to those who follow. Raises StoreError."""
        self.new = await self._listing.count_since(self._seen) if self._seen and not following else 0

    def known(self, stats: Stats | None, *, filtered: bool) -> int | None:
        """How many there are in all, where that need not be counted."""
        listing = self._listing
        if listing.position is None and listing.above is not None:
            return listing.above + len(listing.rows)
        if stats is None or filtered:
            return None
        return {View.ATTENTION: stats.attention, View.HELD: stats.held}.get(listing.question.view)

    @property
    def rest(self) -> float:
        """Seconds until it is time to count again, more than none."""
        return max(0.001, self._again_at - monotonic())

    async def count(self) -> None:
        """Count them all; the longer that takes, the longer it is let be. Raises StoreError."""
        began, question, self.is_old = monotonic(), self._listing.question, False
        try:
            number = await history.count_deliveries(self._store, question.matching)
        finally:
            if question is self._listing.question:
                self._again_at = monotonic() + _REST + _COST * (monotonic() - began)
        if question is self._listing.question:
            self.counted = number
