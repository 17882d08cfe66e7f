"""Who delivers: asking it of a store, or of a place without opening what is there, and being the one who does."""

import asyncio
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from pathlib import Path
from typing import Protocol

from core.store.sqlite import holder
from core.store.sqlite.beside import real, status_of
from core.store.sqlite.file_node import FileNode
from core.store.sqlite.migration import require_database
from core.store.sqlite.write_lock import LongHolder, long_holder
from core.store.standing import Holder, Pulse, Standing
from core.store.store import Store


def standing(store: Store) -> Standing:
    """Who delivers from this store now. Cheap enough for every tick of a screen: no query."""
    return store.standing()


def standing_at(place: Path) -> Standing:
    """The same of a store that is not open, or cannot be opened."""
    return holder.look(place)


def require_standing_at(place: Path) -> Standing:
    """The same; a slip in the name of the place is an error, and no answer. Raises StoreError, OSError."""
    found = standing_at(place)
    if found.running:
        status_of(real(place))
    else:
        require_database(real(place))
    return found


def long_writer_at(place: Path) -> LongHolder | None:
    """Who keeps all others from writing, for two seconds from now on. Takes no time if nobody does."""
    return long_holder(real(place))


class Node(Protocol):
    """One life of a dispatcher, from standing by to its end."""

    def take(self) -> bool:
        """Become the one who delivers, if nobody does; never waits. Raises NotOurs, OSError."""

    def standing_by(self) -> AbstractContextManager[None]:
        """Let it be known that somebody waits to deliver."""

    def open_store(self, wake: asyncio.Event) -> AbstractAsyncContextManager[Store]:
        """The store, for the one who delivers; `wake` is set whenever somebody rings. Raises as `core.store.open_store`."""

    def say(self, holder: Holder) -> None:
        """Let others know what we are and what keeps us from our work. Raises OSError."""

    def beat(self) -> Pulse:
        """Say that we live: once a second."""


def enter(place: Path) -> AbstractContextManager[Node]:
    """A dispatcher to be; on leaving, the next one may deliver. Raises StoreError for what can be no store, OSError."""
    return FileNode(place)
