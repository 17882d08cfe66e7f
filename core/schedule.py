"""Retry schedules: the waits between the attempts of a delivery."""

import random
import re
from collections.abc import Sequence

from core.errors import HookkeeperError

STANDARD = "standard"
INCODE = "incode"

PRESETS: dict[str, tuple[float, ...]] = {
    STANDARD: (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400),
    INCODE: (30, 75, 187.5, 468.75, 1171.88),
}

MOST_WAITS = 30
LONGEST_WAIT = 7 * 86400.0
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_WAIT = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(s|min|m|h|d)?", re.ASCII)
_JITTER = 0.10


class InvalidSchedule(HookkeeperError):
    """A retry schedule that cannot be read."""


def parse(text: str) -> tuple[float, ...]:
    """The waits of a schedule in seconds.

    `text` is a preset's name (`standard`, `incode`) or a list such as `5s 5m 2h` or `30, 75, 187.5`.
    Raises InvalidSchedule.
    """
    name = text.strip().lower()
    if name in PRESETS:
        return PRESETS[name]
    waits = tuple(_seconds(word) for word in re.split(r"[,\s]+", name) if word)
    if not waits:
        raise InvalidSchedule("Enter standard, incode, or waits such as 5s 5m 2h.")
    if len(waits) > MOST_WAITS:
        raise InvalidSchedule(f"A schedule has at most {MOST_WAITS} waits; this has {len(waits)}.")
    return waits


def _seconds(word: str) -> float:
    match = _WAIT.fullmatch(word)
    if match is None:
        raise InvalidSchedule(
            f"{word[:20]!r} is not a wait. Enter standard, incode, or waits such as 5s 5m 2h."
        )
    seconds = float(match[1]) * _UNITS[(match[2] or "s")[0]]
    if not 0 < seconds <= LONGEST_WAIT:
        raise InvalidSchedule(f"{word!r} is not a wait between 1 ms and 7 days.")
    return seconds


def wait_after(waits: Sequence[float], failures: int) -> float | None:
    """Seconds until the next attempt after this number of failures in a run; None if no attempt is left.

    Jitter adds up to a tenth, so that no attempt comes earlier than the schedule says.
    """
    if failures > len(waits):
        return None
    return waits[failures - 1] * (1 + random.random() * _JITTER)


def describe(text: str) -> str:
    """A schedule in words: `standard: 10 attempts in 75 h 35 min`."""
    waits = parse(text)
    return f"{' '.join(text.lower().split())}: {len(waits) + 1} attempts in {_span(sum(waits))}"


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:g} s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
