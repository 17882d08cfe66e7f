"""What forms and commands accept, and the sentence for what they refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core import header, schedule
from core.models import GeneralSettings, WebhookOptions, invalid_settings
from core.text import masked_json, one_line, sanitize
from core.url import check_url, host_of


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "Enter a URL."),
        ("ftp://a.example/", "Start with https:// or http://"),
        ("https://" + "a" * 2050, "at most 2,048 characters"),
        ("https://a.example/ https://b.example/", "One URL only"),
        ("https://a.example,b.example/", "One URL only"),
        ("https://a.example/#x", "from # on"),
        ("https:///x", "has no host"),
        ("https://a.example:99999/", "port"),
        ("https://127.1/", "in full"),
        ("https://0x7f000001/", "in full"),
        ("https://[::1/", "brackets"),
        ("https://[zz::1]/", "host"),
        ("https://-a.example/", "not a valid name"),
        ("https://a..example/", "not a valid name"),
        ("https://a.example/{x}", "percent-encoded"),
        ("https://ex\u2028ample/", "control characters"),
    ],
)
def test_wrong_urls(url: str, words: str) -> None:
    """Each wrong URL has its sentence."""
    with pytest.raises(ValidationError) as caught:
        WebhookOptions(url=url)
    (problem,) = invalid_settings(caught.value)
    assert problem.field == "url"
    assert words in str(problem)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (" https://hooks.example:8443/a?b=c ", "hooks.example"),
        ("http://bücher.example/", "xn--bcher-kva.example"),
        ("https://[2001:DB8::1]/", "2001:db8::1"),
        ("https://192.0.2.10/", "192.0.2.10"),
    ],
)
def test_right_urls(url: str, host: str) -> None:
    """URLs are kept as typed; the host is known in its wire form."""
    assert check_url(url) == url.strip()
    assert host_of(check_url(url)) == host


@given(st.text() | st.text().map(lambda text: "https://" + text))
def test_any_url(text: str) -> None:
    """Whatever is typed is accepted whole or refused in words."""
    try:
        url = check_url(text)
    except ValueError as error:
        assert str(error).endswith((".", "//"))
    else:
        assert host_of(url)


@given(st.text())
def test_any_header_and_schedule(text: str) -> None:
    """Names, values and schedules are accepted or refused in words."""
    for check in (header.check_name, header.check_value):
        try:
            assert check(text) == text
        except ValueError as error:
            assert str(error).endswith(".")
    try:
        assert all(wait > 0 for wait in schedule.parse(text))
    except schedule.InvalidSchedule as error:
        assert str(error)


def test_schedules() -> None:
    """The presets in words; jitter only adds; after the last wait there is none."""
    assert schedule.describe("standard") == "standard: 10 attempts in 75 h 35 min"
    assert schedule.describe("incode") == "incode: 6 attempts in 32 min"
    assert schedule.describe("5s 1m") == "5s 1m: 3 attempts in 65 s"
    assert schedule.describe("2h") == "2h: 2 attempts in 2 h"
    waits = schedule.parse("30, 75")
    first = schedule.wait_after(waits, 1)
    assert first is not None
    assert 30 <= first <= 33
    assert schedule.wait_after(waits, 3) is None
    for wrong in ("", "0s", "8d", " ".join(["1s"] * 31)):
        with pytest.raises(schedule.InvalidSchedule):
            schedule.parse(wrong)


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ([("X-A", "1"), ("x-a", "2")], "custom_headers.1.name"),
        ([("Authorization", "x")], "custom_headers.0.name"),
        ([(f"x-{number}", "v") for number in range(51)], "custom_headers.50.name"),
        ([("x-a", "v" * 9000)], "custom_headers.0.name"),
        ([("x-a", " v")], "custom_headers.0.value"),
        ([("", "v")], "custom_headers.0.name"),
        ([("h:x", "v")], "custom_headers.0.name"),
    ],
)
def test_headers_together(headers: list[tuple[str, str]], field: str) -> None:
    """What is wrong with a header is said at its row."""
    values = {
        "authentication_url": "https://a.example/",
        "client_id": "c",
        "secret_key": "s",
        "custom_headers": [{"name": name, "value": value} for name, value in headers],
    }
    with pytest.raises(ValidationError) as caught:
        GeneralSettings.model_validate(values)
    assert [problem.field for problem in invalid_settings(caught.value)] == [field]


def test_other_wrong_settings() -> None:
    """Lengths, unknown fields and missing ones are answered, too."""
    with pytest.raises(ValidationError) as caught:
        GeneralSettings.model_validate(
            {"client_id": "x" * 3000, "deadline": 999, "nothing": 1, "scopes": "é"}
        )
    words = {problem.field: str(problem) for problem in invalid_settings(caught.value)}
    assert words["client_id"] == "At most 2,048 characters."
    assert words["deadline"] == "Enter at most 300."
    assert set(words) == {"client_id", "deadline", "nothing", "scopes"}
    with pytest.raises(ValidationError) as caught:
        WebhookOptions.model_validate({})
    assert [str(problem) for problem in invalid_settings(caught.value)] == ["Enter a value."]


@given(st.text())
def test_nothing_reaches_the_terminal(text: str) -> None:
    """No control but tab and newline, no C1, no direction mark survives; one line stays one."""
    unsafe = {*range(9), *range(11, 32), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
    assert not unsafe & set(map(ord, sanitize(text)))
    assert not set("\t\n") & set(one_line(text))


@given(st.binary() | st.text().map(str.encode))
def test_any_body_can_be_shown(body: bytes) -> None:
    """Whatever the bytes are."""
    assert masked_json(body) is not None


def test_masking() -> None:
    """Credentials and personal numbers are dots; other values stay as they stand."""
    shown = masked_json(
        b'{"token":"a","rfcIssuer":"b","curp":{"x":1},"n":1.10,"l":[{"apiKey":"c"}],"e":"\\u001b[2J"}'
    )
    assert shown.count("••••") == 4
    assert "1.10" in shown
    assert "\x1b" not in shown
    assert "…" in masked_json(b"[" * 80 + b"]" * 80)
