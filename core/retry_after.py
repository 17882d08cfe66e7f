"""The wait that an answer asks for (RFC 9110, section 10.2.3)."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 86400.0
"""Seconds; nobody makes us wait for longer than a day."""


def retry_after(text: str) -> float | None:
    """The seconds that a `Retry-After` field asks for, as a number or as a date; None if it is neither."""
    text = text.strip()
    if not text:
        return None
    if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        return min(float(text), LONGEST)
    try:
        moment = parsedate_to_datetime(text)
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST)
