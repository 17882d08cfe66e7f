"""The deliveries beside one in a list."""

from core.store.filter import DeliveryFilter, View
from core.store.history import find_delivery
from core.store.pages import load_page, load_page_after
from core.store.store import Store


async def next_delivery(store: Store, delivery_id: str, view: View, chosen: DeliveryFilter) -> str | None:
    """The one below it, which is older; None at the end of the list. Raises NotFound."""
    position: int | None = await _seq(store, delivery_id)
    while position is not None:
        page = await load_page(store, view, chosen, before=position, limit=1)
        if page.rows:
            return page.rows[0].delivery.id
        position = page.position
    return None


async def previous_delivery(store: Store, delivery_id: str, view: View, chosen: DeliveryFilter) -> str | None:
    """The one above it, which is newer; None at the top of the list. Raises NotFound."""
    rows = await load_page_after(store, view, chosen, after=await _seq(store, delivery_id), limit=1)
    return rows[-1].delivery.id if rows else None


async def _seq(store: Store, delivery_id: str) -> int:
    return await store.read(lambda database: find_delivery(database, delivery_id))
