"""The dispatcher's access to a database file: lock, store, heartbeat and bell."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from core.ours import NotOurs, make_folder
from core.store.sqlite.bell import Bell
from core.store.sqlite.beside import real, status_of
from core.store.sqlite.lock import DispatcherLock
from core.store.sqlite.sqlite_store import open_file
from core.store.standing import Holder, Pulse
from core.store.store import Store


class FileNode:
    """See `nodes.Node`."""

    def __init__(self, database: Path) -> None:
        """Raises StoreError if the path cannot be a database, OSError."""
        self._database = real(database)
        status_of(self._database)
        make_folder(self._database.parent)
        self._lock = DispatcherLock.of(self._database)
        self._bell: Bell | None = None

    def take(self) -> bool:
        """Take the dispatcher lock if it is free. Raises NotOurs, OSError."""
        return self._lock.take()

    def standing_by(self) -> AbstractContextManager[None]:
        """Show other processes that this one waits for the lock."""
        return self._lock.standing_by()

    @asynccontextmanager
    async def open_store(self, wake: asyncio.Event) -> AsyncIterator[Store]:
        """Open the store. As long as it is open, the bell beside the file sets `wake`."""
        async with open_file(self._database, lock=self._lock) as store:
            self._bell = Bell(store.path, wake)
            try:
                yield store
            finally:
                self._bell.close()

    def say(self, holder: Holder) -> None:
        """Write the holder into the lock file. Raises OSError."""
        self._lock.say(holder)

    def beat(self) -> Pulse:
        """Send the heartbeat, and check that the lock file and the bell are still in their places."""
        made_anew, fault = None, ""
        try:
            if self._lock.beat():
                made_anew = self._lock.path
        except (OSError, NotOurs) as error:
            fault = f"Others cannot see who delivers: {error}"
        if self._bell is not None:
            self._bell.look()
            if self._bell.fault:
                fault = f"{fault} Nothing wakes the dispatcher, which looks four times a second: {self._bell.fault}"
        return Pulse(made_anew, fault.strip())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()
