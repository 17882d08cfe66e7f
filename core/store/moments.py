"""Finds the place of a moment among the deliveries."""

from core.store.database import Database


def first_since(database: Database, moment: int) -> int:
    """Return the row number of the first delivery that was created at `moment` (ms since 1970) or later.

    Rows are in order of time, except those created while the clock was set back.
    """
    low, high = database.execute(
        "SELECT min(seq), (SELECT max(seq) + 1 FROM deliveries) FROM deliveries"
    ).fetchone()
    if high is None:
        return 0
    while low < high:
        middle = (low + high) // 2
        seq, created_at = database.execute(
            "SELECT seq, created_at FROM deliveries WHERE seq >= ? ORDER BY seq LIMIT 1", (middle,)
        ).fetchone()
        if created_at < moment:
            low = seq + 1
        else:
            high = middle
    return int(low)
