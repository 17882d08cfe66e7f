"""Counts of the attempts in each minute, by success and duration."""

from collections import Counter
from collections.abc import Sequence

from core.models import AttemptResult, Outcome
from core.store.database import Database

MINUTE_MS = 60_000
_KEPT = 60


def note_attempts(database: Database, results: Sequence[AttemptResult]) -> None:
    """Count how attempts ended, inside the caller's transaction."""
    numbers = Counter(
        (
            (result.started_at + result.total_ms) // MINUTE_MS,
            result.outcome is Outcome.OK,
            _two_digits(result.total_ms),
        )
        for result in results
        if result.outcome.concerns_endpoint
    )
    database.executemany(
        "INSERT INTO minutes (minute, ok, ms, number) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (minute, ok, ms) DO UPDATE SET number = minutes.number + excluded.number",
        [(*cell, number) for cell, number in sorted(numbers.items())],
    )


def _two_digits(ms: int) -> int:
    """Round a duration down to two digits, so that a minute has few rows however many attempts it has."""
    unit = 1
    while ms >= 100 * unit:
        unit *= 10
    return ms // unit * unit


def forget_minutes(database: Database, *, now: int) -> None:
    """Delete the counts older than one hour before `now` (ms since 1970)."""
    database.execute("DELETE FROM minutes WHERE minute < ?", (now // MINUTE_MS - _KEPT,))
