"""Many rows in one statement: sqlite3 lets Python's lock go at each step, and a busy loop beside it gives it back late."""

from collections.abc import Sequence
from itertools import chain

Row = tuple[object, ...]


def values(rows: Sequence[Row]) -> str:
    """`VALUES (?, ?), (?, ?)` for rows of one width, at least one; in a FROM its columns are `column1` and so on."""
    row = f"({', '.join('?' * len(rows[0]))})"
    return f"VALUES {', '.join([row] * len(rows))}"


def flat(rows: Sequence[Row]) -> list[object]:
    """What `values` asks for."""
    return list(chain.from_iterable(rows))
