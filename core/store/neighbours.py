"""Finds the previous and the next delivery in a list."""

from core.store.filter import DeliveryFilter, View
from core.store.history import find_delivery
from core.store.pages import Sort, load_order, load_page, load_page_after, refresh_rows
from core.store.store import Store


class Walk:
    """Steps through the deliveries of a view that match a filter.

    Attempts change every order except the order of time. For these, the order at the first step is kept.
    """

    def __init__(self, view: View, chosen: DeliveryFilter, sort: Sort = Sort.TIME) -> None:
        self._view = view
        self._chosen = chosen
        self._sort = sort
        self._order: list[int] = []

    async def next(self, store: Store, delivery_id: str) -> str | None:
        """Return the ID of the delivery below this one, or None for the last one. Raises NotFound, NotPossible."""
        seq = await _seq(store, delivery_id)
        if self._sort is not Sort.TIME:
            return await self._step(store, seq, 1)
        position: int | None = seq
        while position is not None:
            page = await load_page(store, self._view, self._chosen, before=position, limit=1)
            if page.rows:
                return page.rows[0].delivery.id
            position = page.position
        return None

    async def previous(self, store: Store, delivery_id: str) -> str | None:
        """Return the ID of the delivery above this one, or None for the first one. Raises NotFound, NotPossible."""
        seq = await _seq(store, delivery_id)
        if self._sort is not Sort.TIME:
            return await self._step(store, seq, -1)
        rows = await load_page_after(store, self._view, self._chosen, after=seq, limit=1)
        return rows[-1].delivery.id if rows else None

    async def _step(self, store: Store, seq: int, by: int) -> str | None:
        if seq not in self._order:
            self._order = await load_order(store, self._view, self._chosen, self._sort, also=seq)
        place = self._order.index(seq) + by
        while 0 <= place < len(self._order):
            rows = await refresh_rows(store, [self._order[place]])
            if rows:
                return rows[0].delivery.id
            place += by  # that delivery was removed meanwhile
        return None


async def _seq(store: Store, delivery_id: str) -> int:
    return await store.read(lambda database: find_delivery(database, delivery_id))
