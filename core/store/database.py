"""The interface that a function of the store uses inside its transaction, independent of the database engine.

A statement that both engines understand stands once, where it is used. It is written in the SQL that SQLite and
PostgreSQL share, with three forms that PostgreSQL's side translates: the placeholders `?` and `:name`, the hint
`INDEXED BY name`, and the list `IN (SELECT value FROM json_each(?))`. What an engine does in its own way is a method
of `Database`, and its SQL stands in the engine's folder.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from core.store.claimed import Claim

if TYPE_CHECKING:
    from core.store.filter import DeliveryFilter

Values = Sequence[Any] | Mapping[str, Any]
"""The values for the placeholders of a statement: a sequence for `?`, a mapping for `:name`."""
# Any: the schema decides the type of a column, and no type checker knows the schema.


class Rows(Protocol):
    """The result of a statement: one tuple for each row."""

    @property
    def rowcount(self) -> int:
        """The number of rows that an INSERT, UPDATE or DELETE changed."""

    def fetchone(self) -> Any:
        """Return the next row, or None if no row is left."""

    def fetchall(self) -> list[Any]:
        """Return all remaining rows."""

    def __iter__(self) -> Iterator[Any]: ...


class Slice(NamedTuple):
    """The row numbers that a search found, in order. `position` is the last row examined; None if it is complete."""

    found: list[int]
    position: int | None


class Database(Protocol):
    """The transaction that a function runs in."""

    for_change: str
    """The end of a SELECT whose rows are changed later in the transaction: nobody else can change them meanwhile."""

    def execute(self, sql: str, values: Values = ..., /) -> Rows:
        """Run one statement."""

    def executemany(self, sql: str, rows: Iterable[Values], /) -> Rows:
        """Run one statement once for each of these rows. `rowcount` is the sum over all runs."""

    def first_due(self) -> dict[int, int]:
        """Return when the first pending delivery of each enabled webhook is due: ms since 1970 by the webhook's `seq`.

        The cost grows with the webhooks that have pending deliveries, and not with the others.
        """

    def claim_lane(self, epoch: int, webhook: int, lane: int, most: int) -> list[Claim]:
        """Claim at most `most` due deliveries of one lane of a webhook for this epoch, and count the attempt."""

    def settle(self, epoch: int, rows: Sequence[Sequence[object]]) -> int:
        """Write the outcomes of deliveries that this epoch sends, and return how many were written.

        Skipped are deliveries that have a requested action or an ordering key. A row is: state, lane, due_at, step,
        interruptions, outcome, status code, reason, duration in ms, time of the change, `seq`.
        """

    def number_events(self, count: int) -> Sequence[int]:
        """Return row numbers for `count` new events, in ascending order. Some of them may stay unused."""

    def lock_lines(self, lines: Iterable[tuple[int, str]]) -> None:
        """Let no other transaction change these lines before COMMIT. A line is a webhook's `seq` and an ordering key.

        Lock all lines of a transaction with one call, before their deliveries are read.
        """

    def search(
        self,
        chosen: "DeliveryFilter",
        *,
        before: int | None = None,
        after: int | None = None,
        most: int,
        newest_first: bool = True,
    ) -> Slice:
        """Search one slice: up to `most` deliveries that match the filter, for at most about 50 ms.

        `before` and `after` are row numbers that bound the search. To continue, pass the slice's `position` as one of
        them.
        """

    def count(self, chosen: "DeliveryFilter") -> int | None:
        """Return how many deliveries match the filter; None if the indexes cannot tell without a search."""

    def shrink(self) -> bool:
        """Return freed space to the file system, for a few milliseconds. Return whether there is more to return."""
