"""Retry schedules as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import schedule


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("5s 5m 2h 1d", (5, 300, 7200, 86400)),
        ("30, 75, 187.5", (30, 75, 187.5)),
        ("  1min,2MIN ", (60, 120)),
        ("7d", (604800,)),
        ("0.001", (0.001,)),
        ("Standard", (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)),
        ("incode", (30, 75, 187.5, 468.75, 1171.88)),
    ],
)
def test_read(text: str, waits: tuple[float, ...]) -> None:
    """Presets and lists, in seconds unless a unit follows."""
    assert schedule.parse(text) == waits


@pytest.mark.parametrize(
    "text", ["-5s", "5 s s", "5w", "nan", "inf", "1e9", "٣s", "604801", "0", "5s;5m", "\x1b"]
)
def test_refused(text: str) -> None:
    """The sentence names the word that is wrong, safe to show."""
    with pytest.raises(schedule.InvalidSchedule) as caught:
        schedule.parse(text)
    assert str(caught.value).isprintable()


@given(st.text(max_size=30) | st.text("0123456789smhdin., ", max_size=30))
def test_whatever_is_written(text: str) -> None:
    """It is read as 1 to 30 waits of up to 7 days each, or refused."""
    try:
        waits = schedule.parse(text)
    except schedule.InvalidSchedule:
        return
    assert 1 <= len(waits) <= 30
    assert all(0 < wait <= 604800 for wait in waits)
    assert schedule.describe(text).endswith(("s", "min", "h"))


@given(st.lists(st.integers(1, 604800), min_size=1, max_size=30))
def test_jitter_only_adds(waits: list[int]) -> None:
    """No retry is early, none a tenth late, and after the last wait there is none."""
    for failures, wait in enumerate(waits, 1):
        after = schedule.wait_after(waits, failures)
        assert after is not None
        assert wait <= after <= wait * 1.1
    assert schedule.wait_after(waits, len(waits) + 1) is None
