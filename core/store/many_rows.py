"""Writes many rows in one statement.

sqlite3 releases the GIL at each step, and has to wait to get it back from a busy event loop.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TypeVar

from core.store.database import Database

Row = tuple[object, ...]
R = TypeVar("R", bound=Sequence[object])
_MOST = 64
"""The most rows in one statement. Smaller statements have a power of two, so there are few different SQL texts.

sqlite3 caches a statement for each SQL text, together with the values that were last bound to it. With 256 different
numbers of rows, the event bodies in this cache took half a gigabyte.
"""


def insert(database: Database, into: str, rows: Sequence[Row]) -> None:
    """Insert rows of equal width, one statement for each part of `slices`. `into` is `INSERT INTO table (columns)`."""
    for part in slices(rows):
        database.execute(f"{into} {values(part)}", flat(part))


def slices(rows: Sequence[R]) -> Iterator[Sequence[R]]:
    """Split the rows into parts for one statement each: parts of 64, then at most one each of 32, 16, ... 1."""
    start = 0
    while left := len(rows) - start:
        size = min(_MOST, 1 << left.bit_length() - 1)
        yield rows[start : start + size]
        start += size


def values(rows: Sequence[Sequence[object]]) -> str:
    """Return `VALUES (?, ?), (?, ?)` for one or more rows of equal width. Its columns are `column1`, `column2` ..."""
    row = f"({', '.join('?' * len(rows[0]))})"
    return f"VALUES {', '.join([row] * len(rows))}"


def flat(rows: Sequence[Sequence[object]]) -> list[object]:
    """Return the values for the placeholders of `values`."""
    return list(chain.from_iterable(rows))
