"""Which custom headers are accepted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import header
from core.models import GeneralSettings


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "content-LENGTH",
        "Transfer-Encoding",
        "Connection",
        "Content-Type",
        "Accept-Encoding",
        "webhook-id",
        "Webhook-Anything",
        "HOOKKEEPER-Attempt",
    ],
)
def test_ours(name: str) -> None:
    """What Hookkeeper sets itself is refused, whatever the case."""
    with pytest.raises(ValueError, match=r"is set by Hookkeeper\.$"):
        header.check_name(name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Enter a header name, or remove the row."),
        ("X Team", '"X Team" is not a header name: no spaces.'),
        ("X:Team", """"X:Team" is not a header name: letters, digits and !#$%&'*+-.^_`|~ only."""),
        (" " * 40, f'"{" " * 40}" is not a header name: no spaces.'),
        (" " * 41, f'"{" " * 39}…" is not a header name: no spaces.'),
    ],
)
def test_names_that_are_none(name: str, sentence: str) -> None:
    """The sentence says which name, and why."""
    with pytest.raises(ValueError, match="header") as caught:
        header.check_name(name)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (" a", "A header value has no space at its ends."),
        ("a\t", "A header value has no space at its ends."),
        ("\ud800", "A header value is text that can be written as UTF-8."),
        ("a\nb", "A header value has no line breaks, control or text direction characters."),
        ("a\n", "A header value has no line breaks, control or text direction characters."),
    ],
)
def test_values_that_are_none(value: str, sentence: str) -> None:
    """A line break at the end is no mere space."""
    with pytest.raises(ValueError, match="header") as caught:
        header.check_value(value)
    assert str(caught.value) == sentence


def test_values_that_begin_with_an_x() -> None:
    """Letters at the ends are no space."""
    assert header.check_value("X") == "X"


@given(st.text(max_size=12) | st.text("aA-:\r\n \t\x00é", max_size=6))
def test_names_are_tokens(name: str) -> None:
    """An accepted name is a token of RFC 9110: visible ASCII without separators."""
    try:
        header.check_name(name)
    except ValueError as error:
        assert len(str(error)) < 150
        return
    assert name.isascii()
    assert all("!" <= character <= "~" and character not in '"(),/:;<=>?@[\\]{}' for character in name)


@pytest.mark.parametrize(
    "character",
    [
        *"\0\t\r\n\x1b\x7f",
        *"\x80\x85\x9b\x9f",
        *"\u2028\u2029",
        *"\u061c\u200e\u200f\u202a\u202e\u2066\u2069",
    ],
)
def test_values_show_what_they_are(character: str) -> None:
    """What a terminal obeys, breaks a line at or turns text around with is refused in words."""
    with pytest.raises(ValueError, match="no line breaks, control or text direction characters") as caught:
        header.check_value(f"a{character}b")
    assert character not in str(caught.value)


@given(st.text(st.characters(exclude_categories=()), max_size=12) | st.text("a \t\r\n\x7f{}", max_size=6))
def test_values_are_one_line(value: str) -> None:
    """An accepted value has no control character, no space at its ends, and is UTF-8."""
    try:
        header.check_value(value)
    except ValueError:
        return
    assert not set(map(ord, value)) & {*range(32), *range(127, 160)}
    assert value == value.strip(" \t")
    assert value.encode().decode() == value


def test_values_go_out_as_they_stand() -> None:
    """Hookkeeper has no templates: braces are braces."""
    assert header.check_value("{{x}} é \U0001f680") == "{{x}} é \U0001f680"


def test_limits() -> None:
    """50 headers and 8 KiB with their separators are accepted; one more or a byte more is not."""
    header.check_all([(f"x-{number:02}", "v") for number in range(50)], with_authorization=True)
    fits = "v" * (8192 - len("x-a: \r\n"))
    header.check_all([("x-a", fits)], with_authorization=False)
    with pytest.raises(header.WrongHeader, match="8 KiB") as caught:
        header.check_all([("x-a", fits), ("x-b", "")], with_authorization=False)
    assert caught.value.position == 1


MANY = [(f"x-{number:02}", "v") for number in range(51)]


@pytest.mark.parametrize(
    ("headers", "position", "sentence"),
    [
        (
            [("X-Team", "a"), ("x-team", "b")],
            1,
            "x-team stands there twice; the case of letters makes no difference.",
        ),
        (
            [("AUTHORIZATION", "a")],
            0,
            "Authorization is set by Hookkeeper while an Authentication URL is set.",
        ),
        (MANY, 50, "There are at most 50 custom headers; these are 51."),
        (
            [("x-a", "é" * 4093), ("x-b", "")],
            0,
            "All custom headers together have at most 8 KiB; from here on they have more.",
        ),
    ],
)
def test_what_does_not_fit(headers: list[tuple[str, str]], position: int, sentence: str) -> None:
    """The first one that does not fit, and why; the size is that of UTF-8."""
    with pytest.raises(header.WrongHeader) as caught:
        header.check_all(headers, with_authorization=True)
    assert (caught.value.position, str(caught.value)) == (position, sentence)


def test_authorization_without_oidc() -> None:
    """One's own Authorization header is possible as long as no Authentication URL is set."""
    header.check_all([("Authorization", "Basic eA==")], with_authorization=False)


def test_secret_values_are_not_shown() -> None:
    """Neither the text of the settings nor their JSON holds a secret."""
    settings = GeneralSettings.model_validate(
        {
            "authentication_url": "https://auth.example/token",
            "client_id": "c",
            "secret_key": "correct horse",
            "custom_headers": [
                {"name": "X-Api-Key", "value": "battery"},
                {"name": "X-Team", "value": "blue"},
            ],
        }
    )
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert "correct horse" not in shown
        assert "battery" not in shown
    assert '"blue"' in settings.model_dump_json()
