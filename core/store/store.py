"""The interface of an open database. Each database engine implements it."""

from collections.abc import AsyncGenerator, Callable
from typing import Protocol, TypeVar

from core.place import Place
from core.store.database import Database
from core.store.keyring import Keyring
from core.store.standing import Standing

T = TypeVar("T")


class Store(Protocol):
    """The open database that `open_store` yields. All SQL is in functions of this package that take a store."""

    keyring: Keyring

    @property
    def place(self) -> Place:
        """The location of the database, for messages."""

    @property
    def reads_only(self) -> bool:
        """Whether the store was opened for reading only."""

    async def write(self, work: Callable[[Database], T], *, may_fail: bool = True, rings: bool = False) -> T:
        """Run `work` in a transaction and return its result after COMMIT. Cancelling the caller does not undo it.

        `may_fail` runs `work` in a savepoint: if it raises, only its own changes are undone. `rings` says that `work`
        makes something due: the dispatcher gets a wake-up after COMMIT. Raises StoreError or what `work` raises.
        """

    async def read(self, work: Callable[[Database], T]) -> T:
        """Run `work` on one snapshot of the data. Cancelling the caller interrupts the query. Raises StoreError."""

    def changes(self, interval: float) -> AsyncGenerator[None, None]:
        """Yield at once, then after each poll that finds a COMMIT of any process. Polls every `interval` seconds.

        A read after a yield sees all changes that caused it. A caller that leaves the loop early must close the
        generator (`contextlib.aclosing`). Raises DatabaseNewer once a newer version has upgraded the database,
        DatabaseReplaced once another database has taken its place.
        """

    async def rest(self, *, idle: bool) -> None:
        """Do the engine's housekeeping, such as checkpoints. The dispatcher calls this once a second.

        `idle`: no delivery is in flight.
        """

    def standing(self) -> Standing:
        """Return the status of the dispatcher. See `nodes.standing`."""

    def ring(self) -> None:
        """Send a wake-up to the dispatcher. A `write` with `rings` does so by itself."""
