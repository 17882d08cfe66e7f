"""Many rows in one statement: sqlite3 lets Python's lock go at each step, and a busy loop beside it gives it back late."""

import sqlite3
from collections.abc import Sequence
from itertools import chain

Row = tuple[object, ...]
_MOST_PARAMETERS = 32_766
"""SQLite's own limit."""


def insert(database: sqlite3.Connection, into: str, rows: Sequence[Row]) -> None:
    """`INSERT INTO table (columns)` rows of one width, as many at once as SQLite takes."""
    if not rows:
        return
    most = _MOST_PARAMETERS // len(rows[0])
    for start in range(0, len(rows), most):
        part = rows[start : start + most]
        database.execute(f"{into} {values(part)}", flat(part))


def values(rows: Sequence[Row]) -> str:
    """`VALUES (?, ?), (?, ?)` for rows of one width, at least one; in a FROM its columns are `column1` and so on."""
    row = f"({', '.join('?' * len(rows[0]))})"
    return f"VALUES {', '.join([row] * len(rows))}"


def flat(rows: Sequence[Row]) -> list[object]:
    """What `values` asks for."""
    return list(chain.from_iterable(rows))
