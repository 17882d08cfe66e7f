"""The interface that a function of the store uses inside its transaction, independent of the database engine."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

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


class Database(Protocol):
    """The transaction that a function runs in. `sqlite3.Connection` implements this protocol."""

    def execute(self, sql: str, values: Values = ..., /) -> Rows:
        """Run one statement."""

    def executemany(self, sql: str, rows: Iterable[Values], /) -> Rows:
        """Run one statement once for each of these rows. `rowcount` is the sum over all runs."""
