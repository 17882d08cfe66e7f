"""Wall-clock times: integer milliseconds since 1970 in the store, aware datetimes in the models."""

import time
from datetime import UTC, datetime


def now_ms() -> int:
    """Milliseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000


def from_ms(milliseconds: int) -> datetime:
    """The aware UTC datetime of a stored time."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def to_ms(moment: datetime) -> int:
    """Return an aware datetime as milliseconds since 1970-01-01 UTC."""
    return round(moment.timestamp() * 1000)


def clock_time(moment: datetime, today: datetime | None = None) -> str:
    """How a time is shown, in the machine's zone: `14:05:12` today, `22 Nov` on another day."""
    local = moment.astimezone()
    if local.date() == (today or datetime.now(UTC)).astimezone().date():
        return local.strftime("%H:%M:%S")
    return f"{local.day} {local.strftime('%b')}"


def clock_and_date(moment: datetime, today: datetime | None = None) -> str:
    """Like `clock_time`, but longer: `14:05:12` today, `22 Nov 14:05` on another day."""
    local = moment.astimezone()
    shown = clock_time(moment, today)
    return shown if ":" in shown else f"{shown} {local:%H:%M}"


def full_time(moment: datetime) -> str:
    """A time with its date and zone, the machine's: `25 Nov 2026 14:05:12 CET`."""
    local = moment.astimezone()
    return f"{local.day} {local:%b %Y %H:%M:%S %Z}"


def utc_words(moment: datetime) -> str:
    """A time inside a stored sentence, the same for every reader: `3 Dec 2026 14:05 UTC`."""
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y %H:%M} UTC"
