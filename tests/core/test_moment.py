"""Times as people type them."""

import contextlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.moment import InvalidMoment, moment_of

ZONE = timezone(timedelta(hours=-6))
NOW = datetime(2026, 11, 25, 14, 5, 30, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30s", datetime(2026, 11, 25, 14, 5, tzinfo=ZONE)),
        ("5m", datetime(2026, 11, 25, 14, 0, 30, tzinfo=ZONE)),
        ("5 min", datetime(2026, 11, 25, 14, 0, 30, tzinfo=ZONE)),
        ("12h", datetime(2026, 11, 25, 2, 5, 30, tzinfo=ZONE)),
        ("3d", datetime(2026, 11, 22, 14, 5, 30, tzinfo=ZONE)),
        ("14:05", datetime(2026, 11, 25, 14, 5, tzinfo=ZONE)),
        ("9:07:01", datetime(2026, 11, 25, 9, 7, 1, tzinfo=ZONE)),
        ("14:06", datetime(2026, 11, 24, 14, 6, tzinfo=ZONE)),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=ZONE)),
        ("2026-11-24T14:02", datetime(2026, 11, 24, 14, 2, tzinfo=ZONE)),
        ("2026-11-24T20:02Z", datetime(2026, 11, 24, 20, 2, tzinfo=UTC)),
    ],
)
def test_moments(text: str, expected: datetime) -> None:
    """Counted back, the last time that a clock showed it, or in the zone of now."""
    assert moment_of(text, NOW) == expected


@pytest.mark.parametrize(
    "text",
    ["", "soon", "25:00", "14:5", "5", "-5m", "999999d", "2026-13-01", "٣h", "0001-01-01", "9999-12-31"],
)
def test_no_moments(text: str) -> None:
    """A sentence with examples."""
    with pytest.raises(InvalidMoment, match="is not a time such as 30m, 2h, 3d, 14:05 or 2024-11-23T14:05"):
        moment_of(text, NOW)


@given(st.text())
def test_anything_may_be_typed(text: str) -> None:
    """It is a time with its zone, or a sentence."""
    with contextlib.suppress(InvalidMoment):
        assert moment_of(text, NOW).tzinfo is not None
