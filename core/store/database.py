"""What a function of the store may ask of a database inside its transaction, whichever engine it is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

Values = Sequence[Any] | Mapping[str, Any]
"""What is bound to the placeholders of a statement: `?` in their order, or `:name`."""
# Any: a column has the type that the schema gives it, which no type checker knows.


class Rows(Protocol):
    """What a statement answered: tuples, one for each row."""

    @property
    def rowcount(self) -> int:
        """How many rows an INSERT, UPDATE or DELETE has changed."""

    def fetchone(self) -> Any:
        """The next row; None when there is none left."""

    def fetchall(self) -> list[Any]:
        """All rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Database(Protocol):
    """The transaction that a function runs in. `sqlite3.Connection` fulfils it."""

    def execute(self, sql: str, values: Values = ..., /) -> Rows:
        """Run one statement."""

    def executemany(self, sql: str, rows: Iterable[Values], /) -> Rows:
        """Run one statement for each of these rows; `rowcount` is their sum."""
