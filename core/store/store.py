"""An open database, as the rest of the program knows it: each engine has its own."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Protocol, TypeVar

from core.store.database import Database
from core.store.keyring import Keyring
from core.store.standing import Standing

T = TypeVar("T")


class Store(Protocol):
    """What `open_store` yields. All SQL is in this package's functions, which take a store first."""

    keyring: Keyring

    @property
    def place(self) -> Path:
        """Where it is kept, for people to read."""

    @property
    def reads_only(self) -> bool:
        """Whether it was opened without a writer."""

    async def write(self, work: Callable[[Database], T], *, may_fail: bool = True, rings: bool = False) -> T:
        """Run `work` in a transaction; answered after COMMIT. Cancelling the caller does not undo it.

        `may_fail` puts a savepoint round it: if it raises, it alone is undone. `rings`: it makes something due, so that
        whoever delivers is woken after COMMIT. Raises StoreError or what `work` raises.
        """

    async def read(self, work: Callable[[Database], T]) -> T:
        """Run `work` over one snapshot of the data. Cancelling it interrupts the query. Raises StoreError."""

    def changes(self, interval: float) -> AsyncGenerator[None, None]:
        """Yields at once, then each time anybody has committed something, glancing every `interval` seconds.

        What is read after a yield misses nothing. Who leaves the loop early closes it (`contextlib.aclosing`).
        Raises DatabaseNewer once a newer program has upgraded the database, DatabaseReplaced once it is another one.
        """

    async def rest(self, *, idle: bool) -> None:
        """The engine's housekeeping, for the one who delivers: once a second. `idle` while nothing is in flight."""

    def standing(self) -> Standing:
        """Who delivers from it now: see `nodes.standing`."""

    def ring(self) -> None:
        """Wake whoever delivers. A write that makes something due does so by itself."""
