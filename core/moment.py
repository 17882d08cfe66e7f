"""Times as people type them: `30m` ago, `14:05`, a day, or ISO 8601."""

import re
from datetime import datetime, time, timedelta

from core.errors import HookkeeperError

_AGO = re.compile(r"(\d{1,6})\s*(s|m|min|h|d)", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days"}
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?", re.ASCII)


class InvalidMoment(HookkeeperError):
    """The text is not a time."""


def moment_of(text: str, now: datetime) -> datetime:
    """The moment that `2h`, `14:05`, `2024-11-23` or an ISO 8601 time means, `now` being aware. Raises InvalidMoment.

    A time of day means its most recent occurrence.
    """
    try:
        if match := _AGO.fullmatch(text.strip()):
            return now - timedelta(**{_UNITS[match[2]]: int(match[1])})
        if _CLOCK.fullmatch(text):
            hours, _, rest = text.partition(":")
            today = datetime.combine(now.date(), time.fromisoformat(f"{hours:0>2}:{rest}"), now.tzinfo)
            return today if today <= now else today - timedelta(days=1)
        moment = datetime.fromisoformat(text)
        if not 1 < moment.year < 9999:
            raise ValueError("a zone could move it out of the calendar")
        return (moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)).astimezone(now.tzinfo)
    except (ValueError, OverflowError):
        raise InvalidMoment(
            f'"{text[:40]}" is not a time such as 30m, 2h, 3d, 14:05 or 2024-11-23T14:05.'
        ) from None
