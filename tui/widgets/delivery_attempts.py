"""The table of a delivery's attempts, newest first."""

from collections.abc import Sequence

from textual.content import Content

from core.clock import clock_and_date, clock_time
from core.models import Attempt, Delivery
from tui.theme import ACCENT, MUTED
from tui.widgets.rule import rule
from tui.words import count_of_attempts, outcome_mark

SHOWN = 5
SPLIT_FROM = 66
"""Width from which a duration is shown with its parts."""
DATE_FROM = 70
"""Width from which the time of another day is shown with its date."""
AT_ONCE_MS = 2
"""A token that took less than this came from the cache."""


def attempts_table(delivery: Delivery, attempts: Sequence[Attempt], chosen: int, width: int) -> Content:
    """Return the table of the attempts around the one with index `chosen`, with the number of newer and older ones."""
    parts: list[Content | str | tuple[str, str]] = [rule("Attempts", count_of_attempts(delivery), width)]
    if not attempts:
        due = delivery.waits_for == "now"
        return Content.assemble(*parts, "No attempt yet: due now.\n" if due else "No attempt yet.\n")
    split = width >= SPLIT_FROM
    at = clock_and_date if width >= DATE_FROM else clock_time
    times = [at(attempt.started_at) for attempt in attempts]
    cells = max(8, *map(len, times))
    durations = "   Token Connect 1st byte   Total" if split else "    Total"
    parts.append((f"   #  {'Time':<{cells}}  {'Outcome':<16}{durations}\n", MUTED))
    first = max(0, min(chosen - 1, len(attempts) - SHOWN))
    if first:
        parts.append((f"      {first} newer\n", MUTED))
    for index, attempt in enumerate(attempts[first : first + SHOWN], first):
        parts += _line(attempt, f"{times[index]:<{cells}}", index == chosen, split)
    older = len(attempts) - first - SHOWN
    if older > 0:
        parts.append((f"      {older} older\n", MUTED))
    return Content.assemble(*parts)


def _line(attempt: Attempt, time: str, chosen: bool, split: bool) -> list[Content | str | tuple[str, str]]:
    symbol, word, colour = outcome_mark(attempt.outcome, attempt.status_code)
    split_words = f"  {_token(attempt.token_ms):>6} {_seconds(attempt.connect_ms):>7} {_seconds(attempt.first_byte_ms):>8}"
    return [
        ("▌" if chosen else " ", ACCENT),
        f"{attempt.number:>3}  {time}  ",
        (f"{symbol} {word:<14}", colour),
        f"{split_words if split else ' '} {_seconds(attempt.total_ms):>6} s\n",
    ]


def _token(milliseconds: int | None) -> str:
    return "cached" if milliseconds is not None and milliseconds < AT_ONCE_MS else _seconds(milliseconds)


def _seconds(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "–"
    return f"{milliseconds / 1000:.2f}" if milliseconds < 10_000 else f"{milliseconds / 1000:.1f}"
