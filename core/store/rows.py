"""Many rows in one statement: sqlite3 lets Python's lock go at each step, and a busy loop beside it gives it back late."""

from collections.abc import Iterator, Sequence
from itertools import chain

from core.store.database import Database

Row = tuple[object, ...]
_MOST = 64
"""Rows in one statement: with the powers of two below it, few texts to prepare.

sqlite3 keeps a statement for each text, and with it whatever was bound to it last: bodies of 256 different numbers of
rows were half a gigabyte.
"""


def insert(database: Database, into: str, rows: Sequence[Row]) -> None:
    """`INSERT INTO table (columns)` rows of one width, as few statements as `slices` takes."""
    for part in slices(rows):
        database.execute(f"{into} {values(part)}", flat(part))


def slices(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """The rows in parts of 64, then 32, 16, ... as far as they go: what one statement should have."""
    start = 0
    while left := len(rows) - start:
        size = min(_MOST, 1 << left.bit_length() - 1)
        yield rows[start : start + size]
        start += size


def values(rows: Sequence[Row]) -> str:
    """`VALUES (?, ?), (?, ?)` for rows of one width, at least one; in a FROM its columns are `column1` and so on."""
    row = f"({', '.join('?' * len(rows[0]))})"
    return f"VALUES {', '.join([row] * len(rows))}"


def flat(rows: Sequence[Row]) -> list[object]:
    """What `values` asks for."""
    return list(chain.from_iterable(rows))
