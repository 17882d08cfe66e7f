"""The wait that an answer asks for."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.retry_after import retry_after


def test_seconds_and_dates() -> None:
    """At most a day, never less than nothing."""
    assert retry_after("120") == 120
    assert retry_after("999999999") == 86400
    soon = retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True))
    assert soon is not None
    assert 80 < soon <= 90
    assert retry_after("Mon, 01 Jan 2001 00:00:00 GMT") == 0


@pytest.mark.parametrize("text", ["", "tomorrow", "-1", "1.5", "Mon, 01 Jan 99999999999 00:00:00 GMT"])
def test_anything_else_is_no_hint(text: str) -> None:
    """A date that no calendar holds is none."""
    assert retry_after(text) is None


@given(st.text())
def test_it_never_fails(text: str) -> None:
    """Whatever a server writes there."""
    seconds = retry_after(text)
    assert seconds is None or 0 <= seconds <= 86400
