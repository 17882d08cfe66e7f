"""Foreign data on the screen: no control character reaches the terminal, and values are shown unchanged."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import is_masked, masked_json, one_line, readable_json, sanitize

_CONTROLS = {*range(9), *range(11, 32), *range(127, 160)}
_DIRECTIONS = {0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029, 0xFEFF}
_SURROGATES = set(range(0xD800, 0xE000))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("code", sorted(_CONTROLS | _DIRECTIONS | {0xD800, 0xDFFF}))
def test_each_unsafe_character(code: int) -> None:
    """It becomes one visible symbol in its place, everywhere that others' text is shown."""
    for shown in (sanitize(f"a{chr(code)}b"), one_line(f"a{chr(code)}b")):
        assert (shown[0], shown[-1], len(shown)) == ("a", "b", 3)
        assert shown.isprintable()


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_unsafe_is_left(text: str) -> None:
    """Whatever the text, surrogates included; its length stays."""
    assert not (_CONTROLS | _DIRECTIONS | _SURROGATES) & set(map(ord, sanitize(text)))
    assert len(one_line(text)) == len(text)
    one_line(text).encode()


def test_what_may_stay() -> None:
    """Lines, tabs, emoji and right-to-left letters are text."""
    assert sanitize("a\tb\nשלום 👩\u200d🚀") == "a\tb\nשלום 👩\u200d🚀"
    assert one_line("a\tb\nc") == "a␉b␊c"
    assert sanitize("\x1b[31m") == "␛[31m"


@given(_JSON)
def test_json_is_shown_as_it_stands(value: object) -> None:
    """But for unsafe and masked parts, what is shown is the same JSON."""
    text = json.dumps({"data": value})
    if sanitize(text := json.dumps({"data": value}, ensure_ascii=False)) != text or "\ue000" in text:
        return
    if any(name in text.lower() for name in ("token", "apikey", "curp", "rfc")):
        return
    assert json.loads(masked_json(text.encode())) == {"data": value}


@given(st.binary(max_size=40) | st.text().map(lambda text: json.dumps({text: [text]}).encode()))
def test_bodies_are_safe(body: bytes) -> None:
    """Neither odd bytes nor escapes in JSON bring a control onto the screen."""
    assert not (_CONTROLS | _DIRECTIONS | _SURROGATES) & set(map(ord, masked_json(body)))


def test_a_string_is_not_shown_as_a_number() -> None:
    """Numbers keep their digits and strings their quotes, whatever is in them."""
    shown = masked_json(
        b'{"a": "\\ue000123", "\\ue000b": "1", "c": 1e400, "d": -0.10, "e": 1234567890123456789012}'
    )
    assert shown.splitlines() == [
        "{",
        '  "a": "�123",',
        '  "�b": "1",',
        '  "c": 1e400,',
        '  "d": -0.10,',
        '  "e": 1234567890123456789012',
        "}",
    ]


def test_as_it_stands_but_readable() -> None:
    """Somebody who asked to see it sees all of it."""
    assert readable_json(b'{"token": "shown", "n": 007}') == '{"token": "shown", "n": 007}'
    assert readable_json(b'{"token":"shown","n":1.10,"i":-0}') == (
        '{\n  "token": "shown",\n  "n": 1.10,\n  "i": -0\n}'
    )


@pytest.mark.parametrize(("opens", "closes", "deepest"), [("[", "]", '"…"'), ('{"a":', "}", '"a": "…"')])
def test_deep_nesting(opens: str, closes: str, deepest: str) -> None:
    """64 levels are shown, and the 65th as three dots."""
    assert "…" not in masked_json((opens * 64 + "1" + closes * 64).encode())
    shown = masked_json((opens * 65 + "1" + closes * 65).encode())
    assert [line.strip() for line in shown.splitlines() if "…" in line] == [deepest]


def test_masked_wherever_it_stands() -> None:
    """Credentials are dots at any depth and in any case of letters; null says that there is none."""
    shown = masked_json(b'[{"TOKEN": {"a": "hidden"}, "x": [{"interviewToken": "hidden"}], "apikey": null}]')
    assert "hidden" not in shown
    assert '"apikey": null' in shown


@pytest.mark.parametrize(
    ("name", "masked"),
    [("ssn", True), ("SSN", True), ("ssnx", False), ("phone", True), ("PhoneNumber", True), ("a.c", True),
     ("abc", False), ("rfcPersonal", True), ("x\ny", True)],
)  # fmt: skip
def test_fields_that_the_settings_mask(name: str, masked: bool) -> None:
    """Names are taken as they stand but for the case of letters; a trailing * stands for any end."""
    shown = masked_json(json.dumps({name: "hush"}).encode(), ("ssn", "phone*", "a.c", "x*"))
    assert ("hush" not in shown) is masked
    assert is_masked(name, ("ssn", "phone*", "a.c", "x*")) is masked
    assert is_masked("Token")
    assert not is_masked("ssn")
