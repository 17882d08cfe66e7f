"""Opens the store for the screens, read-only if asked to or if the file cannot be written."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from core.place import Place
from core.store import DatabaseReadOnly, Store, open_store

STARTED_READ_ONLY = "Read-only: started with --read-only."
CANNOT_WRITE = "Read-only: the database file cannot be written."


@asynccontextmanager
async def opened(database: Place, reads_only: bool) -> AsyncIterator[tuple[Store, str]]:
    """Open the store. Yields it with the reason why it is read-only, or "" if it is not. Raises StoreError."""
    async with AsyncExitStack() as stack:
        reason = STARTED_READ_ONLY if reads_only else ""
        try:
            store = await stack.enter_async_context(open_store(database, writes=not reads_only))
        except DatabaseReadOnly:
            reason = CANNOT_WRITE
            store = await stack.enter_async_context(open_store(database, writes=False))
        yield store, reason
