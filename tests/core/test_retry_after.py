"""The wait that an answer asks for."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.retry_after import retry_after


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("12.", 12.0),
        (" 12 ", 12.0),
        ("\t12\t", 12.0),
        ("12.5", 12.5),
        (".5", 0.5),
        ("00012", 12.0),
        ("+12", 12.0),
        ("12.000000000000000000000000000001", 12.0),
        ("1.2e1", 12.0),
        ("86399.5", 86399.5),
        ("86401", 86400.0),
        ("999999999", 86400.0),
        ("99999999999", 86400.0),
        ("99999999999.9", 86400.0),
        pytest.param("9" * 5000, 86400.0, id="5,000 digits"),
        pytest.param("9" * 5000 + ".5", 86400.0, id="5,000 digits and a fraction"),
        ("1e5", 86400.0),
        ("1e+21", 86400.0),
        ("1E999", 86400.0),
    ],
)
def test_seconds(text: str, seconds: float) -> None:
    """Whole and fractional, at most a day."""
    assert retry_after(text) == seconds


@pytest.mark.parametrize(
    "form",
    [
        "%a, %d %b %Y %H:%M:%S GMT",
        "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %e %H:%M:%S %Y",
        "%a, %d %b %Y %H:%M:%S +0000",
        "%d %b %Y %H:%M:%S GMT",
        " %a, %d %b %Y %H:%M:%S GMT ",
        "%Y-%m-%dT%H:%M:%SZ",
        "%Y-%m-%d %H:%M:%S+00:00",
    ],
)
def test_dates(form: str) -> None:
    """The three forms of RFC 9110 (section 5.6.7), those near to them, and ISO 8601."""
    now = datetime.now(UTC)

    soon = retry_after((now + timedelta(seconds=90)).strftime(form))
    assert soon is not None
    assert 80 < soon <= 90
    assert retry_after((now + timedelta(days=2)).strftime(form)) == 86400.0
    assert retry_after((now - timedelta(days=2)).strftime(form)) == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ".",
        "tomorrow",
        "-1",
        "-0.5",
        "1.5.2",
        "12 s",
        "12,5",
        "0x10",
        "1_000",
        "nan",
        "inf",
        "e5",
        "١٢",
        "Mon, 01 Jan 99999999999 00:00:00 GMT",
        pytest.param(f"Mon, 01 Jan {'9' * 5000} 00:00:00 GMT", id="a year of 5,000 digits"),
        "Mon, 99 Jan 2030 00:00:00 GMT",
        "2030-13-01T00:00:00Z",
    ],
)
def test_anything_else_is_no_hint(text: str) -> None:
    """Words, negative numbers, and dates that no calendar holds."""
    assert retry_after(text) is None


@given(
    st.floats(min_value=0, allow_infinity=False),
    st.sampled_from(["{!r}", "{:f}", "{:g}", "{:.0f}.", " {:.3e}"]),
)
@example(1e300, "{:f}")
def test_any_number_that_a_server_writes(seconds: float, form: str) -> None:
    """As a language writes out its floats: read as that number, up to a day."""
    text = form.format(seconds)

    assert retry_after(text) == min(float(text), 86400.0)


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 30)))
def test_any_date(moment: datetime) -> None:
    """Every date of the calendar is read: what is over asks for no wait."""
    moment = moment.replace(tzinfo=UTC, microsecond=0)
    wait = (moment - datetime.now(UTC)).total_seconds()

    assert retry_after(format_datetime(moment, usegmt=True)) == pytest.approx(min(max(wait, 0), 86400), abs=5)


@given(st.text() | st.text(alphabet="0123456789.eE+- ,:GMTMonJan"))
def test_it_never_fails(text: str) -> None:
    """Whatever a server writes there."""
    seconds = retry_after(text)
    assert seconds is None or 0 <= seconds <= 86400
