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


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" , ", "Enter standard, incode, or waits such as 5s 5m 2h."),
        ("5s 5w", "'5w' is not a wait. Enter standard, incode, or waits such as 5s 5m 2h."),
        ("x" * 30, f"'{'x' * 20}' is not a wait. Enter standard, incode, or waits such as 5s 5m 2h."),
        ("0", "'0' is not a wait between 1 ms and 7 days."),
        ("8d", "'8d' is not a wait between 1 ms and 7 days."),
        ("604800.001", "'604800.001' is not a wait between 1 ms and 7 days."),
        (
            "999999999.999minutes"[:17],
            "'999999999.999minu' is not a wait. Enter standard, incode, or waits such as 5s 5m 2h.",
        ),
        ("1s " * 31, "A schedule has at most 30 waits; this has 31."),
    ],
)
def test_refused_in_words(text: str, sentence: str) -> None:
    """What is wrong, and what to write instead."""
    with pytest.raises(schedule.InvalidSchedule) as caught:
        schedule.parse(text)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Standard", "standard: 10 attempts in 75 h 35 min"),
        ("INCODE", "incode: 6 attempts in 32 min"),
        (" 5s   5M ", "5s 5m: 3 attempts in 5 min"),
        ("119.5", "119.5: 2 attempts in 119.5 s"),
        ("2m", "2m: 2 attempts in 2 min"),
        ("120.5", "120.5: 2 attempts in 2 min"),
        ("119m", "119m: 2 attempts in 119 min"),
        ("2h", "2h: 2 attempts in 2 h"),
        ("121m", "121m: 2 attempts in 2 h 1 min"),
        ("7d", "7d: 2 attempts in 168 h"),
    ],
)
def test_described(text: str, words: str) -> None:
    """How many attempts, and how long the waits are together without jitter."""
    assert schedule.describe(text) == words


def test_thirty_waits_are_the_most() -> None:
    """As many are read, and no more."""
    assert schedule.parse("1s " * 30) == (1.0,) * 30


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
