"""The active dispatcher: how to find out who it is, with or without opening the store, and how to become it."""

import asyncio
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Protocol

from core.place import Place
from core.store.opening import file_of
from core.store.sqlite import holder
from core.store.sqlite.beside import real, status_of
from core.store.sqlite.file_node import FileNode
from core.store.sqlite.migration import require_database
from core.store.sqlite.write_lock import LongHolder, long_holder
from core.store.standing import Holder, Pulse, Standing
from core.store.store import Store


def standing(store: Store) -> Standing:
    """Return the status of this store's dispatcher. Runs no query, so a screen can call it on every refresh."""
    return store.standing()


def standing_at(place: Place) -> Standing:
    """Return the same for a store that is not open, or cannot be opened."""
    return holder.look(file_of(place))


def require_standing_at(place: Place) -> Standing:
    """Return the same. Raises OSError, or StoreError if nobody delivers and there is no database at this path."""
    found = standing_at(place)
    if found.running:
        status_of(real(file_of(place)))
    else:
        require_database(real(file_of(place)))
    return found


def long_writer_at(place: Place) -> LongHolder | None:
    """Return the process that holds the write lock for the next two seconds; None at once if nobody holds it."""
    return long_holder(real(file_of(place)))


class Node(Protocol):
    """A running dispatcher process, from standby to its end."""

    def take(self) -> bool:
        """Try to become the active dispatcher, without waiting. Return whether it succeeded. Raises NotOurs, OSError."""

    def standing_by(self) -> AbstractContextManager[None]:
        """Show other processes that this one stands by."""

    def open_store(self, wake: asyncio.Event) -> AbstractAsyncContextManager[Store]:
        """Open the store for the active dispatcher. Each wake-up sets `wake`. Raises like `core.store.open_store`."""

    def say(self, holder: Holder) -> None:
        """Publish the status of this dispatcher, including what prevents it from delivering. Raises OSError."""

    def beat(self) -> Pulse:
        """Send the heartbeat. Call this once a second."""


def enter(place: Place) -> AbstractContextManager[Node]:
    """Return a dispatcher. After exit the next one may take over. Raises OSError, StoreError for an unusable path."""
    return FileNode(file_of(place))
