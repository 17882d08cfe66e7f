"""Who delivers: asked of the store, or of a place without opening what is there."""

from pathlib import Path

from core.store.sqlite import holder
from core.store.standing import Standing
from core.store.store import Store


def standing(store: Store) -> Standing:
    """Who delivers from this store now. Cheap enough for every tick of a screen: no query."""
    return store.standing()


def standing_at(place: Path) -> Standing:
    """The same of a store that is not open, or cannot be opened."""
    return holder.look(place)
