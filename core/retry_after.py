"""The wait that an answer asks for (RFC 9110, section 10.2.3)."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 86400.0
"""The longest wait in seconds. Longer ones are cut to a day."""

# RFC 9110 allows only whole seconds, but some servers send a float with fraction or exponent.
_SECONDS = re.compile(r"\+?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?", re.IGNORECASE)


def retry_after(text: str) -> float | None:
    """The seconds that a `Retry-After` field asks for, as a number or as a date; None if it is neither."""
    text = text.strip()
    seconds = float(text) if _SECONDS.fullmatch(text) else _until(text)
    return None if seconds is None else min(max(seconds, 0.0), LONGEST)


def _until(text: str) -> float | None:
    """The seconds until a date in one of the forms of RFC 9110 (section 5.6.7), or of ISO 8601."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text)
            return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None
